/* SPDX-License-Identifier: Apache-2.0 */
/* See fake_klarna.h. Written from Klarna's documents, not from the module: it shares with it
 * no rule about amounts, states or keys. */
#include "fake_klarna.h"

#include <apr_strings.h>
#include <stdlib.h>

#define EXTENSION apr_time_from_sec(28 * 86400)
#define KEYS_ARE_KEPT apr_time_from_sec(24 * 3600)

/* A request as it came over the wire. */
typedef struct sent_t {
    const char *method, *path, *body;
    const char *idempotency_key; /* "" for none */
} sent_t;

/* One answer as it goes back. */
typedef struct answer_t {
    int status;
    const char *body;
    const char *capture_id, *refund_id;
} answer_t;

typedef struct kept_key_t {
    const char *key;
    apr_time_t at;
    answer_t answer;
} kept_key_t;

typedef struct token_t {
    const char *token;
    apr_int64_t amount;
    int session;
    const char *order_id;  /* what it bought, or NULL */
    apr_time_t busy_until; /* a placement with it is on its way */
} token_t;

/* A request whose answer is lost and that is executed later. */
typedef struct late_t {
    sent_t req;
    apr_time_t at; /* 0: done */
} late_t;

/* A request in parts: /ordermanagement/v1/orders/{id}{below} */
typedef struct asked_t {
    fake_klarna_t *fake;
    const sent_t *req;
    fake_order_t *order;
    const char *below;
    kl_json_t *body;
} asked_t;

static const char *const fault_names[FAKE_KLARNA_FAULTS] = {"not sent",   "lost before",
                                                            "lost after", "lost late",
                                                            "500 before", "500 after",
                                                            "429",        "401 html",
                                                            "edge 403",   "409 busy",
                                                            "409 twice",  "malformed"};

const char *fake_klarna_fault_name(fake_klarna_fault_t fault)
{
    return fault_names[fault];
}

/* --- answers ------------------------------------------------------------------------- */

static answer_t says(int status, const char *body)
{
    return (answer_t){.status = status, .body = body, .capture_id = "", .refund_id = ""};
}

static answer_t refuses(const asked_t *asked, int status, const char *code)
{
    return says(status, apr_psprintf(asked->fake->p,
                                     "{\"error_code\":\"%s\",\"error_messages\":[\"no\"],"
                                     "\"correlation_id\":\"cid\"}",
                                     code));
}

static void moved(const asked_t *asked, const char *what, const char *key, apr_int64_t amount)
{
    fake_movement_t *movement = apr_array_push(asked->fake->movements);

    *movement = (fake_movement_t){what, apr_pstrdup(asked->fake->p, key), amount};
}

int fake_klarna_executed(const fake_klarna_t *fake, const char *what)
{
    int n = 0;

    for (int i = 0; i < fake->movements->nelts; i++) {
        n += strcmp(APR_ARRAY_IDX(fake->movements, i, fake_movement_t).what, what) == 0;
    }
    return n;
}

fake_order_t *fake_klarna_order(const fake_klarna_t *fake, const char *id)
{
    for (int i = 0; i < fake->orders->nelts; i++) {
        fake_order_t *order = APR_ARRAY_IDX(fake->orders, i, fake_order_t *);

        if (strcasecmp(order->id, id) == 0) { /* a UUID, in any case */
            return order;
        }
    }
    return NULL;
}

/* --- Klarna Payments ------------------------------------------------------------------ */

#define SESSIONS "/payments/v1/sessions"

static token_t *token_at(const fake_klarna_t *fake, int i)
{
    return &APR_ARRAY_IDX(fake->tokens, i, token_t);
}

static int session_number(const asked_t *asked)
{
    return atoi(asked->req->path + strlen(SESSIONS "/session-"));
}

static kl_addresses_t *told_to(const fake_klarna_t *fake, int session)
{
    return &APR_ARRAY_IDX(fake->told, session - 1, kl_addresses_t);
}

/* Complete once an order was placed from it. */
static answer_t read_session(const asked_t *asked)
{
    int number = session_number(asked);
    const char *status = "incomplete";
    kl_json_t *v = kl_json_object(asked->fake->p);

    if (asked->fake->session_refusal) {
        return refuses(asked, 404, asked->fake->session_refusal);
    }
    for (int i = 0; i < asked->fake->tokens->nelts; i++) {
        const token_t *token = token_at(asked->fake, i);

        if (token->session == number && token->order_id) {
            status = "complete";
        }
    }
    kl_json_set_str(v, "status", status);
    kl_addresses_set(v, told_to(asked->fake, number));
    kl_json_set(v, "customer", kl_json_object(asked->fake->p)); /* not what identifies it */
    return says(200, kl_json_text(asked->fake->p, v));
}

