/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calling Klarna. The one call of an operation is marked sent, durably, before its first byte
 * leaves; every try carries the same key and the same bytes. Tries end with the first answer
 * that decides, with the third try, or with the deadline.
 */
#ifndef KL_CALL_H
#define KL_CALL_H

#include "core/klarna_record.h"
#include "service/service.h"

/* What the call of an operation gave. */
typedef struct kl_exchange_t {
    kl_klarna_response_t resp;
    int doubtful;    /* 1: the outcome of at least one try was never seen */
    int key_expired; /* 1: nothing was sent, see kl_call_operation */
} kl_exchange_t;

/**
 * Marks the operation sent, then sends its request, again with the same key while the outcome
 * is not known and time is left. Calls Klarna.
 * @return KL_OK: ex says what happened. With ex->key_expired nothing was sent: an earlier try
 *   is in doubt and Klarna has forgotten its key; the operation is unknown then and its record
 *   must decide. Else an error before anything was sent: KL_STALE if someone else has it.
 */
kl_kind_t kl_call_operation(kl_service_t *svc, kl_operation_t *op, kl_exchange_t *ex,
                            kl_error_t *err);

/** What an exchange means for op: as kl_reply_meaning says, but to a key a 409 may only say
 *  that an earlier try is still being executed: not known. */
kl_meaning_t kl_call_meaning(const kl_operation_t *op, const kl_exchange_t *ex, kl_error_t *why);

/** One try of a call that moves nothing (a session, a read) with the credentials of the account
 *  of that name, one of the caller's. Calls Klarna; no operation stands behind it.
 *  @return KL_OK with its answer, or what it meant as an error */
kl_kind_t kl_call_klarna(kl_service_t *svc, const char *account, const kl_klarna_request_t *req,
                         kl_klarna_response_t *resp, kl_error_t *err);

/** Reads Klarna's record of the order that Klarna knows by this id, as that account. Calls Klarna.
 *  @return KL_OK; KL_INVALID when no order can have that id; what the answer meant; KL_PROTOCOL
 * when it is about another order */
kl_kind_t kl_call_read_record(kl_service_t *svc, const char *account, const char *id,
                              kl_klarna_record_t *record, kl_error_t *err);

#endif
