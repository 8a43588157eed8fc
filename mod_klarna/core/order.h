/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order: what was bought, what Klarna granted, what moved since. One row in the store
 * holds all of it, so that one compare-and-set changes an order as a whole; the lists
 * (lines, captures, credit invoices) live in its ledger document. An order changes only
 * through booking.h and the service that holds its claim (pending_op).
 *
 * All amounts are minor units of `currency`, times are apr_time_t (microseconds, UTC).
 * Strings are never NULL: "" means none. Everything belongs to the pool the order was
 * made in.
 */
#ifndef KL_ORDER_H
#define KL_ORDER_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include "core/attention.h"
#include "core/error.h"
#include "core/json.h"

/* Klarna's states, and three of our own where Klarna has no word. */
typedef enum {
    KL_ORDER_CREATED, /* ours: a session, not placed yet */
    KL_ORDER_AUTHORIZED,
    KL_ORDER_PART_CAPTURED,
    KL_ORDER_CAPTURED,
    KL_ORDER_CANCELLED,
    KL_ORDER_EXPIRED,
    KL_ORDER_CLOSED,
    KL_ORDER_DECLINED, /* ours: Klarna refused to place it */
    KL_ORDER_ABANDONED /* ours: the shopper never finished */
} kl_order_state_t;

/* Line types of Klarna Payments, and return_fee of Order Management. */
typedef enum {
    KL_LINE_PHYSICAL,
    KL_LINE_DIGITAL,
    KL_LINE_SHIPPING_FEE,
    KL_LINE_DISCOUNT,
    KL_LINE_GIFT_CARD,
    KL_LINE_STORE_CREDIT,
    KL_LINE_SURCHARGE,
    KL_LINE_SALES_TAX,
    KL_LINE_RETURN_FEE
} kl_line_type_t;

typedef struct kl_line_t {
    kl_line_type_t type;
    const char *reference; /* unique within the order; "line-3" when the shop gave none */
    const char *name;
    const char *quantity_unit;
    const char *image_url, *product_url, *merchant_data;
    apr_int64_t quantity;
    apr_int64_t unit_price;   /* with tax, before discount */
    apr_int64_t tax_rate;     /* hundredths of a percent */
    apr_int64_t total_amount; /* quantity * unit_price - total_discount_amount */
    apr_int64_t total_discount_amount;
    apr_int64_t total_tax_amount;
    /* What moved since. Amounts carry the sign of total_amount. */
    apr_int64_t cancelled_quantity, cancelled_amount; /* taken off the authorization */
    apr_int64_t captured_quantity, captured_amount;
    apr_int64_t credited_quantity, credited_amount;
} kl_line_t;

/* A part of one line that a capture or credit invoice moves. */
typedef struct kl_movement_line_t {
    int line;             /* index into the order's lines */
    apr_int64_t quantity; /* 0: value only, no goods */
    apr_int64_t amount;   /* carries the sign of the line's total_amount */
} kl_movement_line_t;

/* What one operation moves. */
typedef struct kl_movement_t {
    apr_int64_t amount;        /* > 0; for a refund what the shopper gets, after the fee */
    apr_array_header_t *lines; /* of kl_movement_line_t; empty: an amount without lines */
    apr_int64_t return_fee;    /* >= 0, kept back from the lines' sum */
    apr_int64_t return_fee_tax_rate;
    const char *name;     /* of an amount without lines, for people; NULL or "": ours */
    int taxed;            /* 1: tax_rate is that of an amount without lines; else it has the rates
                             of what it is taken from */
    apr_int64_t tax_rate; /* hundredths of a percent */
} kl_movement_t;

typedef struct kl_capture_t {
    const char *capture_id;       /* Klarna's */
    const char *operation_id;     /* ours, "" when made outside */
    const char *klarna_reference; /* Klarna's invoice number, "" until its record was read */
    const char *reference, *description;
    apr_time_t captured_at;
    kl_movement_t moved;
    const char *shipping_info; /* JSON array text, "[]" when none */
    apr_int64_t due_date_days; /* that its due date was put off from here */
} kl_capture_t;