/* Each object as a whole. */
static void replace(kl_addresses_t *told, const kl_addresses_t *later)
{
    told->billing_address = later->billing_address ? later->billing_address : told->billing_address;
    told->shipping_address = later->shipping_address ? later->shipping_address
                                                     : told->shipping_address;
    told->customer = later->customer ? later->customer : told->customer;
}

static answer_t session(const asked_t *asked)
{
    fake_klarna_t *fake = asked->fake;
    kl_addresses_t told;

    if (strcmp(asked->req->method, "GET") == 0) {
        return read_session(asked);
    }
    fake->session_body = apr_pstrdup(fake->p, asked->req->body);
    told = kl_addresses_of(asked->body);
    if (strcmp(asked->req->path, SESSIONS) != 0) {
        replace(told_to(fake, session_number(asked)), &told);
        return says(204, "");
    }
    fake->sessions++;
    APR_ARRAY_PUSH(fake->told, kl_addresses_t) = told;
    return says(200, apr_psprintf(fake->p,
                                  "{\"session_id\":\"session-%d\",\"client_token\":\"ct-%d\","
                                  "\"payment_method_categories\":[{\"identifier\":\"klarna\"}]}",
                                  fake->sessions, fake->sessions));
}

void fake_klarna_authorize(fake_klarna_t *fake, const char *token, apr_int64_t amount)
{
    token_t *made = apr_array_push(fake->tokens);

    *made = (token_t){apr_pstrdup(fake->p, token), amount, fake->sessions, NULL, 0};
}

void fake_klarna_tell(fake_klarna_t *fake, const char *told)
{
    kl_addresses_t *session = told_to(fake, fake->sessions);

    assert_true(kl_addresses_parse(&fake->browser, fake->p, told));
    kl_addresses_add(fake->p, session, &fake->browser);
}

/* Members in one order, whoever wrote them. */
static const char *canonical(apr_pool_t *p, const kl_json_t *address)
{
    static const char *const members[] = {"given_name",  "family_name", "street_address2",
                                          "postal_code", "city",        "email"};
    kl_json_t *v = kl_json_object(p);
    apr_size_t known = 0;

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        known += kl_json_get(address, members[i]) != NULL;
        kl_json_set(v, members[i], kl_json_get(address, members[i]));
    }
    assert_int_equal(known, kl_json_size(address)); /* a test uses another: name it here */
    return kl_json_text(p, v);
}

/* "Any difference makes the order invalid." */
static int addresses_differ(const asked_t *asked, const token_t *token)
{
    const kl_addresses_t placed = kl_addresses_of(asked->body);
    const kl_addresses_t *told = told_to(asked->fake, token->session);
    apr_pool_t *p = asked->fake->p;

    return strcmp(canonical(p, placed.billing_address), canonical(p, told->billing_address)) != 0
           || strcmp(canonical(p, placed.shipping_address), canonical(p, told->shipping_address))
                  != 0;
}

static token_t *find_token(const asked_t *asked)
{
    for (int i = 0; i < asked->fake->tokens->nelts; i++) {
        token_t *token = token_at(asked->fake, i);

        if (strcmp(asked->req->path,
                   apr_psprintf(asked->fake->p, "/payments/v1/authorizations/%s/order",
                                token->token))
            == 0) {
            return token;
        }
    }
    return NULL;
}

static void keep_lines(const asked_t *asked, fake_order_t *order)
{
    const kl_json_t *lines = kl_json_get(asked->body, "order_lines");

    order->lines = lines ? kl_json_text(asked->fake->p, lines) : NULL;
}

static void set_reference(const asked_t *asked, const char *key, const char **reference)
{
    const char *wanted = kl_json_str(asked->body, key);

    *reference = wanted ? apr_pstrdup(asked->fake->p, wanted) : *reference;
}

static answer_t placed(const asked_t *asked, const fake_order_t *order)
{
    return says(200, apr_psprintf(asked->fake->p,
                                  "{\"order_id\":\"%s\",\"fraud_status\":\"%s\","
                                  "\"redirect_url\":\"https://pay.example/%s\"}",
                                  order->id, order->fraud_status, order->id));
}

