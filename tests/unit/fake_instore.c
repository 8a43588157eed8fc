/* SPDX-License-Identifier: Apache-2.0 */
/* See fake_instore.h. Written from Klarna's documents, as fake_klarna.c. */
#include "fake_instore.h"

#include <apr_strings.h>

#define SESSIONS "/payments/v1/sessions"
#define PAGES "/hpp/v1/sessions"
#define RESULTS "/iss/v1/distributions/"
#define LIFE apr_time_from_sec(46 * 3600)

static fake_reply_t says(int status, const char *body)
{
    return (fake_reply_t){status, body};
}

static fake_reply_t refuses(fake_instore_t *fake, int status, const char *code)
{
    return says(status, apr_psprintf(fake->klarna->p,
                                     "{\"error_code\":\"%s\",\"error_messages\":[\"no\"],"
                                     "\"correlation_id\":\"cid\"}",
                                     code));
}

fake_sale_t *fake_instore_sale(const fake_instore_t *fake, int i)
{
    return APR_ARRAY_IDX(fake->sales, i, fake_sale_t *);
}

static fake_sale_t *find(const fake_instore_t *fake, const char *id)
{
    for (int i = 0; i < fake->sales->nelts; i++) {
        fake_sale_t *sale = fake_instore_sale(fake, i);

        if (strcmp(sale->session_id, id) == 0 || strcmp(sale->page_id, id) == 0) {
            return sale;
        }
    }
    return NULL;
}

static int has_ended(const fake_sale_t *sale)
{
    return strcmp(sale->status, "COMPLETED") == 0 || strcmp(sale->status, "CANCELED") == 0
           || strcmp(sale->status, "CANCELLED") == 0 || strcmp(sale->status, "DISABLED") == 0;
}

static int is_gone(const fake_sale_t *sale)
{
    return !sale || !sale->status || fake_clock_now() >= sale->until;
}

/* --- the customer ----------------------------------------------------------------------------- */

int fake_instore_open(fake_instore_t *fake, fake_sale_t *sale)
{
    (void)fake;
    if (is_gone(sale) || has_ended(sale)) {
        return 0;
    }
    sale->status = sale->page_id[0] ? "IN_PROGRESS" : "ACCESSED";
    return 1;
}

int fake_instore_pay(fake_instore_t *fake, fake_sale_t *sale)
{
    fake_order_t *order;

    if (!fake_instore_open(fake, sale)) {
        return 0;
    }
    sale->order_id = fake_klarna_foreign_order(fake->klarna, sale->amount, sale->reference1);
    order = fake_klarna_order(fake->klarna, sale->order_id);
    order->reference2 = sale->reference2;
    order->lines = sale->lines;
    sale->status = "COMPLETED";
    if (sale->captures) {
        fake_klarna_outside(fake->klarna, order->id, "capture", sale->amount, NULL);
    }
    return 1;
}

int fake_instore_refuse(fake_instore_t *fake, fake_sale_t *sale)
{
    if (!fake_instore_open(fake, sale)) {
        return 0;
    }
    sale->status = sale->page_id[0] ? "CANCELLED" : "CANCELED";
    return 1;
}

int fake_instore_paid(const fake_instore_t *fake)
{
    int n = 0;

    for (int i = 0; i < fake->sales->nelts; i++) {
        n += fake_instore_sale(fake, i)->order_id[0] != '\0';
    }
    return n;
}

int fake_instore_messages(const fake_instore_t *fake)
{
    int n = 0;

    for (int i = 0; i < fake->sales->nelts; i++) {
        n += fake_instore_sale(fake, i)->messages;
    }
    return n;
}

/* --- its routes ------------------------------------------------------------------------------- */

static const char *kept(fake_instore_t *fake, const kl_json_t *body, const char *key)
{
    const char *text = kl_json_str(body, key);

    return apr_pstrdup(fake->klarna->p, text ? text : "");
}

/* A session; with a distribution it is a QR session at once. */
static fake_reply_t make_session(fake_instore_t *fake, const kl_json_t *body)
{
    fake_klarna_t *klarna = fake->klarna;
    const kl_json_t *distribution = kl_json_get(body, "distribution");
    fake_sale_t *sale = apr_pcalloc(klarna->p, sizeof(*sale));

    sale->session_id = apr_psprintf(klarna->p, "session-%d", ++klarna->sessions);
    APR_ARRAY_PUSH(klarna->told, kl_addresses_t) = (kl_addresses_t){NULL};
    sale->page_id = sale->order_id = "";
    sale->amount = kl_json_int(body, "order_amount", -1);
    sale->reference1 = kept(fake, body, "merchant_reference1");
    sale->reference2 = kept(fake, body, "merchant_reference2");
    sale->lines = kl_json_text(klarna->p, kl_json_get(body, "order_lines"));
    sale->until = fake_clock_now() + LIFE;
    if (distribution) {
        sale->status = "DISTRIBUTED";
        sale->link = apr_psprintf(klarna->p, "https://pay.example/%s", sale->session_id);
        sale->shown = kl_json_str(distribution, "short_code") != NULL;
    }
    APR_ARRAY_PUSH(fake->sales, fake_sale_t *) = sale;
    return says(200, apr_psprintf(klarna->p,
                                  "{\"session_id\":\"%s\",\"client_token\":\"ct\","
                                  "\"payment_method_categories\":[]}",
                                  sale->session_id));
}

