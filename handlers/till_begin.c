/* SPDX-License-Identifier: Apache-2.0 */
/* See till_begin.h. */
#include "handlers/till_begin.h"

#include <apr_strings.h>
#include <string.h>

#include "core/email.h"
#include "core/money.h"
#include "core/phone.h"
#include "core/reader.h"
#include "handlers/answer.h"
#include "handlers/finalize.h"
#include "handlers/till_answer.h"
#include "service/instore.h"
#include "service/instore_send.h"

/* A text of the body, "" when it is not there. */
static const char *text(const kl_reader_t *rd, const char *key, int required)
{
    const char *s = kl_reader_str(rd, key, required, 1, KL_MAX_STRING);

    return s ? s : "";
}

/* One line over everything: the host's invoice has the details. */
static kl_json_t *one_line(apr_pool_t *p, const char *name, apr_int64_t amount, apr_int64_t rate)
{
    kl_json_t *line = kl_json_object(p), *lines = kl_json_array(p);

    kl_json_set_str(line, "type", "physical");
    kl_json_set_str(line, "name", name);
    kl_json_set_int(line, "quantity", 1);
    kl_json_set_int(line, "unit_price", amount);
    kl_json_set_int(line, "tax_rate", rate);
    kl_json_set_int(line, "total_amount", amount);
    kl_json_set_int(line, "total_tax_amount", kl_money_tax_within(amount, rate));
    kl_json_append(lines, line);
    return lines;
}

/* What is told of a customer as it is. */
static const char *const told_members[] = {"given_name",  "family_name", "street_address",
                                           "postal_code", "city",        "country",
                                           NULL};

/* What Klarna fills in for the customer, in its own words. */
static kl_json_t *billing_address(kl_request_t *req, const kl_instore_ask_t *ask,
                                  const kl_json_t *customer)
{
    kl_json_t *v = kl_json_object(req->r->pool);

    for (int i = 0; told_members[i]; i++) {
        kl_json_set_str(v, told_members[i], kl_json_str(customer, told_members[i]));
    }
    kl_json_set_str(v, "email", ask->email[0] ? ask->email : NULL);
    kl_json_set_str(v, "phone", ask->phone[0] ? ask->phone : NULL);
    return kl_json_size(v) ? v : NULL;
}

/* Where, and for what. */
typedef struct sale_t {
    apr_int64_t amount, tax_rate;
    const char *country, *currency, *locale, *reference;
    const kl_json_t *customer;
    const kl_json_t *lines;
} sale_t;

static kl_json_t *cart_of(kl_request_t *req, const kl_instore_ask_t *ask, const sale_t *sale)
{
    apr_pool_t *p = req->r->pool;
    kl_json_t *v = kl_json_object(p);
    kl_json_t *lines = sale->lines ? (kl_json_t *)sale->lines
                                   : one_line(p, sale->reference, sale->amount, sale->tax_rate);
    apr_int64_t tax = 0;

    for (apr_size_t i = 0; i < kl_json_size(lines); i++) {
        tax += kl_json_int(kl_json_at(lines, i), "total_tax_amount", 0);
    }
    kl_json_set_str(v, "purchase_country", sale->country);
    kl_json_set_str(v, "purchase_currency", sale->currency);
    kl_json_set_str(v, "locale", sale->locale[0] ? sale->locale : NULL);
    kl_json_set_int(v, "order_amount", sale->amount);
    kl_json_set_int(v, "order_tax_amount", tax);
    kl_json_set(v, "order_lines", lines);
    kl_json_set_str(v, "merchant_reference1", sale->reference);
    kl_json_set_str(v, "merchant_reference2",
                    apr_pstrcat(p, ask->department->store, " - ", ask->till, NULL));
    kl_json_set(v, "billing_address", billing_address(req, ask, sale->customer));
    return v;
}