static const char *iso(fake_klarna_t *fake, apr_time_t at)
{
    apr_time_exp_t t;

    apr_time_exp_gmt(&t, at);
    return apr_psprintf(fake->p, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900, t.tm_mon + 1,
                        t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

static fake_order_t *add_order(fake_klarna_t *fake, apr_int64_t amount, const char *reference1)
{
    fake_order_t *order = apr_pcalloc(fake->p, sizeof(*order));

    order->id = apr_psprintf(fake->p, "klarna-order-%d", fake->orders->nelts + 1);
    order->status = "AUTHORIZED";
    order->fraud_status = fake->fraud_status;
    order->reference1 = apr_pstrdup(fake->p, reference1 ? reference1 : "");
    order->reference2 = order->shipping_address = "";
    order->created_at = iso(fake, fake_clock_now());
    order->expires_at = "2027-01-31T10:00:00Z";
    order->payment_type = "INVOICE";
    order->original = order->order_amount = order->remaining = amount;
    order->capture_list = kl_json_array(fake->p);
    order->refund_list = kl_json_array(fake->p);
    APR_ARRAY_PUSH(fake->orders, fake_order_t *) = order;
    return order;
}

const char *fake_klarna_foreign_order(fake_klarna_t *fake, apr_int64_t amount,
                                      const char *reference1)
{
    return add_order(fake, amount, reference1)->id;
}

static answer_t place(const asked_t *asked)
{
    fake_klarna_t *fake = asked->fake;
    token_t *token = find_token(asked);
    fake_order_t *order;

    if (!token) {
        return refuses(asked, 404, "NOT_FOUND");
    }
    if (fake->refuses_used_token && fake_clock_now() < token->busy_until) {
        return refuses(asked, 403, "INVALID_OPERATION");
    }
    if (token->order_id) {
        return fake->refuses_used_token ? refuses(asked, 403, "INVALID_OPERATION")
                                        : placed(asked, fake_klarna_order(fake, token->order_id));
    }
    if (kl_json_int(asked->body, "order_amount", -1) != token->amount
        || addresses_differ(asked, token)) {
        return refuses(asked, 409, "BAD_VALUE");
    }
    order = add_order(fake, token->amount, kl_json_str(asked->body, "merchant_reference1"));
    set_reference(asked, "merchant_reference2", &order->reference2);
    keep_lines(asked, order);
    token->order_id = order->id;
    moved(asked, "place", token->token, token->amount);
    return placed(asked, order);
}

/* --- Order Management ------------------------------------------------------------------ */

static int is_open(const fake_order_t *order)
{
    return strcmp(order->status, "AUTHORIZED") == 0 || strcmp(order->status, "PART_CAPTURED") == 0;
}

/* 1 when the lines, if there are any, come to amount and each obeys Klarna's rule. */
static int lines_fit(const kl_json_t *body, apr_int64_t amount)
{
    const kl_json_t *lines = kl_json_get(body, "order_lines");
    apr_int64_t sum = 0;

    for (apr_size_t i = 0; lines && i < kl_json_size(lines); i++) {
        const kl_json_t *line = kl_json_at(lines, i);
        apr_int64_t total = kl_json_int(line, "total_amount", 0);

        if (total
            != kl_json_int(line, "quantity", 0) * kl_json_int(line, "unit_price", 0)
                   - kl_json_int(line, "total_discount_amount", 0)) {
            return 0;
        }
        sum += total;
    }
    return !lines || sum == amount;
}

/* Adds what was made to the order's list; its id. */
static const char *listed(const asked_t *asked, kl_json_t *list, const char *what, int n,
                          apr_int64_t amount)
{
    apr_pool_t *p = asked->fake->p;
    const char *id = apr_psprintf(p, "%s-%d", what, n);
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, apr_pstrcat(p, what, "_id", NULL), id);
    kl_json_set_int(v, strcmp(what, "capture") == 0 ? "captured_amount" : "refunded_amount",
                    amount);
    kl_json_set_str(v, "reference", kl_json_str(asked->body, "reference"));
    if (strcmp(what, "capture") == 0) {
        kl_json_set_str(v, "klarna_reference", apr_psprintf(p, "K1-%d", n));
    }
    kl_json_append(list, v);
    return id;
}

static answer_t capture(const asked_t *asked)
{
    fake_order_t *order = asked->order;
    apr_int64_t amount = kl_json_int(asked->body, "captured_amount", -1);
    answer_t answer = says(201, "");

    if (!is_open(order) || strcmp(order->fraud_status, "ACCEPTED") != 0 || amount <= 0
        || amount > order->remaining) {
        return refuses(asked, 403, "CAPTURE_NOT_ALLOWED");
    }
    if (!lines_fit(asked->body, amount)) {
        return refuses(asked, 400, "BAD_VALUE");
    }
    order->captured += amount;
    order->remaining -= amount;
    order->status = order->remaining > 0 ? "PART_CAPTURED" : "CAPTURED";
    order->captures++;
    answer.capture_id = listed(asked, order->capture_list, "capture", order->captures, amount);
    moved(asked, "capture", asked->req->idempotency_key, amount);
    return answer;
}

static answer_t refund(const asked_t *asked)
{
    fake_order_t *order = asked->order;
    apr_int64_t amount = kl_json_int(asked->body, "refunded_amount", -1);
    answer_t answer = says(201, "");

    if (amount <= 0 || amount > order->captured - order->refunded) {
        return refuses(asked, 403, "REFUND_NOT_ALLOWED");
    }
    if (!lines_fit(asked->body, amount)) {
        return refuses(asked, 400, "BAD_VALUE");
    }
    order->refunded += amount;
    order->refunds++;
    answer.refund_id = listed(asked, order->refund_list, "refund", order->refunds, amount);
    moved(asked, "refund", asked->req->idempotency_key, amount);
    return answer;
}

static answer_t cancel(const asked_t *asked)
{
    fake_order_t *order = asked->order;

    if (!is_open(order) || order->captured > 0) {
        return refuses(asked, 403, "CANCEL_NOT_ALLOWED");
    }
    moved(asked, "cancel", asked->req->idempotency_key, order->remaining);
    order->remaining = 0;
    order->status = "CANCELLED";
    return says(204, "");
}

static answer_t release(const asked_t *asked)
{
    fake_order_t *order = asked->order;

    if (!is_open(order) || order->captured == 0) {
        return refuses(asked, 403, "NOT_ALLOWED");
    }
    moved(asked, "release", asked->req->idempotency_key, order->remaining);
    order->remaining = 0;
    order->status = "CAPTURED";
    return says(204, "");
}

static const kl_json_t *line_of(const kl_json_t *lines, const char *reference)
{
    for (apr_size_t i = 0; i < kl_json_size(lines); i++) {
        const char *other = kl_json_str(kl_json_at(lines, i), "reference");

        if (other && strcmp(other, reference) == 0) {
            return kl_json_at(lines, i);
        }
    }
    return NULL;
}

/* 1 when the new lines have one that was not there, or more of one, besides what they take off. */
static int undoes(const asked_t *asked)
{
    const kl_json_t *now = kl_json_get(asked->body, "order_lines"), *before;

    if (!asked->order->lines || !now) {
        return 0;
    }
    before = kl_json_parse(asked->fake->p, asked->order->lines, strlen(asked->order->lines),
                           kl_error_make(asked->fake->p));
    for (apr_size_t i = 0; i < kl_json_size(now); i++) {
        const kl_json_t *line = kl_json_at(now, i);
        apr_int64_t total = kl_json_int(line, "total_amount", 0);
        const kl_json_t *old = line_of(before, kl_json_str(line, "reference"));

        if (total > 0 && (!old || total > kl_json_int(old, "total_amount", 0))) {
            return 1;
        }
    }
    return 0;
}

static answer_t reduce(const asked_t *asked)
{
    fake_order_t *order = asked->order;
    apr_int64_t amount = kl_json_int(asked->body, "order_amount", -1);

    asked->fake->undone += is_open(order) && (amount > order->order_amount || undoes(asked));
    if (!is_open(order) || amount < order->captured
        || (amount > order->order_amount && asked->fake->refuses_raises)) {
        return refuses(asked, 403, "NOT_ALLOWED");
    }
    if (!lines_fit(asked->body, amount)) {
        return refuses(asked, 400, "BAD_VALUE");
    }
    moved(asked, "reduce", asked->req->idempotency_key, order->order_amount - amount);
    order->remaining -= order->order_amount - amount;
    order->order_amount = amount;
    keep_lines(asked, order);
    return says(204, "");
}

void fake_klarna_set_end(fake_klarna_t *fake, fake_order_t *order, apr_time_t end)
{
    order->expires_at = iso(fake, end);
}

static answer_t extend(const asked_t *asked)
{
    if (!is_open(asked->order)) {
        return refuses(asked, 403, "NOT_ALLOWED");
    }
    if (!asked->fake->keeps_the_end) {
        fake_klarna_set_end(asked->fake, asked->order, fake_clock_now() + EXTENSION);
    }
    asked->order->extensions++;
    moved(asked, "extend", asked->req->idempotency_key, 0);
    return says(204, "");
}

/* What is asked of a capture. 0 when there is no such capture. */
static int is_of_capture(const asked_t *asked, const char **what)
{
    const char *name = asked->below + strlen("/captures/");
    const char *digits = name + strcspn(name, "0123456789");

    *what = name + strcspn(name, "/");
    return atoi(digits) >= 1 && atoi(digits) <= asked->order->captures;
}

static answer_t shipping_info(const asked_t *asked)
{
    asked->order->parcels += (int)kl_json_size(kl_json_get(asked->body, "shipping_info"));
    moved(asked, "shipping_info", asked->req->idempotency_key, 0);
    return says(204, "");
}

static answer_t due_options(const asked_t *asked)
{
    return says(200, asked->order->due_days
                         ? "{\"currency\":\"sek\"}"
                         : "{\"currency\":\"sek\",\"options\":[{\"number_of_days\":14,"
                           "\"amount\":3900},{\"number_of_days\":28,\"amount\":7900}]}");
}

static answer_t due_date(const asked_t *asked)
{
    apr_int64_t days = kl_json_int(asked->body, "number_of_days", 0);

    if (asked->order->due_days || (days != 14 && days != 28)) {
        return refuses(asked, 403, "NOT_ALLOWED");
    }
    asked->order->due_days = (int)days;
    moved(asked, "due_date", asked->req->idempotency_key, 0);
    return says(204, "");
}

static answer_t send_out(const asked_t *asked)
{
    asked->order->send_outs++;
    moved(asked, "send_out", asked->req->idempotency_key, 0);
    return says(204, "");
}

static answer_t manage_capture(const asked_t *asked)
{
    static const struct {
        const char *method, *below;
        answer_t (*does)(const asked_t *asked);
    } routes[] = {{"POST", "/shipping-info", shipping_info},
                  {"GET", "/extend-due-date-options", due_options},
                  {"PATCH", "/extend-due-date", due_date},
                  {"POST", "/trigger-send-out", send_out}};
    const char *what;

    if (!is_of_capture(asked, &what)) {
        return refuses(asked, 404, "NO_SUCH_CAPTURE");
    }
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (strcmp(routes[i].method, asked->req->method) == 0
            && strcmp(routes[i].below, what) == 0) {
            return routes[i].does(asked);
        }
    }
    fail_msg("Klarna has no %s %s", asked->req->method, asked->req->path);
    return says(404, "");
}

