/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts that a list of orders is put together from (order_query.c), in the notation of
 * statements.h: o is the order, l the label that finds it. What drives a list is served by an index
 * in the list's own order; everything else is checked on the rows it finds.
 *
 * Which parts stand in a text depends on what is asked for, never on a value, so that there are a
 * few dozen texts and each is prepared once.
 */
#ifndef KL_LIST_TEXT_H
#define KL_LIST_TEXT_H

#include "store/statements.h"

/* clang-format off */

#define KL_O_NAME_(column, member) ", o." #column
#define KL_LIST_COLUMNS \
    "o.version" KL_ORDER_FIXED(KL_O_NAME_, KL_O_NAME_, KL_O_NAME_) \
    KL_ORDER_SAVED(KL_O_NAME_, KL_O_NAME_, KL_O_NAME_)

/* --- what drives ------------------------------------------------------------------------ */

#define KL_LIST_ALL " WHERE o.merchant = %s"
#define KL_LIST_BY_(column) " WHERE o.merchant = %s AND o." column " = %s"
/* <> '' says that the index of those that have a mark will do. */
#define KL_LIST_MARKED_(column) KL_LIST_BY_(column) " AND o." column " <> ''"
/* As kl_order_is_in_review of what is open, and as the index of those says it. */
#define KL_LIST_REVIEWED \
    " AND o.fraud_status NOT IN ('', 'ACCEPTED', 'REJECTED', 'STOPPED')" \
    " AND o.state IN ('AUTHORIZED', 'PART_CAPTURED')"
#define KL_LIST_TAGGED_ "l.kind = 'tag' AND l.value = %s"
#define KL_LIST_RETURNED_ "l.kind = 'return_reason' AND l.value = %s"
#define KL_LIST_ARTICLE_(folded) "l.article = " folded
#define KL_LIST_LABELLED_(what) " WHERE l.merchant = %s AND " what " AND o.id = l.order_id"
#define KL_LIST_LABELS_(what, table) \
    "SELECT l.order_id FROM " table " l WHERE l.merchant = %s AND " what
/* The same of an order that something else found: its whole key is known. */
#define KL_LIST_HAS_(table, what) \
    " AND EXISTS (SELECT 1 FROM " table " l WHERE l.merchant = o.merchant AND " what \
    " AND l.created_at = o.created_at AND l.order_id = o.id)"

/* One branch for each column that is searched, so that each uses its own index. References are
 * only in it where there are any, as <> '' says. */
#define KL_HIT_ " UNION SELECT id AS hit FROM klarna_order WHERE merchant = %s AND "
#define KL_HITS_(folded, value, column) \
    "SELECT id AS hit FROM klarna_order WHERE id = " value " AND merchant = %s" \
    KL_HIT_ "klarna_order_id IN (%s, " value ")" \
    KL_HIT_ column("klarna_reference") " = " folded " AND klarna_reference <> ''" \
    KL_HIT_ column("reference1") " = " folded " AND reference1 <> ''" \
    KL_HIT_ column("reference2") " = " folded " AND reference2 <> ''" \
    " UNION SELECT order_id AS hit FROM klarna_reference WHERE merchant = %s AND value = " value
#define KL_FOLDED_COLUMN_(column) "LOWER(" column ")"
#define KL_FOLDED_COLUMN_PGSQL_(column) "LOWER(" column " COLLATE \"C\")"
#define KL_FOLDED_COLUMN_MYSQL_(column) column "_folded"
#define KL_HITS_FIRST_(hits, join) \
    "(" hits ") hits " join " klarna_order o WHERE o.id = hits.hit"
#define KL_LIST_HITS_SQLITE3 \
    KL_HITS_FIRST_(KL_HITS_(KL_FOLDED, KL_FOLDED, KL_FOLDED_COLUMN_), "CROSS JOIN")
/* An array, because of a join it would think that all in the order of the page are read faster. */
#define KL_LIST_HITS_PGSQL \
    "klarna_order o WHERE o.id = ANY (ARRAY(" \
    KL_HITS_(KL_FOLDED_PGSQL, KL_FOLDED_PGSQL_COLUMN, KL_FOLDED_COLUMN_PGSQL_) "))"
#define KL_LIST_HITS_MYSQL \
    KL_HITS_FIRST_(KL_HITS_(KL_FOLDED, KL_FOLDED, KL_FOLDED_COLUMN_MYSQL_), "STRAIGHT_JOIN")

/* --- what is checked -------------------------------------------------------------------- */

#define KL_LIST_FILTERS \
    " AND (%s = '' OR o.state = %s) AND (%s = '' OR o.attention = %s)" \
    " AND (%s = '' OR o.channel = %s) AND (%s = '' OR o.waiting = %s)"
#define KL_LIST_FROM " AND o.created_at >= %lld"
#define KL_LIST_TO " AND o.created_at < %lld"
/* Where in a store it was paid. Only where that is asked, because each comparison costs every row
 * that is counted. */
#define KL_LIST_PLACES \
    " AND (%s = '' OR o.department = %s) AND (%s = '' OR o.till = %s)" \
    " AND (%s = '' OR o.terminal = %s) AND (%s = '' OR o.cashier = %s)" \
    " AND (%s = '' OR o.invoice = %s)"
#define KL_LIST_ENDS " AND o.open_until <= %lld AND o.open_until > 0"

/* --- a page ----------------------------------------------------------------------------- */

/* at and id: where the index has them. Of what bounds a column the first is what SQLite goes to in
 * the index: nothing may stand before the row that the page begins after. */
#define KL_LIST_NEWEST_(at, id) " AND " at " <= %lld AND (" at " < %lld OR " id " < %s)"
#define KL_LIST_OLDEST_(at, id) " AND " at " >= %lld AND (" at " > %lld OR " id " > %s)"
#define KL_LIST_SOONEST " AND o.open_until >= %lld AND (o.open_until > %lld OR o.id > %s)"
/* Of the same amount the newest first; the other way round throughout, or no index would serve. */
#define KL_LIST_HIGHEST \
    " AND o.order_amount <= %lld AND (o.order_amount < %lld OR o.created_at < %lld" \
    " OR (o.created_at = %lld AND o.id < %s))"
#define KL_LIST_LOWEST \
    " AND o.order_amount >= %lld AND (o.order_amount > %lld OR o.created_at > %lld" \
    " OR (o.created_at = %lld AND o.id > %s))"
#define KL_LIST_BY_NEWEST_(at, id) " ORDER BY " at " DESC, " id " DESC"
#define KL_LIST_BY_OLDEST_(at, id) " ORDER BY " at ", " id
#define KL_LIST_BY_SOONEST " ORDER BY o.open_until, o.id"
#define KL_LIST_BY_HIGHEST " ORDER BY o.order_amount DESC, o.created_at DESC, o.id DESC"
#define KL_LIST_BY_LOWEST " ORDER BY o.order_amount, o.created_at, o.id"

/* clang-format on */

#endif