static void read_customer(kl_request_t *req, const kl_reader_t *rd, const sale_t *sale,
                          kl_instore_ask_t *ask)
{
    kl_reader_t customer = kl_reader_object(rd, "customer", KL_OPTIONAL);
    const char *phone = text(&customer, "phone", KL_OPTIONAL);
    kl_phone_t parsed;

    ask->phone = ask->email = "";
    if (!sale->customer) {
        return;
    }
    kl_reader_only(&customer, "phone", "email", "given_name", "family_name", "street_address",
                   "postal_code", "city", "country", NULL);
    for (int i = 0; told_members[i]; i++) {
        (void)text(&customer, told_members[i], KL_OPTIONAL);
    }
    ask->email = text(&customer, "email", KL_OPTIONAL);
    if (ask->email[0]) {
        (void)kl_email_check(ask->email, "customer.email", req->err);
    }
    if (phone[0]
        && kl_phone_parse(&parsed, phone, sale->country, "customer.phone", req->err) == KL_OK) {
        ask->phone = apr_pstrdup(req->r->pool, parsed.e164);
    }
}

/* Country and currency: those that are named, or the only one that fits. */
static kl_kind_t read_market(kl_request_t *req, const kl_reader_t *rd, const kl_instore_ask_t *ask,
                             sale_t *sale)
{
    const char *country = text(rd, "country", KL_OPTIONAL);
    const char *currency = text(rd, "currency", KL_OPTIONAL);
    const kl_market_t *market = NULL;

    if (req->err->kind == KL_OK && !ask->department->on) {
        kl_error_set(req->err, KL_CONFLICT, "off", "This department takes no payments by Klarna.");
    }
    if (req->err->kind == KL_OK
        && kl_department_market(ask->department, country, currency, &market, req->err) == KL_OK) {
        sale->country = market->country;
        sale->currency = market->currency;
    }
    return req->err->kind;
}

/* Klarna is told it behind the store's name: "store - till". */
static const char *read_till(const kl_reader_t *rd, const kl_department_t *department)
{
    const char *till = kl_reader_str(rd, "till", KL_REQUIRED, 1,
                                     KL_MAX_STRING - strlen(department->store) - strlen(" - "));

    return till ? till : "";
}

static kl_kind_t read_sale(kl_request_t *req, const kl_reader_t *rd, kl_instore_ask_t *ask,
                           sale_t *sale)
{
    kl_invoice_read_told(&ask->invoice, rd);
    ask->replaces = text(rd, "replaces", KL_OPTIONAL);
    ask->till = read_till(rd, ask->department);
    ask->terminal = text(rd, "terminal", KL_OPTIONAL);
    ask->cashier = text(rd, "cashier", KL_OPTIONAL);
    ask->cashier = ask->cashier[0] ? ask->cashier : req->svc.actor;
    ask->short_code = text(rd, "short_code", KL_OPTIONAL);
    sale->amount = kl_reader_int(rd, "amount", KL_REQUIRED, 0, 1, KL_MAX_AMOUNT);
    sale->tax_rate = kl_reader_int(rd, "tax_rate", KL_OPTIONAL, 0, 0, KL_MAX_TAX_RATE);
    sale->locale = text(rd, "locale", KL_OPTIONAL);
    sale->reference = text(rd, "reference", KL_OPTIONAL);
    sale->reference = sale->reference[0] ? sale->reference : ask->invoice.number;
    sale->lines = kl_reader_array(rd, "lines", KL_OPTIONAL, 1, KL_MAX_LINES);
    sale->customer = kl_json_get(req->body, "customer");
    if (!sale->reference[0]) {
        kl_error_field(req->err, "missing", "reference", NULL,
                       "the till's receipt number, or an invoice");
    }
    if (ask->short_code[0] && ask->department->way != KL_WAY_QR) {
        kl_error_field(req->err, "short_code", "short_code", "a code",
                       "none: this department's payments have a link");
    }
    if (read_market(req, rd, ask, sale) == KL_OK) {
        read_customer(req, rd, sale, ask);
    }
    return req->err->kind;
}