static answer_t acknowledge(const asked_t *asked)
{
    if (!is_open(asked->order)) {
        return refuses(asked, 403, "NOT_ALLOWED");
    }
    moved(asked, "acknowledge", asked->req->idempotency_key, 0);
    return says(204, "");
}

static answer_t references(const asked_t *asked)
{
    if (strcmp(asked->order->status, "CANCELLED") == 0) {
        return refuses(asked, 403, "NOT_ALLOWED");
    }
    set_reference(asked, "merchant_reference1", &asked->order->reference1);
    set_reference(asked, "merchant_reference2", &asked->order->reference2);
    moved(asked, "references", asked->req->idempotency_key, 0);
    return says(204, "");
}

static answer_t customer_details(const asked_t *asked)
{
    if (!is_open(asked->order)) {
        return refuses(asked, 403, "NOT_ALLOWED");
    }
    asked->order->shipping_address = kl_json_text(asked->fake->p,
                                                  kl_json_get(asked->body, "shipping_address"));
    moved(asked, "shipping_address", asked->req->idempotency_key, 0);
    return says(204, "");
}

/* Klarna leaves out what is empty. */
static void show(kl_json_t *v, const char *key, const char *word)
{
    kl_json_set_str(v, key, word[0] ? word : NULL);
}

static answer_t read_order(const asked_t *asked)
{
    const fake_order_t *order = asked->order;
    kl_json_t *v = kl_json_object(asked->fake->p), *method = kl_json_object(asked->fake->p);

    kl_json_set_str(method, "type", order->payment_type);
    kl_json_set_str(v, "order_id", asked->fake->misnames ? asked->fake->misnames : order->id);
    kl_json_set_str(v, "status", order->status);
    kl_json_set_str(v, "fraud_status", order->fraud_status);
    kl_json_set_str(v, "klarna_reference", "K1");
    kl_json_set_str(v, "created_at", order->created_at);
    kl_json_set_str(v, "expires_at", order->expires_at);
    kl_json_set(v, "initial_payment_method", method);
    show(v, "merchant_reference1", order->reference1);
    show(v, "merchant_reference2", order->reference2);
    kl_json_set_int(v, "original_order_amount", order->original);
    kl_json_set_str(v, "purchase_currency", "sek");
    if (order->lines) {
        kl_json_set(v, "order_lines",
                    kl_json_parse(asked->fake->p, order->lines, strlen(order->lines),
                                  kl_error_make(asked->fake->p)));
    }
    kl_json_set(v, "captures", order->capture_list);
    kl_json_set(v, "refunds", order->refund_list);
    kl_json_set_int(v, "order_amount", order->order_amount);
    kl_json_set_int(v, "captured_amount", order->captured);
    kl_json_set_int(v, "refunded_amount", order->refunded);
    kl_json_set_int(v, "remaining_authorized_amount", order->remaining);
    return says(200, kl_json_text(asked->fake->p, v));
}

