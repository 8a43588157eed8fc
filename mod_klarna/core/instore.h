/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of a payment that is made in a store, beside the order that it is or becomes: at
 * which till, by which way, how far the customer has come, and what was sent to them. It stands in
 * the ledger document, but for what rows are found by (department, till, terminal, cashier,
 * invoice), which has columns.
 *
 * `state` is what the till sees. While it waits, the order's own state is CREATED; without an order
 * of Klarna's it ends as ABANDONED or DECLINED.
 */
#ifndef KL_INSTORE_H
#define KL_INSTORE_H

#include "core/order.h"
#include "core/reader.h"

typedef enum {
    KL_INSTORE_WAITING,
    KL_INSTORE_IN_PROGRESS, /* the customer has opened it: its amount is frozen */
    KL_INSTORE_COMPLETED,   /* paid: Klarna has an order */
    KL_INSTORE_CANCELLED,
    KL_INSTORE_EXPIRED,
    KL_INSTORE_DECLINED,
    KL_INSTORE_FAILED
} kl_instore_state_t;

typedef enum { KL_WAY_HOSTED_PAGE, KL_WAY_QR } kl_way_t;

/* What became of the call that starts it. */
typedef enum {
    KL_START_CALLING, /* stored, Klarna is being called */
    KL_START_MADE,
    KL_START_UNKNOWN /* its answer was lost, and the customer may see it nevertheless */
} kl_start_t;

/* What became of the last SMS or e-mail. */
typedef enum {
    KL_SEND_NONE,
    KL_SEND_SENDING,
    KL_SEND_SENT,
    KL_SEND_UNKNOWN, /* the answer was lost: never sent again by itself */
    KL_SEND_REFUSED
} kl_send_t;

/* kl_order_t.channel of them all. */
#define KL_CHANNEL_INSTORE "instore"

/* What a credit note of its invoice took of it: that money is kept for the note's own refund. */
typedef struct kl_noted_t {
    const char *reference; /* the host's number of the credit note */
    apr_int64_t amount;    /* 0: nothing was left */
    apr_time_t at;
} kl_noted_t;

/* Strings are never NULL: "" means none. */
struct kl_instore_t {
    kl_way_t way;
    kl_instore_state_t state;
    kl_start_t start;
    const char *department, *till, *terminal, *cashier;
    const char *invoice;              /* the host's number, or "" */
    const char *reason_code, *reason; /* why it is in that state */
    const char *page_id;              /* Klarna's session of the hosted page */
    const char *result_path;          /* where Klarna shows how far it is, below the
                                         account's address */
    const char *send_path;            /* of a hosted page: where its link is sent from, likewise */
    const char *link;                 /* what the customer opens */
    const char *id_check_url;         /* where staff checks who they are, when Klarna wants that */
    const char *named;      /* the order that Klarna's callback named while its start was lost */
    apr_time_t link_until;  /* Klarna's end of it, 0 = not known */
    apr_time_t time_out_at; /* ours, 0 = none */
    const char *abort_by;   /* who wants it ended: "cashier", "timeout" or "" */
    const char *ended_by;   /* "customer", "cashier", "timeout", "klarna" or "" */
    int places_only;        /* 1: Klarna places and does not capture: verify does */
    int short_code;         /* 1: it began with the code of the customer's phone */
    const char *method;     /* how it reaches them last: "qr", "sms" or "email" */
    kl_send_t sent;
    const char *sent_to;       /* a phone number or an e-mail address; wiped at the end */
    const char *send_refusal;  /* why it was not sent, for people */
    const char *phone, *email; /* on file, to send to; wiped at the end */
    apr_time_t completed_at, verified_at; /* 0 = not */
    const char *verified_by;
    apr_array_header_t *notes; /* of kl_noted_t */
};

/** All strings "", WAITING, in p. */
kl_instore_t *kl_instore_make(apr_pool_t *p);

const char *kl_instore_state_name(kl_instore_state_t state); /* "WAITING" */
int kl_instore_state_parse(const char *name, kl_instore_state_t *out);
const char *kl_instore_way_name(kl_way_t way); /* "hosted_page" */
int kl_instore_way_parse(const char *name, kl_way_t *out);
const char *kl_instore_start_name(kl_start_t start); /* "made" */
const char *kl_instore_send_name(kl_send_t sent);    /* "sent" */

/** 1 for a state that it never leaves by itself. */
int kl_instore_is_final(kl_instore_state_t state);

/* kl_instore_t.reason_code while Klarna wants staff to check who the customer is. */
#define KL_INSTORE_ID_CHECK "manual_id_check"

/** What told who the customer is goes. */
void kl_instore_wipe(kl_instore_t *instore);
/** It ends without an order of Klarna's, by whom; what told who the customer is is wiped. Nothing
 *  happens to one that has ended. */
void kl_instore_end(kl_order_t *order, kl_instore_state_t state, const char *by);
/** The same for one whose state says already that it has ended. */
void kl_instore_ended(kl_order_t *order);
/** Klarna has an order: it is paid. */
void kl_instore_complete(kl_instore_t *instore, apr_time_t now);
/** The state of the order while it is stored as a payment. */
kl_order_state_t kl_instore_order_state(kl_instore_state_t state);

/** The member "instore" of the ledger document; NULL for an order that has none. */
kl_json_t *kl_instore_json(apr_pool_t *p, const kl_instore_t *instore);
/** Reads that member; faults go to rd->err. */
kl_instore_t *kl_instore_read(const kl_reader_t *rd);

#endif