/* method: "sms" or "email". A department that is configured no more sends nothing. */
static kl_kind_t check_method(kl_request_t *req, const kl_department_t *department,
                              const char *field, const char *method)
{
    int sends = department
                && (strcmp(method, "sms") == 0 ? department->sends_sms : department->sends_email);

    return sends ? KL_OK
                 : kl_error_field(req->err, "not_sent_here", field, method,
                                  "what this department sends (KlarnaInStoreSend)");
}

/* How it reaches the customer first: "qr", "sms" or "email"; NULL with an error. */
static const char *read_send(kl_request_t *req, const kl_reader_t *rd, const kl_instore_ask_t *ask)
{
    const char *send = text(rd, "send", KL_OPTIONAL);
    int sms = strcmp(send, "sms") == 0, email = strcmp(send, "email") == 0;

    if (!send[0] || strcmp(send, "qr") == 0) {
        return "qr";
    }
    if (!sms && !email) {
        kl_error_field(req->err, "unknown_value", "send", send, "qr, sms or email");
    }
    else if ((sms && !ask->phone[0]) || (email && !ask->email[0])) {
        kl_error_field(req->err, "missing", sms ? "customer.phone" : "customer.email", NULL,
                       "where it is to be sent");
    }
    else {
        (void)check_method(req, ask->department, "send", send);
    }
    return req->err->kind == KL_OK ? send : NULL;
}

/* Sends it once for each request, whoever repeats that. */
static kl_kind_t send_to(kl_request_t *req, const char *id, const char *country,
                         const kl_send_request_t *want, kl_order_t **order)
{
    kl_send_request_t send = *want;
    kl_ask_t ask = {.order_id = id, .client = &req->client, .send = &send};
    kl_acted_t acted;
    kl_phone_t phone;
    kl_kind_t rv;

    if (strcmp(send.method, "sms") == 0) {
        if (kl_phone_parse(&phone, send.to, country, "phone", req->err) != KL_OK) {
            return req->err->kind;
        }
        send.to = apr_pstrdup(req->r->pool, phone.e164);
        send.phone = apr_pstrdup(req->r->pool, phone.national);
        send.country = phone.country;
    }
    rv = kl_act(&req->svc, &kl_instore_send_action, &ask, &acted, req->err);
    return rv == KL_OK ? kl_instore_load(&req->svc, id, order, req->err) : rv;
}

static kl_kind_t read_department(kl_request_t *req, const kl_reader_t *rd, kl_instore_ask_t *ask)
{
    const char *name = kl_reader_str(rd, "department", KL_OPTIONAL, 1, KL_MAX_STRING);

    if (req->err->kind == KL_OK) {
        (void)kl_service_department(&req->svc, name, &ask->department, req->err);
    }
    return req->err->kind;
}

static kl_kind_t make_cart(kl_request_t *req, const kl_instore_ask_t *ask, const sale_t *sale,
                           kl_cart_t *cart)
{
    const kl_account_t *account = kl_service_account(&req->svc, ask->department->account);

    return kl_cart_parse(cart, req->r->pool, cart_of(req, ask, sale), account->region, req->err);
}

/* The host finalises the invoice first, unless this request began its payment before. The payment
 * has the number that the invoice has then. */
static kl_kind_t finalize(kl_request_t *req, kl_instore_ask_t *ask, sale_t *sale, kl_cart_t *cart)
{
    int named = strcmp(sale->reference, ask->invoice.number) != 0;
    kl_order_t *begun = NULL;
    kl_kind_t rv = kl_instore_begun(&req->svc, &req->client, &begun, req->err);

    if (rv != KL_NOT_FOUND) {
        return rv;
    }
    kl_error_clear(req->err);
    if (kl_finalize_invoice(req, ask->department, &ask->invoice) != KL_OK) {
        return req->err->kind;
    }
    sale->reference = named ? sale->reference : ask->invoice.number;
    return make_cart(req, ask, sale, cart);
}