static answer_t manage(const asked_t *asked)
{
    static const struct {
        const char *method, *below;
        answer_t (*does)(const asked_t *asked);
    } routes[] = {
        {"GET", "", read_order},
        {"POST", "/captures", capture},
        {"POST", "/refunds", refund},
        {"POST", "/cancel", cancel},
        {"PATCH", "/authorization", reduce},
        {"PATCH", "/merchant-references", references},
        {"PATCH", "/customer-details", customer_details},
        {"POST", "/extend-authorization-time", extend},
        {"POST", "/acknowledge", acknowledge},
        {"POST", "/release-remaining-authorization", release},
    };

    if (!asked->order) {
        return refuses(asked, 404, "NO_SUCH_ORDER");
    }
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (strcmp(routes[i].method, asked->req->method) == 0
            && strcmp(routes[i].below, asked->below) == 0) {
            return routes[i].does(asked);
        }
    }
    if (strncmp(asked->below, "/captures/", 10) == 0) {
        return manage_capture(asked);
    }
    fail_msg("Klarna has no %s %s", asked->req->method, asked->req->path);
    return says(404, "");
}

/* --- one request ---------------------------------------------------------------------- */

#define ORDERS "/ordermanagement/v1/orders/"

static answer_t execute_once(asked_t *asked)
{
    const sent_t *req = asked->req;
    fake_klarna_t *fake = asked->fake;
    fake_reply_t in_store = {0, ""};
    const char *id;

    if (req->body[0]) {
        asked->body = kl_json_parse(fake->p, req->body, strlen(req->body), kl_error_make(fake->p));
        assert_non_null(asked->body);
    }
    if (fake->refuses && strstr(req->path, fake->refuses)) {
        return refuses(asked, 403, fake->refuses_as ? fake->refuses_as : "NOT_ALLOWED");
    }
    if (fake->instore) {
        in_store = fake->instore_answer(fake->instore, req->method, req->path, asked->body);
    }
    if (in_store.status) {
        return says(in_store.status, in_store.body);
    }
    if (strncmp(req->path, SESSIONS, strlen(SESSIONS)) == 0) {
        return session(asked);
    }
    if (strncmp(req->path, "/payments/v1/authorizations/", 28) == 0) {
        return place(asked);
    }
    assert_memory_equal(req->path, ORDERS, strlen(ORDERS));
    id = req->path + strlen(ORDERS);
    asked->below = id + strcspn(id, "/");
    asked->order = fake_klarna_order(fake,
                                     apr_pstrndup(fake->p, id, (apr_size_t)(asked->below - id)));
    return manage(asked);
}

