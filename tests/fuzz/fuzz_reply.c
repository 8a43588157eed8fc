/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes everything that reads Klarna's answers. The first byte picks the HTTP status, the
 * rest is the body; the body is also tried as a time, as an id and as the headers of a rate
 * limit. What must hold whatever comes: a refusal only for a 4xx, an error for everything that
 * is not done, printable words, no amount below zero, no id that changes a path.
 */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/hosted_page.h"
#include "api/instore_status.h"
#include "api/order_management.h"
#include "api/payments.h"
#include "api/qr_session.h"
#include "api/rate.h"
#include "api/reply.h"
#include "api/url.h"
#include "core/iso_time.h"
#include "core/limits.h"

static void must(int truth)
{
    if (!truth) {
        abort();
    }
}

static int is_clean(const char *s)
{
    for (; *s; s++) {
        if ((unsigned char)*s < 0x20 || *s == 0x7F) {
            return 0;
        }
    }
    return 1;
}

static void check_error(const kl_error_t *err)
{
    must(err->code && err->detail && is_clean(err->detail));
    must(!err->klarna_code || (is_clean(err->klarna_code) && strlen(err->klarna_code) <= 64));
    for (int i = 0; err->klarna_messages && i < err->klarna_messages->nelts; i++) {
        const char *s = APR_ARRAY_IDX(err->klarna_messages, i, const char *);

        must(i < 10 && strlen(s) <= 300 && is_clean(s));
    }
}

static void try_meaning(apr_pool_t *p, const kl_klarna_response_t *resp)
{
    kl_error_t *err = kl_error_make(p);
    kl_meaning_t means = kl_reply_meaning(resp, err);

    must((means == KL_MEANS_DONE) == (resp->status / 100 == 2));
    must((means == KL_MEANS_DONE) == (err->kind == KL_OK));
    must(means != KL_MEANS_REFUSED || resp->status / 100 == 4);
    if (err->kind != KL_OK) {
        check_error(err);
        must(err->next != NULL);
    }
}

static void try_payments(apr_pool_t *p, const kl_klarna_response_t *resp)
{
    kl_error_t *err = kl_error_make(p);
    kl_session_t session;
    kl_addresses_t told;
    kl_placed_t placed;

    if (kl_payments_session_reply(&session, p, resp, err) == KL_OK) {
        must(kl_url_segment(p, session.session_id) && is_clean(session.client_token));
    }
    else {
        check_error(err);
    }
    kl_error_clear(err);
    if (kl_payments_session_addresses(&told, p, resp, err) == KL_OK) {
        must(!told.customer && strlen(kl_addresses_text(p, &told)) < 20000);
    }
    else {
        check_error(err);
    }
    kl_error_clear(err);
    if (kl_payments_placed_reply(&placed, p, resp, err) == KL_OK) {
        must(kl_url_segment(p, placed.order_id) && is_clean(placed.redirect_url));
        must(!*placed.redirect_url || strncmp(placed.redirect_url, "http", 4) == 0);
    }
    else {
        check_error(err);
    }
}

static void try_order(apr_pool_t *p, const kl_klarna_response_t *resp)
{
    kl_error_t *err = kl_error_make(p);
    kl_klarna_record_t seen;

    if (kl_order_management_read_reply(&seen, p, resp, err) == KL_OK) {
        must(*seen.order_id && *seen.status && seen.order_amount >= 0);
        must(seen.captured_amount >= 0 && seen.refunded_amount >= 0);
        must(seen.remaining_authorized_amount >= 0 && seen.expires_at >= 0);
        (void)kl_klarna_record_fault(&seen); /* no sum of what was read overflows */
    }
    else {
        check_error(err);
    }
}

static void try_due_options(apr_pool_t *p, const kl_klarna_response_t *resp)
{
    kl_error_t *err = kl_error_make(p);
    kl_due_options_t options;

    if (kl_order_management_due_options_reply(&options, p, resp, err) != KL_OK) {
        check_error(err);
        return;
    }
    must(options.list->nelts <= KL_MAX_DUE_OPTIONS);
    for (int i = 0; i < options.list->nelts; i++) {
        const kl_due_option_t *option = &APR_ARRAY_IDX(options.list, i, kl_due_option_t);

        must(option->days >= 1 && option->days <= KL_MAX_DUE_DAYS);
        must(option->price >= 0 && option->price <= KL_BOUND && *options.currency);
    }
}

#define BASE "https://api.klarna.com"

/* A path to which credentials are sent: of this host, and as it stands. */
static void check_path(apr_pool_t *p, const char *path)
{
    const char *before = apr_pstrcat(p, apr_pstrmemdup(p, path, strcspn(path, "?")), "/", NULL);

    must(path[0] == '/' && path[1] != '/' && is_clean(path) && !strpbrk(path, " #\\"));
    must(!strstr(before, "/../") && !strstr(before, "/./"));
}