/* One that was begun before by this request may have ended, or is being begun at this moment. */
static int is_unsent(const kl_instore_t *shop)
{
    return shop->sent == KL_SEND_NONE && shop->start == KL_START_MADE && !shop->abort_by[0]
           && !kl_instore_is_final(shop->state);
}

int kl_till_begin(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    kl_instore_ask_t ask = {.client = &req->client};
    kl_order_t *order = NULL;
    kl_send_request_t want = {.method = "qr"};
    kl_cart_t cart;
    sale_t sale = {.country = "", .currency = ""};

    kl_reader_only(&rd, "department", "till", "terminal", "cashier", "amount", "currency",
                   "country", "locale", "tax_rate", "lines", "reference", "invoice", "customer",
                   "send", "short_code", "finalize", "replaces", NULL);
    if (read_department(req, &rd, &ask) != KL_OK || read_sale(req, &rd, &ask, &sale) != KL_OK) {
        return kl_answer_error(req);
    }
    want.method = read_send(req, &rd, &ask);
    if (!want.method || make_cart(req, &ask, &sale, &cart) != KL_OK
        || (kl_reader_bool(&rd, "finalize", 0) && finalize(req, &ask, &sale, &cart) != KL_OK)
        || req->err->kind != KL_OK) {
        return kl_answer_error(req);
    }
    ask.cart = &cart;
    if (kl_instore_begin(&req->svc, &ask, &order, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    want.to = strcmp(want.method, "sms") == 0 ? ask.phone : ask.email;
    if (strcmp(want.method, "qr") != 0 && is_unsent(order->instore)
        && send_to(req, order->id, sale.country, &want, &order) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_till_answer(req,
                          order->instore->start == KL_START_UNKNOWN ? HTTP_ACCEPTED : HTTP_CREATED,
                          order);
}

/* Where it goes: as the till says, else as it is on file. */
static kl_kind_t read_target(kl_request_t *req, const kl_order_t *order, const char *named,
                             kl_send_request_t *want)
{
    int sms = strcmp(want->method, "sms") == 0;
    const char *on_file = sms ? order->instore->phone : order->instore->email;

    want->to = named[0] ? named : on_file;
    if (!want->to[0]) {
        kl_error_field(req->err, "missing", sms ? "phone" : "email", NULL,
                       "where it is to be sent");
    }
    else if (!sms) {
        (void)kl_email_check(want->to, "email", req->err);
    }
    return req->err->kind;
}

int kl_till_send(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    kl_send_request_t want = {.method = text(&rd, "method", KL_REQUIRED)};
    const char *phone = text(&rd, "phone", KL_OPTIONAL), *email = text(&rd, "email", KL_OPTIONAL);
    int sms = strcmp(want.method, "sms") == 0, show = strcmp(want.method, "qr") == 0;
    kl_order_t *order = NULL;
    kl_kind_t rv;

    kl_reader_only(&rd, "method", "phone", "email", NULL);
    if (req->err->kind == KL_OK && !sms && !show && strcmp(want.method, "email") != 0) {
        kl_error_field(req->err, "unknown_value", "method", want.method, "qr, sms or email");
    }
    if (req->err->kind != KL_OK
        || kl_instore_load(&req->svc, req->segment[1], &order, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    if (show) {
        rv = kl_instore_send_show(&req->svc, order->id, &order, req->err);
    }
    else {
        rv = check_method(req, kl_till_answer_department(req, order), "method", want.method);
        rv = rv == KL_OK ? read_target(req, order, sms ? phone : email, &want) : rv;
        rv = rv == KL_OK ? send_to(req, order->id, order->country, &want, &order) : rv;
    }
    if (rv != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_till_answer(req, order->instore->sent == KL_SEND_UNKNOWN ? HTTP_ACCEPTED : HTTP_OK,
                          order);
}
