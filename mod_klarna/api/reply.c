/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The meaning of an exchange. Only Klarna's own, readable refusal counts as one, because a refusal
 * is final; whatever else is not clearly "not executed" stays unknown and is found out later. It
 * must never read "refused" out of something Klarna did not say.
 */
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "api/reply.h"
#include "core/limits.h"

#define MAX_MESSAGES 10
#define MAX_MESSAGE 300 /* bytes */
#define MAX_CODE 64     /* bytes */

/* --- what to do next --------------------------------------------------------------- */

typedef struct advice_t {
    const char *code;
    int status; /* 0: with any status */
    const char *next;
} advice_t;

#define READ_AGAIN "Read the order again: its state at Klarna does not allow this now."

/* Klarna's error codes and the step that helps. The first row that fits counts. */
static const advice_t advice[] = {
    /* Klarna Payments */
    {"BAD_VALUE", 409,
     "The order differs from what the shopper authorized: have the shopper authorize the current "
     "cart again (a new authorization)."},
    {"BAD_VALUE", 0, "Correct the field that Klarna names and try again."},
    {"BAD_REQUEST", 0, "Correct what Klarna objects to and try again."},
    {"INVALID_OPERATION", 0,
     "The authorization has been used or is not valid. Read the order; if it was not placed, have "
     "the shopper authorize again."},
    {"MERCHANT_INACTIVE", 0, "The merchant account is not active: ask Klarna's merchant support."},
    {"REJECTED", 0, "Klarna declined this purchase: offer another way to pay."},
    {"SESSION_COMPLETED", 0, "This session has become an order: read it, or start a new session."},
    {"READ_ONLY", 0, "This session can no longer be changed: start a new session."},
    {"NOT_FOUND", 0,
     "Klarna does not know it (a session lasts 48 hours, an authorization 60 minutes). Start a new "
     "session, or read the order again if there is one."},
    /* Hosted Payment Page and payments in a store */
    {"MISSING_CONTACT_DATA", 0, "Give a phone number or an e-mail address."},
    {"CONSTRAINT_VIOLATION", 0, "Correct the phone number or e-mail address, or show a QR code."},
    {"UNSUPPORTED_COUNTRY", 0,
     "Klarna sends no SMS to this country from here: send an e-mail or show a QR code."},
    {"PERMISSION_DENIED", 0,
     "The merchant account may not do that: ask Klarna's merchant support."},
    /* Order Management */
    {"INVALID_ORDER_ID", 0, "This is not a Klarna order id: check where the order came from."},
    {"NO_SUCH_ORDER", 0,
     "Check that the order was made with this merchant account, environment "
     "and region."},
    {"NO_SUCH_CAPTURE", 0, "Read the order again and use the id of one of its captures."},
    {"CAPTURE_NOT_ALLOWED", 0, READ_AGAIN},
    {"REFUND_NOT_ALLOWED", 0, READ_AGAIN},
    {"CANCEL_NOT_ALLOWED", 0,
     "Read the order again: once something is captured, refund it or release the rest instead of "
     "cancelling."},
    {"NOT_ALLOWED", 0, READ_AGAIN},
    {"CONFLICT", 0, "Wait a moment and read the order again before you retry."},
    {"REQUEST_TOO_LARGE", 0, "Send fewer or shorter order lines."},
    {"UNPROCESSABLE_ENTITY", 0, "Correct what Klarna objects to and try again."},
    {"INVALID_ADDRESS", 0, "Correct the address and try again."},
    {NULL, 0, "See Klarna's messages; quote the correlation id if you contact Klarna."}};

static const char *next_step(const char *code, int status)
{
    const advice_t *row = advice;

    while (row->code
           && (strcmp(row->code, code) != 0 || (row->status != 0 && row->status != status))) {
        row++;
    }
    return row->next;
}

/* --- Klarna's words ---------------------------------------------------------------- */

/* Length of the longest part of s within max bytes that does not end inside a character. */
static apr_size_t cut(const char *s, apr_size_t max)
{
    apr_size_t len = strlen(s);

    if (len <= max) {
        return len;
    }
    len = max;
    while (len > 0 && ((unsigned char)s[len] & 0xC0) == 0x80) {
        len--;
    }
    return len;
}

/* A copy without control characters (C0, DEL, and C1 as UTF-8), at most max bytes. */
static const char *sane(apr_pool_t *p, const char *s, apr_size_t max)
{
    char *out = apr_pstrmemdup(p, s, cut(s, max));

    for (unsigned char *c = (unsigned char *)out; *c; c++) {
        if (*c == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0) {
            c[0] = c[1] = ' ';
        }
        else if (*c < 0x20 || *c == 0x7F) {
            *c = ' ';
        }
    }
    return out;
}