static fake_reply_t make_page(fake_instore_t *fake, const kl_json_t *body)
{
    const char *url = kl_json_str(body, "payment_session_url");
    const char *mode = kl_json_str(kl_json_get(body, "options"), "place_order_mode");
    fake_sale_t *sale = url ? find(fake, strrchr(url, '/') + 1) : NULL;

    assert_non_null(mode);
    if (!sale) {
        return refuses(fake, 400, "BAD_VALUE");
    }
    if (sale->status) { /* a session has one page: another one is a sale of its own */
        fake_sale_t *other = apr_pmemdup(fake->klarna->p, sale, sizeof(*sale));

        sale = other;
        sale->messages = 0;
        sale->order_id = "";
        APR_ARRAY_PUSH(fake->sales, fake_sale_t *) = sale;
    }
    sale->page_id = apr_psprintf(fake->klarna->p, "page-%d", fake->sales->nelts);
    sale->link = apr_psprintf(fake->klarna->p, "https://pay.example/%s", sale->page_id);
    sale->status = "WAITING";
    sale->captures = strcmp(mode, "CAPTURE_ORDER") == 0;
    return says(201,
                apr_psprintf(fake->klarna->p, "{\"session_id\":\"%s\",\"redirect_url\":\"%s\"}",
                             sale->page_id, sale->link));
}

static fake_reply_t show(fake_instore_t *fake, const fake_sale_t *sale)
{
    kl_json_t *v = kl_json_object(fake->klarna->p);

    if (is_gone(sale)) {
        return refuses(fake, 404, "NOT_FOUND");
    }
    kl_json_set_str(v, "status", sale->status);
    kl_json_set_str(v, "payment_link", sale->page_id[0] ? NULL : sale->link);
    kl_json_set_str(v, "order_id", sale->order_id[0] ? sale->order_id : NULL);
    kl_json_set_str(v, "klarna_reference", sale->order_id[0] ? "K1" : NULL);
    return says(200, kl_json_text(fake->klarna->p, v));
}

/* What was paid cannot be given up any more. */
static fake_reply_t give_up(fake_instore_t *fake, fake_sale_t *sale)
{
    int is_page = sale && sale->page_id[0];

    if (is_gone(sale)) {
        return refuses(fake, 404, "NOT_FOUND");
    }
    if (strcmp(sale->status, "COMPLETED") == 0) {
        return refuses(fake, is_page ? 400 : 404, "NOT_FOUND");
    }
    if (!has_ended(sale)) {
        sale->status = is_page ? "DISABLED" : "CANCELED";
    }
    return says(204, "");
}

static fake_reply_t distribute(fake_instore_t *fake, fake_sale_t *sale)
{
    if (is_gone(sale) || has_ended(sale)) {
        return refuses(fake, 400, "UNKNOWN");
    }
    sale->messages++;
    return says(204, "");
}

static fake_reply_t below(fake_instore_t *fake, const char *method, const char *name)
{
    const char *end = name + strcspn(name, "/");
    fake_sale_t *sale = find(fake, apr_pstrmemdup(fake->klarna->p, name, end - name));

    if (strcmp(end, "/distribution") == 0) {
        return distribute(fake, sale);
    }
    return strcmp(method, "DELETE") == 0 ? give_up(fake, sale) : show(fake, sale);
}

static fake_reply_t session_status(const fake_instore_t *fake, const char *session_id)
{
    for (int i = 0; i < fake->sales->nelts; i++) {
        const fake_sale_t *sale = fake_instore_sale(fake, i);

        if (strcmp(sale->session_id, session_id) == 0 && sale->order_id[0]) {
            return says(200, "{\"status\":\"complete\"}");
        }
    }
    return says(200, "{\"status\":\"incomplete\"}");
}

static fake_reply_t answer(fake_instore_t *fake, const char *method, const char *path,
                           const kl_json_t *body)
{
    int posts = strcmp(method, "POST") == 0;
    const char *id;

    if (posts && strcmp(path, SESSIONS) == 0 && kl_json_get(body, "acquiring_channel")) {
        return make_session(fake, body);
    }
    if (posts && strcmp(path, PAGES) == 0) {
        return make_page(fake, body);
    }
    if (strncmp(path, PAGES "/", strlen(PAGES "/")) == 0) {
        return below(fake, method, path + strlen(PAGES "/"));
    }
    if (strncmp(path, RESULTS, strlen(RESULTS)) == 0) {
        return below(fake, method, path + strlen(RESULTS));
    }
    id = path + strlen(SESSIONS "/");
    if (strncmp(path, SESSIONS "/", strlen(SESSIONS "/")) == 0 && find(fake, id)) {
        return strcmp(method, "DELETE") == 0 ? give_up(fake, find(fake, id))
                                             : session_status(fake, id);
    }
    return says(0, "");
}

fake_instore_t *fake_instore_make(fake_klarna_t *klarna)
{
    fake_instore_t *fake = apr_pcalloc(klarna->p, sizeof(*fake));

    fake->klarna = klarna;
    fake->sales = apr_array_make(klarna->p, 4, sizeof(fake_sale_t *));
    klarna->instore = fake;
    klarna->instore_answer = answer;
    return fake;
}