/* A key that was seen in the last 24 hours gets the first answer again, whatever it asks. */
static answer_t execute(fake_klarna_t *fake, const sent_t *req)
{
    asked_t asked = {.fake = fake, .req = req};
    kept_key_t *kept;

    for (int i = 0; req->idempotency_key[0] && i < fake->keys->nelts; i++) {
        kept = &APR_ARRAY_IDX(fake->keys, i, kept_key_t);
        if (strcmp(kept->key, req->idempotency_key) == 0
            && fake_clock_now() - kept->at < KEYS_ARE_KEPT) {
            return kept->answer;
        }
    }
    answer_t answer = execute_once(&asked);

    if (req->idempotency_key[0]) {
        kept = apr_array_push(fake->keys);
        *kept = (kept_key_t){apr_pstrdup(fake->p, req->idempotency_key), fake_clock_now(), answer};
    }
    return answer;
}

/* --- what happens later, and outside --------------------------------------------------- */

static void send_late(fake_klarna_t *fake, const sent_t *req)
{
    late_t *late = apr_array_push(fake->late);
    asked_t asked = {.fake = fake, .req = req};
    token_t *token = find_token(&asked);

    *late = (late_t){*req, fake_clock_now() + FAKE_LATE};
    late->req.method = apr_pstrdup(fake->p, req->method);
    late->req.path = apr_pstrdup(fake->p, req->path);
    late->req.body = apr_pstrdup(fake->p, req->body);
    late->req.idempotency_key = apr_pstrdup(fake->p, req->idempotency_key);
    if (token && !token->order_id) {
        token->busy_until = late->at;
    }
}

void fake_klarna_catch_up(fake_klarna_t *fake)
{
    for (int i = 0; i < fake->late->nelts; i++) {
        late_t *late = &APR_ARRAY_IDX(fake->late, i, late_t);

        if (late->at && late->at <= fake_clock_now()) {
            late->at = 0;
            (void)execute(fake, &late->req);
        }
    }
}