/* A code or an id: printable ASCII, anything else becomes '?'. */
static const char *sane_word(apr_pool_t *p, const char *s, apr_size_t max)
{
    char *out = apr_pstrndup(p, s, max);

    for (char *c = out; *c; c++) {
        if (!apr_isascii(*c) || !apr_isgraph(*c)) {
            *c = '?';
        }
    }
    return out;
}

/* Both forms: error_messages (array) and the older error_message (string). */
static apr_array_header_t *messages_of(apr_pool_t *p, const kl_json_t *body)
{
    const kl_json_t *list = kl_json_get(body, "error_messages");
    const char *single = kl_json_str(body, "error_message");
    apr_array_header_t *out = apr_array_make(p, 2, sizeof(const char *));
    apr_size_t n = kl_json_is_array(list) ? kl_json_size(list) : 0;

    for (apr_size_t i = 0; i < n && out->nelts < MAX_MESSAGES; i++) {
        const char *s = kl_json_str_at(list, i);

        if (s) {
            APR_ARRAY_PUSH(out, const char *) = sane(p, s, MAX_MESSAGE);
        }
    }
    if (single && out->nelts == 0) {
        APR_ARRAY_PUSH(out, const char *) = sane(p, single, MAX_MESSAGE);
    }
    return out;
}

/* The error object, or NULL when the body is not Klarna's. */
static const kl_json_t *error_object(apr_pool_t *p, const kl_klarna_response_t *resp)
{
    const kl_json_t *v = NULL;

    if (resp->body_len > 0) {
        v = kl_json_parse(p, resp->body, resp->body_len, kl_error_make(p));
    }
    if (!v || !kl_json_is_object(v)) {
        return NULL;
    }
    if (!kl_json_str(v, "error_code") && !kl_json_is_array(kl_json_get(v, "error_messages"))
        && !kl_json_str(v, "error_message")) {
        return NULL;
    }
    return v;
}

static void take_words(kl_error_t *err, const kl_klarna_response_t *resp, const kl_json_t *body)
{
    const char *id = resp->correlation_id;

    if (body) {
        const char *code = kl_json_str(body, "error_code");
        const char *own_id = kl_json_str(body, "correlation_id");

        err->klarna_code = code ? sane_word(err->pool, code, MAX_CODE) : NULL;
        err->klarna_messages = messages_of(err->pool, body);
        id = own_id && *own_id ? own_id : id;
    }
    if (id && *id) {
        err->correlation_id = sane_word(err->pool, id, MAX_CODE);
    }
    err->retry_after = resp->retry_after;
}

/* --- the meaning ------------------------------------------------------------------- */

static kl_meaning_t refused(kl_error_t *err, int status)
{
    const char *code = err->klarna_code ? err->klarna_code : "";
    const char *first = err->klarna_messages->nelts > 0
                            ? APR_ARRAY_IDX(err->klarna_messages, 0, const char *)
                            : "no message";

    kl_error_set(err, KL_REFUSED, "refused", "Klarna refused this (%d %s): %s", status, code,
                 first);
    kl_error_next(err, next_step(code, status));
    return KL_MEANS_REFUSED;
}

static kl_meaning_t not_done(kl_error_t *err, int status)
{
    if (status == 429) {
        kl_error_set(
            err, KL_RATE_LIMITED, "rate_limited",
            "Klarna received too many requests from this merchant and did not execute this one.");
        kl_error_next(err, "Wait and try again; nothing was executed.");
    }
    else if (status == 401) {
        kl_error_set(err, KL_UNAVAILABLE, "credentials_refused",
                     "Klarna did not accept the credentials of this merchant account.");
        kl_error_next(err, "Check the user name and password, and that region (eu, na, oc) and "
                           "environment (playground, live) match the account.");
    }
    else {
        kl_error_set(err, KL_UNAVAILABLE, "blocked_at_edge",
                     "Klarna's edge turned the request away (%d) before it was executed.", status);
        kl_error_next(err, "Wait and try again. If it persists, give Klarna this host's address.");
    }
    return KL_MEANS_NOT_DONE;
}

static kl_meaning_t unclear(kl_error_t *err, int status)
{
    if (status >= 500 || status == 408) {
        kl_error_set(err, KL_UNKNOWN, "klarna_failed",
                     "Klarna answered %d: it is not known whether the request was executed.",
                     status);
    }
    else if (status >= 300 && status < 400) {
        kl_error_set(err, KL_UNKNOWN, "redirected",
                     "The address answered %d, a redirect, which is never followed.", status);
        kl_error_next(err, "Check the configured address of Klarna's API.");
    }
    else {
        kl_error_set(err, KL_UNKNOWN, "unreadable",
                     "The answer %d does not contain a Klarna error, so its meaning is not known.",
                     status);
    }
    kl_error_next(
        err, "Wait: the module is finding out what happened. Do not send it as a new request.");
    return KL_MEANS_UNKNOWN;
}