static void try_starts(apr_pool_t *p, const kl_klarna_response_t *resp)
{
    kl_error_t *err = kl_error_make(p);
    kl_hosted_page_t page;
    kl_qr_session_t qr;

    if (kl_hosted_page_reply(&page, p, BASE, resp, err) == KL_OK) {
        must(kl_url_segment(p, page.id) && is_clean(page.link) && is_clean(page.id_check_url));
        must(!*page.link || strncmp(page.link, "http", 4) == 0);
        must(page.link_until >= 0);
        check_path(p, page.result_path);
        check_path(p, page.send_path);
    }
    else {
        check_error(err);
    }
    kl_error_clear(err);
    if (kl_qr_session_reply(&qr, p, BASE, resp, err) == KL_OK) {
        must(kl_url_segment(p, qr.id) != NULL);
        check_path(p, qr.result_path);
    }
    else {
        check_error(err);
    }
}

/* Folded into a payment of either way, aborted or not: no end but by one of Klarna's words, and
 * none is left. */
static void try_fold(apr_pool_t *p, const kl_instore_seen_t *seen)
{
    for (int i = 0; i < 8; i++) {
        kl_instore_t *instore = kl_instore_make(p);

        instore->way = i & 1 ? KL_WAY_QR : KL_WAY_HOSTED_PAGE;
        instore->abort_by = i & 2 ? "cashier" : "";
        instore->state = i & 4 ? KL_INSTORE_COMPLETED : KL_INSTORE_IN_PROGRESS;
        kl_instore_state_fold(p, instore, seen, apr_time_from_sec(1790000000));
        must(!(i & 4) || instore->state == KL_INSTORE_COMPLETED);
        must(instore->state != KL_INSTORE_WAITING && is_clean(instore->reason));
        must((instore->state == KL_INSTORE_COMPLETED && !(i & 4))
             == (!(i & 4) && strcmp(seen->word, "COMPLETED") == 0));
        must(!kl_instore_state_fold(p, instore, seen, apr_time_from_sec(1790000000)));
    }
}

static void try_status(apr_pool_t *p, const kl_klarna_response_t *resp)
{
    kl_error_t *err = kl_error_make(p);
    kl_instore_seen_t seen;

    if (kl_instore_status_reply(&seen, p, resp, err) != KL_OK) {
        check_error(err);
        return;
    }
    must(*seen.word && is_clean(seen.word) && is_clean(seen.link) && is_clean(seen.qr_url));
    must((strcmp(seen.word, KL_INSTORE_GONE) == 0) == (resp->status == 404));
    must(strcmp(seen.word, "COMPLETED") != 0 || kl_url_segment(p, seen.order_id));
    must(seen.link_until >= 0);
    try_fold(p, &seen);
}

static void try_given(apr_pool_t *p, const char *s)
{
    const char *path = kl_url_given(p, BASE, apr_pstrcat(p, BASE, s, NULL), NULL);

    if (path) {
        check_path(p, path);
        must(strcmp(path, s) == 0);
    }
}

static void try_words(apr_pool_t *p, const char *s)
{
    const char *segment = kl_url_segment(p, s);

    must(kl_iso_time(s) >= 0);
    must(!segment || (!strpbrk(segment, "/?# ") && is_clean(segment)));
    must(!kl_url_is_plain(s) || (segment && strcmp(segment, s) == 0));
}

static void try_rate(const char *s)
{
    kl_rate_t rate = kl_rate_read(s, s, s);

    must(rate.limit >= 0 && rate.limit <= KL_RATE_MAX);
    must(rate.window >= 1 && rate.window <= KL_RATE_MAX);
    must(rate.remaining >= -1 && rate.remaining <= KL_RATE_MAX);
    must(rate.reset >= 0 && rate.reset <= KL_RATE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 201, 204, 302, 400, 401, 403,
                                   404, 409, 422, 429, 500, 503, 408};
    static apr_pool_t *root;
    kl_klarna_response_t resp = {.correlation_id = "", .capture_id = "", .refund_id = ""};
    apr_pool_t *p;

    if (size == 0) {
        return 0;
    }
    if (!root) {
        apr_initialize();
        apr_pool_create(&root, NULL);
    }
    apr_pool_create(&p, root);
    resp.status = statuses[data[0] % (sizeof(statuses) / sizeof(statuses[0]))];
    resp.body = apr_pstrmemdup(p, (const char *)data + 1, size - 1);
    resp.body_len = size - 1;
    try_meaning(p, &resp);
    try_payments(p, &resp);
    try_order(p, &resp);
    try_due_options(p, &resp);
    try_starts(p, &resp);
    try_status(p, &resp);
    try_given(p, resp.body);
    try_words(p, resp.body);
    try_rate(resp.body);
    apr_pool_destroy(p);
    return 0;
}
