/* SPDX-License-Identifier: Apache-2.0 */
/* See references.h. */
#include "service/references.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include "core/intent.h"
#include "core/payment.h"

/* Without the spaces around it, as searches are. */
static void collect(apr_pool_t *p, apr_array_header_t *values, const char *value)
{
    apr_size_t len;

    for (; value && apr_isspace(*value); value++) {
    }
    len = value ? strlen(value) : 0;
    while (len > 0 && apr_isspace(value[len - 1])) {
        len--;
    }
    if (len > 0) {
        APR_ARRAY_PUSH(values, const char *) = apr_pstrmemdup(p, value, len);
    }
}

static void collect_intent(apr_pool_t *p, apr_array_header_t *values, const kl_operation_t *op)
{
    kl_error_t *ignored = kl_error_make(p);
    kl_intent_t intent;
    kl_json_t *infos;

    if (kl_intent_parse(&intent, p, op, ignored) != KL_OK) {
        return;
    }
    collect(p, values, intent.reference);
    infos = kl_json_parse(p, intent.shipping_info, strlen(intent.shipping_info), ignored);
    for (apr_size_t i = 0; i < kl_json_size(infos); i++) {
        const kl_json_t *info = kl_json_at(infos, i);

        collect(p, values, kl_json_str(info, "tracking_number"));
        collect(p, values, kl_json_str(info, "return_tracking_number"));
    }
}

static void collect_credit_invoice(apr_pool_t *p, apr_array_header_t *values,
                                   const kl_credit_invoice_t *ci)
{
    collect(p, values, ci->id);
    collect(p, values, ci->reference);
    for (int i = 0; i < ci->steps->nelts; i++) {
        collect(p, values, APR_ARRAY_IDX(ci->steps, i, kl_credit_step_t).refund_id);
    }
}

static void store(kl_service_t *svc, const kl_order_t *order, const apr_array_header_t *values)
{
    const kl_references_t texts = {order->account, order->id, values};

    if (values->nelts) {
        (void)svc->store->reference_add(svc->store, svc->p, &texts, kl_error_make(svc->p));
        kl_service_step(svc, "references_stored");
    }
}

/* Not of what any order may have. */
static int is_article(const kl_line_t *line)
{
    return line->reference[0] && line->type != KL_LINE_SHIPPING_FEE
           && line->type != KL_LINE_SALES_TAX;
}

/* Those that are not in known, which then has them.
 * @param added NULL: they are not wanted */
static void collect_articles(const kl_order_t *order, apr_hash_t *known, apr_array_header_t *added)
{
    for (int i = 0; i < order->lines->nelts; i++) {
        const kl_line_t *line = &APR_ARRAY_IDX(order->lines, i, kl_line_t);

        if (!is_article(line) || apr_hash_get(known, line->reference, APR_HASH_KEY_STRING)) {
            continue;
        }
        apr_hash_set(known, line->reference, APR_HASH_KEY_STRING, line->reference);
        if (added) {
            APR_ARRAY_PUSH(added, const char *) = line->reference;
        }
    }
}

static int invoice_numbers(const kl_order_t *order)
{
    int numbers = 0;

    for (int i = 0; i < order->captures->nelts; i++) {
        numbers += APR_ARRAY_IDX(order->captures, i, kl_capture_t).klarna_reference[0] != '\0';
    }
    return numbers;
}

/* A payment is not found by its articles: as an order it has them all to store. */
kl_known_t kl_references_known(apr_pool_t *p, const kl_order_t *order)
{
    kl_known_t known = {order->captures->nelts, order->credit_invoices->nelts,
                        invoice_numbers(order), apr_hash_make(p)};

    if (order->stored == KL_STORED_ORDER) {
        collect_articles(order, known.articles, NULL);
    }
    return known;
}

static void store_articles(kl_service_t *svc, const kl_order_t *order, const kl_known_t *known)
{
    apr_array_header_t *added = apr_array_make(svc->p, 4, sizeof(const char *));
    const kl_articles_t articles = {order->account, order->id, order->created_at, added};

    if (order->stored != KL_STORED_ORDER && kl_payment_is_only(order)) {
        return;
    }
    collect_articles(order, known->articles, added);
    if (added->nelts) {
        (void)svc->store->article_add(svc->store, svc->p, &articles, kl_error_make(svc->p));
        kl_service_step(svc, "articles_stored");
    }
}

static void collect_operation(apr_pool_t *p, apr_array_header_t *values, const kl_order_t *order,
                              const kl_operation_t *op)
{
    const kl_credit_invoice_t *ci = kl_order_find_credit_invoice(order, op->credit_invoice_id);

    if (ci) {
        collect_credit_invoice(p, values, ci);
    }
    if (op->state == KL_OP_CONFIRMED
        && (op->kind == KL_OP_CAPTURE || op->kind == KL_OP_SHIPPING_INFO)) {
        collect(p, values, op->result_id);
        collect_intent(p, values, op);
    }
}

/* All of them when one is new: storing one again does nothing. */
static void collect_invoice_numbers(apr_pool_t *p, apr_array_header_t *values,
                                    const kl_order_t *order, const kl_known_t *known)
{
    if (invoice_numbers(order) == known->invoice_numbers) {
        return;
    }
    for (int i = 0; i < order->captures->nelts; i++) {
        collect(p, values, APR_ARRAY_IDX(order->captures, i, kl_capture_t).klarna_reference);
    }
}

/* Made by others: those that the order did not have before. */
static void collect_new(apr_pool_t *p, apr_array_header_t *values, const kl_order_t *order,
                        const kl_known_t *known)
{
    for (int i = known->captures; i < order->captures->nelts; i++) {
        collect(p, values, APR_ARRAY_IDX(order->captures, i, kl_capture_t).capture_id);
    }
    for (int i = known->credit_invoices; i < order->credit_invoices->nelts; i++) {
        collect_credit_invoice(p, values,
                               &APR_ARRAY_IDX(order->credit_invoices, i, kl_credit_invoice_t));
    }
    collect_invoice_numbers(p, values, order, known);
}

void kl_references_store(kl_service_t *svc, const kl_order_t *order, const kl_known_t *known,
                         const kl_operation_t *op)
{
    apr_array_header_t *values = apr_array_make(svc->p, 4, sizeof(const char *));

    if (op) {
        collect_operation(svc->p, values, order, op);
    }
    else {
        collect_new(svc->p, values, order, known);
    }
    store(svc, order, values);
    store_articles(svc, order, known);
}
