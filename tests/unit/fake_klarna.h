/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small Klarna in memory behind the HTTP engine's table: sessions, single-use tokens,
 * placed orders with their amounts, captures, refunds and the limits Klarna sets them. It
 * remembers idempotency keys by the key alone for 24 hours and logs every movement it
 * executed. Its n-th call can fail in every way a network and Klarna can.
 */
#ifndef KL_TEST_FAKE_KLARNA_H
#define KL_TEST_FAKE_KLARNA_H

#include "api/http.h"
#include "core/addresses.h"
#include "fake_process.h"

typedef enum {
    FAKE_NOT_SENT,
    FAKE_LOST_BEFORE, /* lost before Klarna executed it */
    FAKE_LOST_AFTER,  /* executed, the answer was lost */
    FAKE_LOST_LATE,   /* lost, and executed FAKE_LATE after it was sent */
    FAKE_500_BEFORE,
    FAKE_500_AFTER,
    FAKE_429,
    FAKE_401_HTML,
    FAKE_EDGE_403,  /* from the edge, without a body */
    FAKE_409_BUSY,  /* CONFLICT: it is being executed right now */
    FAKE_409_TWICE, /* and the call after it as well */
    FAKE_MALFORMED, /* executed; its status with half a body and no headers */
    FAKE_KLARNA_FAULTS
} fake_klarna_fault_t;

#define FAKE_LATE apr_time_from_sec(30)

const char *fake_klarna_fault_name(fake_klarna_fault_t fault);

typedef struct fake_movement_t {
    const char *what; /* "place", "capture", "refund" ... */
    const char *key;  /* the idempotency key, or the token of a placement */
    apr_int64_t amount;
} fake_movement_t;

typedef struct fake_order_t {
    const char *id;
    const char *status, *fraud_status;
    const char *reference1, *reference2, *created_at, *expires_at;
    const char *payment_type; /* of its initial_payment_method */
    apr_int64_t original, order_amount, captured, refunded, remaining;
    int captures, refunds, parcels, extensions, send_outs;
    int due_days; /* that its captures' due dates were put off; then there are no options more */
    const char *shipping_address; /* JSON text as it was last set, or "" */
    kl_json_t *capture_list, *refund_list;
    const char *lines; /* JSON text as they were last written, or NULL */
} fake_order_t;

/* Payments in a store (fake_instore.h): what it has no route for has status 0. */
typedef struct fake_instore_t fake_instore_t;
typedef struct fake_reply_t {
    int status;
    const char *body;
} fake_reply_t;

typedef struct fake_klarna_t {
    kl_http_t http;
    apr_pool_t *p;
    fake_process_t *process;
    apr_array_header_t *orders;               /* of fake_order_t * */
    apr_array_header_t *movements;            /* of fake_movement_t: what was executed */
    apr_array_header_t *keys, *tokens, *late; /* its own */
    int undone; /* authorizations written by us that were more than before, or had lines that had
                   gone */
    int refuses_used_token;      /* a token used again is refused; else: the same order */
    int refuses_raises;          /* Klarna's risk check says no to more */
    int keeps_the_end;           /* an extension is granted and changes nothing: the limit */
    const char *session_refusal; /* the error code a read session answers with, or NULL */
    const char *fraud_status;    /* of orders placed from now on */
    const char *refuses;         /* requests whose path holds this are refused, or NULL */
    const char *refuses_as;      /* with that code; NULL: NOT_ALLOWED */
    const char *misnames;        /* the id that every order's record names, or NULL: its own */
    int sessions;                /* created */
    const char *session_body;    /* of the last session call */
    apr_array_header_t *told;    /* of kl_addresses_t: what each session has collected */
    kl_addresses_t browser;      /* of that, what the browser told last */
    int calls;                   /* since the fault was armed */
    const char *username;        /* whose credentials the last call had */
    int fail_at;                 /* 0 = never */
    fake_klarna_fault_t fault;
    int reads_lost_from; /* an order cannot be read from that call on, 0 = it can */
    int retry_after;     /* seconds, in a 429 */
    test_random_t *dice; /* not NULL: a call fails at random */
    int percent;
    apr_time_t last_deadline;
    fake_instore_t *instore; /* NULL: it takes none */
    fake_reply_t (*instore_answer)(fake_instore_t *instore, const char *method, const char *path,
                                   const kl_json_t *body);
} fake_klarna_t;

fake_klarna_t *fake_klarna_make(apr_pool_t *p, fake_process_t *process);

/** Lets call number n from now fail; 0 = none. */
void fake_klarna_arm(fake_klarna_t *fake, int n, fake_klarna_fault_t fault);

/** Executes what was sent long enough ago: any call does that too. */
void fake_klarna_catch_up(fake_klarna_t *fake);

/** The shopper authorizes a purchase of this amount: token buys one order. */
void fake_klarna_authorize(fake_klarna_t *fake, const char *token, apr_int64_t amount);

/** The browser tells the last session this of the shopper, as it authorizes: JSON text. */
void fake_klarna_tell(fake_klarna_t *fake, const char *told);

/** NULL when there is none. */
fake_order_t *fake_klarna_order(const fake_klarna_t *fake, const char *id);

/**
 * Somebody else does it, in Klarna's portal: "capture" or "refund" of amount with this
 * reference, "reduce" by amount, "release", "cancel", or "references": the first becomes this one.
 */
void fake_klarna_outside(fake_klarna_t *fake, const char *id, const char *what, apr_int64_t amount,
                         const char *reference);

/**
 * Somebody else writes its authorization anew, with these lines of 25 % and their sum.
 * @param lines "reference pieces price" each, e.g. "cup 2 5000 lamp 1 900"
 */
void fake_klarna_write(fake_klarna_t *fake, const char *id, const char *lines);

/** An order of Klarna's that nobody placed from here; its id. */
const char *fake_klarna_foreign_order(fake_klarna_t *fake, apr_int64_t amount,
                                      const char *reference1);

/** Lets the authorization end then. */
void fake_klarna_set_end(fake_klarna_t *fake, fake_order_t *order, apr_time_t end);

/** How many movements of this kind were executed. */
int fake_klarna_executed(const fake_klarna_t *fake, const char *what);

#endif
