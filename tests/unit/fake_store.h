/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store in memory, for tests of the services: rows with versions, unique ids and client
 * keys, and the checks that the real tables have. It gives copies only, so that nothing is
 * changed but by a save. Its n-th call can fail before it is executed, or after it was:
 * the database did it and its answer was lost.
 */
#ifndef KL_TEST_FAKE_STORE_H
#define KL_TEST_FAKE_STORE_H

#include "fake_process.h"
#include "store/store.h"

typedef enum {
    FAKE_STORE_FAILS_BEFORE,
    FAKE_STORE_FAILS_AFTER,
    FAKE_STORE_IS_GONE, /* that call and every later one fails before it is executed */
    FAKE_STORE_FAULTS
} fake_store_fault_t;

typedef struct fake_reference_t {
    const char *account, *value, *order_id;
} fake_reference_t;

typedef struct fake_store_t {
    kl_store_t store;
    apr_pool_t *p; /* of the rows */
    fake_process_t *process;
    apr_array_header_t *orders;     /* of kl_order_t * */
    apr_array_header_t *payments;   /* of kl_order_t *: those that began as payments */
    apr_array_header_t *operations; /* of kl_operation_t * */
    apr_array_header_t *references; /* of fake_reference_t, each once */
    apr_array_header_t *articles;   /* the same of articles, as often as they were stored */
    apr_array_header_t *invoices;   /* of kl_invoice_t * */
    apr_array_header_t *notes;      /* of kl_callback_note_t: every callback that was noted */
    apr_array_header_t *batches;    /* of kl_batch_t * */
    apr_array_header_t *items;      /* of kl_batch_item_t * */
    int calls;                      /* since the fault was armed */
    int fail_at;                    /* 0 = never */
    fake_store_fault_t fault;
    test_random_t *dice; /* not NULL: a call fails at random */
    int percent;
    int same; /* what order_same_reference counted last */
} fake_store_t;

fake_store_t *fake_store_make(apr_pool_t *p, fake_process_t *process);

/** Lets call number n from now fail; 0 = none. */
void fake_store_arm(fake_store_t *fake, int n, fake_store_fault_t fault);

/** The rows themselves, for checks: not copies, not calls. NULL when there is none. */
kl_order_t *fake_store_order(const fake_store_t *fake, const char *id);
kl_operation_t *fake_store_operation(const fake_store_t *fake, const char *id);

/* One call of the store: what it does unless the fault says otherwise. */
typedef kl_kind_t fake_store_do_fn(fake_store_t *fake, apr_pool_t *p, void *what, kl_error_t *err);
kl_kind_t fake_store_call(kl_store_t *self, apr_pool_t *p, fake_store_do_fn *execute, void *what,
                          kl_error_t *err);

/** 1 when that order is found by value. */
int fake_store_finds(const fake_store_t *fake, const char *value, const char *order_id);

#endif