void fake_klarna_outside(fake_klarna_t *fake, const char *id, const char *what, apr_int64_t amount,
                         const char *reference)
{
    static const struct {
        const char *what;
        answer_t (*does)(const asked_t *asked);
    } verbs[] = {{"capture", capture}, {"refund", refund},         {"reduce", reduce},
                 {"release", release}, {"references", references}, {"cancel", cancel}};
    sent_t req = {.idempotency_key = apr_psprintf(fake->p, "outside-%d", fake->movements->nelts)};
    asked_t asked = {.fake = fake,
                     .req = &req,
                     .order = fake_klarna_order(fake, id),
                     .body = kl_json_object(fake->p)};
    answer_t answer = says(404, "");

    kl_json_set_int(asked.body, "captured_amount", amount);
    kl_json_set_int(asked.body, "refunded_amount", amount);
    kl_json_set_int(asked.body, "order_amount", asked.order->order_amount - amount);
    kl_json_set_str(asked.body, "reference", reference);
    kl_json_set_str(asked.body, "merchant_reference1", reference);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verbs[i].what, what) == 0) {
            answer = verbs[i].does(&asked);
        }
    }
    assert_in_range(answer.status, 200, 299);
}

static kl_json_t *a_line(apr_pool_t *p, const char *reference, apr_int64_t quantity,
                         apr_int64_t price)
{
    kl_json_t *line = kl_json_object(p);

    kl_json_set_str(line, "type", price < 0 ? "discount" : "physical");
    kl_json_set_str(line, "reference", reference);
    kl_json_set_str(line, "name", reference);
    kl_json_set_int(line, "quantity", quantity);
    kl_json_set_int(line, "unit_price", price);
    kl_json_set_int(line, "tax_rate", 2500);
    kl_json_set_int(line, "total_amount", quantity * price);
    kl_json_set_int(line, "total_tax_amount", quantity * price / 5);
    return line;
}

void fake_klarna_write(fake_klarna_t *fake, const char *id, const char *lines)
{
    fake_order_t *order = fake_klarna_order(fake, id);
    kl_json_t *list = kl_json_array(fake->p);
    char *rest = apr_pstrdup(fake->p, lines), *word;
    apr_int64_t sum = 0;

    while ((word = apr_strtok(rest, " ", &rest))) {
        apr_int64_t quantity = apr_atoi64(apr_strtok(NULL, " ", &rest));
        apr_int64_t price = apr_atoi64(apr_strtok(NULL, " ", &rest));

        kl_json_append(list, a_line(fake->p, word, quantity, price));
        sum += quantity * price;
        word = NULL;
    }
    assert_in_range(sum, order->captured, 200000000);
    order->remaining += sum - order->order_amount;
    order->order_amount = sum;
    order->lines = kl_json_text(fake->p, list);
    order->status = order->captured == 0    ? "AUTHORIZED"
                    : order->remaining == 0 ? "CAPTURED"
                                            : "PART_CAPTURED";
}

/* --- the HTTP engine -------------------------------------------------------------------- */

static kl_http_response_t answered(apr_pool_t *p, const answer_t *answer)
{
    apr_table_t *headers = apr_table_make(p, 4);

    apr_table_set(headers, "Klarna-Correlation-Id", "cid");
    if (*answer->capture_id) {
        apr_table_set(headers, "Capture-Id", answer->capture_id);
    }
    if (*answer->refund_id) {
        apr_table_set(headers, "Refund-Id", answer->refund_id);
    }
    return (kl_http_response_t){.delivery = KL_ANSWERED,
                                .status = answer->status,
                                .headers = headers,
                                .body = apr_pstrdup(p, answer->body),
                                .body_len = strlen(answer->body)};
}

static kl_http_response_t answers(apr_pool_t *p, int status, const char *body)
{
    answer_t answer = says(status, body);

    return answered(p, &answer);
}

static kl_http_response_t lost(void)
{
    return (kl_http_response_t){.delivery = KL_LOST, .why = "the connection was reset"};
}

static int executes_first(fake_klarna_fault_t fault)
{
    return fault == FAKE_LOST_AFTER || fault == FAKE_500_AFTER || fault == FAKE_MALFORMED
           || fault == FAKE_409_BUSY || fault == FAKE_409_TWICE;
}