/* A step of a credit invoice: one Klarna call. */
typedef struct kl_credit_step_t {
    const char *operation_id;
    const char *verb; /* "cancel", "reduce", "release" or "refund" */
    apr_int64_t amount;
    const char *state;     /* operation state word */
    const char *refund_id; /* Klarna's, "" for other verbs */
} kl_credit_step_t;

typedef struct kl_credit_invoice_t {
    const char *id;        /* ours */
    const char *reference; /* the shop's credit note number, or "" */
    const char *comment;
    const char *actor;
    const char *credit_note; /* in store: the note (credit_note.h) that this pays out, or "" */
    const char *state;       /* "pending", "paid", "partly_paid", "refused" */
    apr_int64_t amount;      /* sum of the steps */
    apr_int64_t paid_amount; /* sum of the steps Klarna confirmed */
    apr_int64_t return_fee;
    apr_time_t created_at;
    apr_array_header_t *lines; /* of kl_movement_line_t */
    apr_array_header_t *steps; /* of kl_credit_step_t */
} kl_credit_invoice_t;

/* What others did at Klarna, as a look at its record showed: for the history that people read;
 * nothing is computed from it. */
typedef struct kl_outside_t {
    const char *kind;      /* "capture", "refund", "raise", "reduce", "lines", "release";
                              "reopened"; "cancelled", "expired", "closed": the new state */
    apr_int64_t amount;    /* moved, or not to be captured any more */
    apr_time_t at;         /* Klarna's time if it gives one, else that of the look */
    const char *result_id; /* Klarna's capture or refund id, or "" */
} kl_outside_t;

/* Where it is stored (payment.h). */
typedef enum {
    KL_STORED_ORDER,   /* among the orders */
    KL_STORED_PAYMENT, /* as the payment that it begins as */
    KL_STORED_LEAVING  /* as a payment that can only become an order any more */
} kl_stored_t;

typedef struct kl_instore_t kl_instore_t; /* instore.h */

struct kl_order_t {
    const char *id;          /* ours, UUID */
    apr_int64_t version;     /* advanced by every save */
    const char *broken;      /* why what is stored of it cannot be: it is shown, never acted on
                                and never saved. NULL: it adds up. The store's */
    const char *account;     /* name of the KlarnaStore container */
    const char *environment; /* "playground" or "live" */
    const char *channel;     /* where it was bought: "online" or "instore"; written
                                once */
    kl_stored_t stored;
    const char *client_hash;     /* of the client's request, to tell a reused key */
    const char *key;             /* secret for the shopper's status page */
    const char *callback_secret; /* secret in the URLs that Klarna calls */
    kl_order_state_t state;
    const char *fraud_status;   /* "", "ACCEPTED", "PENDING", "REJECTED" or what Klarna adds */
    const char *session_id;     /* Klarna's */
    const char *client_token;   /* for the browser; only a payment has it */
    kl_json_t *payment_methods; /* Klarna's payment_method_categories for the browser; in the
                                   ledger document of a payment, else NULL */
    const char *reason_code, *reason; /* of a payment that was declined: the code and the words
                                         of whoever said so */
    const char *addresses; /* what Klarna was told of the shopper (addresses.h); only a payment
                              that has not ended has it */
    const char *klarna_order_id;
    const char *klarna_reference;        /* reservation number: short, for people */
    const char *reference1, *reference2; /* merchant_reference1, 2 */
    const char *country, *currency, *locale;
    apr_int64_t original_amount; /* what was authorized first */
    apr_int64_t order_amount;    /* authorized in all, after reductions */
    apr_int64_t order_tax_amount;
    apr_int64_t captured_amount;  /* <= order_amount */
    apr_int64_t refunded_amount;  /* <= captured_amount */
    apr_int64_t remaining_amount; /* may still be captured */
    apr_time_t created_at, updated_at;
    apr_time_t expires_at;        /* of the authorization, 0 = not known yet */
    apr_time_t authorized_at;     /* when Klarna made it, 0 = not known yet */
    const char *payment_type;     /* Klarna's word for how it is paid, "" = not known yet */
    apr_time_t check_at;          /* when the worker should look at it, 0 = never again */
    int checks;                   /* looks since something last changed, for the back-off */
    kl_attention_t attention;     /* why a person should look at it */
    const char *waiting;          /* what was requested and is not confirmed: "", "capture" or
                                     "refund" (waiting.h); stays when Klarna refused it */
    const char *waiting_too;      /* the other one, requested before it, or "" */
    int unacknowledged;           /* 1: Klarna is still to be told that the shop knows of it, and
                                     nothing was captured, which tells it as well */
    apr_time_t seen_at;           /* a person saw that it is "expiring", 0 = never */
    const char *pending_op;       /* the operation that holds the claim, or "" */
    const char *confirmation_url; /* where Klarna sends the shopper back to, or "" */
    apr_array_header_t *lines;    /* of kl_line_t */
    apr_array_header_t *captures; /* of kl_capture_t */
    apr_array_header_t *credit_invoices; /* of kl_credit_invoice_t */
    apr_array_header_t *outside;         /* of kl_outside_t, as they were seen */
    kl_instore_t *instore;               /* of one that is paid in a store, else NULL */
};

