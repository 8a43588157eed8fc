/* SPDX-License-Identifier: Apache-2.0 */
/* See stranger.h. */
#include "handlers/stranger.h"

#include <string.h>

/* Whose cause is the shop's affair alone. */
static int is_the_shops(const kl_error_t *err)
{
    return kl_error_is_database(err) || strcmp(err->code, "credentials_refused") == 0
           || strcmp(err->code, "blocked_at_edge") == 0;
}

/* NULL: the error may be shown as it is. */
static const char *detail_of(const kl_error_t *err)
{
    switch (err->kind) {
    case KL_REFUSED:
        return err->klarna_code ? "Klarna refused this." : NULL;
    case KL_RATE_LIMITED:
    case KL_UNAVAILABLE:
        return "Payments cannot be taken now.";
    case KL_UNKNOWN:
        return "It is not known yet whether this was done.";
    case KL_PROTOCOL:
        return "Klarna's answer could not be read.";
    case KL_INTERNAL:
        return "Something is wrong at this shop.";
    default:
        return NULL;
    }
}

static const char *next_of(const kl_error_t *err)
{
    switch (err->kind) {
    case KL_REFUSED:
        return "Choose another way to pay, or tell the shop.";
    case KL_UNKNOWN:
        return "Wait: the module is finding out what happened. Do not send it as a new request.";
    case KL_INTERNAL:
        return "Tell the shop.";
    default:
        return "Try again later.";
    }
}

void kl_stranger_hide(kl_error_t *err)
{
    const char *detail = detail_of(err);

    if (detail && is_the_shops(err)) {
        err->code = "not_ready";
        err->next = NULL;
    }
    if (detail) {
        err->detail = detail;
        err->reason = NULL;
        err->next = err->kind == KL_REFUSED || !err->next ? next_of(err) : err->next;
    }
    err->klarna_code = err->correlation_id = NULL;
    err->klarna_messages = NULL;
}