static kl_http_response_t fails(fake_klarna_t *fake, apr_pool_t *p, const sent_t *req,
                                fake_klarna_fault_t fault)
{
    kl_http_response_t busy;
    answer_t answer = {0};

    if (executes_first(fault)) {
        answer = execute(fake, req);
    }
    switch (fault) {
    case FAKE_NOT_SENT:
        return (kl_http_response_t){.delivery = KL_NOT_SENT, .why = "no connection"};
    case FAKE_LOST_LATE:
        send_late(fake, req);
        return lost();
    case FAKE_LOST_BEFORE:
    case FAKE_LOST_AFTER:
        return lost();
    case FAKE_429:
        busy = answers(p, 429, "{\"error_code\":\"TOO_MANY_REQUESTS\"}");
        busy.retry_after = fake->retry_after;
        return busy;
    case FAKE_401_HTML:
        return answers(p, 401, "<html>401</html>");
    case FAKE_EDGE_403:
        return answers(p, 403, "");
    case FAKE_409_BUSY:
    case FAKE_409_TWICE:
        return answers(p, 409, "{\"error_code\":\"CONFLICT\",\"error_messages\":[]}");
    case FAKE_MALFORMED:
        return answers(p, answer.status, "{\"order_id\":\"kl");
    default:
        return answers(p, 500, "{\"error_code\":\"INTERNAL_SERVER_ERROR\"}");
    }
}

/* -1 for none, else the fault of this call. A 409 is an answer of Order Management to a key
 * that it is working on: requests without a key never see one. */
static int fault_now(fake_klarna_t *fake, const sent_t *req)
{
    int fault = -1;

    if (fake->process->in_hook) {
        return -1;
    }
    fake->calls++;
    if (fake->reads_lost_from && fake->calls >= fake->reads_lost_from
        && strcmp(req->method, "GET") == 0 && strstr(req->path, "/orders/")) {
        return FAKE_LOST_BEFORE;
    }
    if (fake->dice && test_random_in(fake->dice, 1, 100) <= fake->percent) {
        fault = (int)test_random_in(fake->dice, 0, FAKE_KLARNA_FAULTS - 1);
    }
    if (fake->fail_at > 0
        && (fake->fail_at == fake->calls
            || (fake->fault == FAKE_409_TWICE && fake->fail_at == fake->calls - 1))) {
        fault = (int)fake->fault;
    }
    if ((fault == FAKE_409_BUSY || fault == FAKE_409_TWICE) && !req->idempotency_key[0]) {
        return FAKE_LOST_AFTER;
    }
    return fault;
}

static sent_t read_request(fake_klarna_t *fake, const kl_http_request_t *req)
{
    const char *key = apr_table_get(req->headers, "Klarna-Idempotency-Key");

    assert_non_null(req->method);
    assert_non_null(req->body);
    assert_non_null(req->password);
    assert_memory_equal(req->url, "https://", 8);
    fake->username = apr_pstrdup(fake->p, req->username);
    fake->last_deadline = req->deadline;
    return (sent_t){.method = req->method,
                    .path = req->url + 8 + strcspn(req->url + 8, "/"),
                    .body = req->body,
                    .idempotency_key = key ? key : ""};
}

static kl_http_response_t exchange(kl_http_t *self, apr_pool_t *p, const kl_http_request_t *req)
{
    fake_klarna_t *fake = self->impl;
    apr_time_t began = fake_clock_now();
    kl_http_response_t response;
    sent_t sent = read_request(fake, req);
    answer_t answer;
    int fault;

    fake_step_begins(fake->process);
    fake_klarna_catch_up(fake);
    fault = fault_now(fake, &sent);
    if (fault >= 0) {
        response = fails(fake, p, &sent, (fake_klarna_fault_t)fault);
    }
    else {
        answer = execute(fake, &sent);
        response = answered(p, &answer);
    }
    fake_step_ends(fake->process);
    response.took = fake_clock_now() - began;
    return response;
}

fake_klarna_t *fake_klarna_make(apr_pool_t *p, fake_process_t *process)
{
    fake_klarna_t *fake = apr_pcalloc(p, sizeof(*fake));

    fake->p = p;
    fake->process = process;
    fake->orders = apr_array_make(p, 4, sizeof(fake_order_t *));
    fake->movements = apr_array_make(p, 8, sizeof(fake_movement_t));
    fake->keys = apr_array_make(p, 8, sizeof(kept_key_t));
    fake->tokens = apr_array_make(p, 4, sizeof(token_t));
    fake->late = apr_array_make(p, 2, sizeof(late_t));
    fake->told = apr_array_make(p, 4, sizeof(kl_addresses_t));
    fake->fraud_status = "ACCEPTED";
    fake->http.exchange = exchange;
    fake->http.impl = fake;
    return fake;
}

void fake_klarna_arm(fake_klarna_t *fake, int n, fake_klarna_fault_t fault)
{
    fake->calls = fake->reads_lost_from = 0;
    fake->fail_at = n;
    fake->fault = fault;
}