/** An order with empty strings and lists, all in p. */
kl_order_t *kl_order_make(apr_pool_t *p);

/** Klarna's word ("PART_CAPTURED"), static. */
const char *kl_order_state_name(kl_order_state_t state);
/** 1 and sets *out, or 0 for a word we do not know. */
int kl_order_state_parse(const char *name, kl_order_state_t *out);
/** One plain English sentence for people about where the order stands. */
const kl_words_t *kl_order_sentence(const kl_order_t *order);
/** 1 when Klarna said no after its review (it stops an order it had accepted before). */
int kl_order_is_rejected(const kl_order_t *order);
/** 1 while Klarna has said neither yes nor no, also in a word that it added: not to be shipped. */
int kl_order_is_in_review(const kl_order_t *order);

/** Index of the line with that reference, or -1. */
int kl_order_find_line(const kl_order_t *order, const char *reference);
kl_credit_invoice_t *kl_order_find_credit_invoice(const kl_order_t *order, const char *id);
kl_capture_t *kl_order_find_capture(const kl_order_t *order, const char *capture_id);

/** Return fees the shop still keeps: those of refunds Klarna confirmed, as far as no free
 *  amount gave them back since. 0..captured - refunded. */
apr_int64_t kl_order_fees_kept(const kl_order_t *order);
/** What "everything" would still refund: captured - refunded - fees kept. */
apr_int64_t kl_order_creditable_amount(const kl_order_t *order);
/** What may still be captured or taken off: 0 unless AUTHORIZED or PART_CAPTURED. */
apr_int64_t kl_order_open_amount(const kl_order_t *order);
/** Until when it can be shipped: 0 when nothing is open or Klarna has not said yes, APR_INT64_MAX
 * when the end of the authorization is not known yet. What is to be shipped is listed by it. */
apr_time_t kl_order_open_until(const kl_order_t *order);
/** 1 when the authorization lasts as long as Klarna lets one last. */
int kl_order_lasts_longest(const kl_order_t *order);
/** 1 when an authorization paid this way is never extended: by card, or US financing. */
int kl_order_is_of_fixed_term(const kl_order_t *order);
/** The most a credit invoice could move now: what is open, what was captured and not
 *  refunded, return fees kept included (only a free amount gives those back). */
apr_int64_t kl_order_credit_limit(const kl_order_t *order);
/** What was captured by amount: of no line that is known. */
apr_int64_t kl_order_captured_loose(const kl_order_t *order);
/** The open part of every line becomes cancelled: it can never be captured any more. */
void kl_order_cancel_open(kl_order_t *order);
/** 1 when the ledger document can bear `bytes` more below KL_MAX_LEDGER. Asked before a
 *  call, because what Klarna confirmed must always fit in. */
int kl_order_has_room(apr_pool_t *p, const kl_order_t *order, apr_size_t bytes);

/* --- the ledger document: lines, captures, credit invoices as stored (order_json.c) -- */

#endif