static kl_meaning_t by_status(const kl_klarna_response_t *resp, kl_error_t *err)
{
    const kl_json_t *body = error_object(err->pool, resp);
    int status = resp->status;

    take_words(err, resp, body);
    if (status == 401 || status == 429 || (status == 403 && !body)) {
        return not_done(err, status);
    }
    /* 408: the server gave up reading, how much it had is not said. */
    if (body && status >= 400 && status < 500 && status != 408) {
        return refused(err, status);
    }
    return unclear(err, status);
}

kl_meaning_t kl_reply_meaning(const kl_klarna_response_t *resp, kl_error_t *err)
{
    if (err->kind != KL_OK) {
        err = kl_error_make(err->pool); /* the first error wins */
    }
    switch (resp->delivery) {
    case KL_ANSWERED:
        if (resp->status >= 200 && resp->status < 300) {
            return KL_MEANS_DONE;
        }
        return by_status(resp, err);
    case KL_NOT_SENT:
        kl_error_set(err, KL_UNAVAILABLE, "not_sent", "Klarna could not be reached (%s).",
                     resp->why ? resp->why : "no reason given");
        kl_error_next(err, "Try again; nothing was executed.");
        return KL_MEANS_NOT_DONE;
    case KL_LOST:
        break;
    }
    kl_error_set(err, KL_UNKNOWN, "answer_lost",
                 "The request was sent, but no complete answer came back (%s).",
                 resp->why ? resp->why : "no reason given");
    kl_error_next(
        err, "Wait: the module is finding out what happened. Do not send it as a new request.");
    return KL_MEANS_UNKNOWN;
}

/* --- a session that is no longer wanted --------------------------------------------- */

/* For a page the status tells that it was completed, for a session of Klarna Payments the code. */
kl_kind_t kl_reply_deleted(const kl_klarna_response_t *resp, kl_error_t *err)
{
    kl_error_t *why = kl_error_make(err->pool);
    int done = kl_reply_meaning(resp, why) == KL_MEANS_DONE;
    int status = resp->delivery == KL_ANSWERED ? resp->status : 0;
    int completed = why->klarna_code && strcmp(why->klarna_code, "SESSION_COMPLETED") == 0;

    if (done) {
        return KL_OK;
    }
    if (status == 400 || status == 409 || completed) {
        return kl_error_set(err, KL_CONFLICT, "completed",
                            "Klarna does not end this session any more.");
    }
    if (status == 404) {
        return kl_error_set(err, KL_NOT_FOUND, "gone", "Klarna does not know this session.");
    }
    kl_reply_meaning(resp, err);
    return err->kind;
}

/* --- members of an answer ----------------------------------------------------------- */

kl_json_t *kl_reply_json(apr_pool_t *p, const kl_klarna_response_t *resp, kl_error_t *err)
{
    kl_json_t *v = kl_json_parse(p, resp->body, resp->body_len, kl_error_make(p));

    if (v && kl_json_is_object(v)) {
        return v;
    }
    kl_error_set(err, KL_PROTOCOL, "unreadable_answer",
                 "Klarna answered %d with %" APR_SIZE_T_FMT " bytes that are not a JSON object.",
                 resp->status, resp->body_len);
    if (*resp->correlation_id && !err->correlation_id) {
        err->correlation_id = sane_word(err->pool, resp->correlation_id, MAX_CODE);
    }
    return NULL;
}

const char *kl_reply_word(apr_pool_t *p, const kl_json_t *v, const char *key, apr_size_t max)
{
    const char *s = kl_json_str(v, key);
    apr_size_t len = s ? strlen(s) : 0;

    if (len == 0 || len > max) {
        return NULL;
    }
    for (const char *c = s; *c; c++) {
        if (!apr_isascii(*c) || !apr_isgraph(*c)) {
            return NULL;
        }
    }
    return apr_pstrdup(p, s);
}

const char *kl_reply_page(apr_pool_t *p, const kl_json_t *v, const char *key)
{
    const char *url = kl_reply_word(p, v, key, KL_MAX_MERCHANT_URL);

    return url && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0) ? url : "";
}

kl_kind_t kl_reply_lacks(kl_error_t *err, const char *what)
{
    return kl_error_set(err, KL_PROTOCOL, "unreadable_answer", "Klarna's answer has no usable %s.",
                        what);
}
