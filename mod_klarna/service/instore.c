/* SPDX-License-Identifier: Apache-2.0 */
/* See instore.h. */
#include "service/instore.h"

#include <apr_strings.h>
#include <string.h>

#include "api/hosted_page.h"
#include "api/payments.h"
#include "api/qr_session.h"
#include "core/contract.h"
#include "core/instore_state.h"
#include "core/order_check.h"
#include "core/payment.h"
#include "service/call.h"
#include "service/capture.h"
#include "service/change.h"
#include "service/credit_invoice.h"
#include "service/instore_look.h"
#include "service/invoice.h"
#include "service/reconcile.h"

kl_kind_t kl_instore_load(kl_service_t *svc, const char *id, kl_order_t **out, kl_error_t *err)
{
    kl_kind_t rv = kl_service_order(svc, id, out, err);

    return rv == KL_OK && !(*out)->instore ? kl_service_no_order(err) : rv;
}

kl_kind_t kl_instore_list(kl_service_t *svc, const kl_instore_query_t *query,
                          apr_array_header_t **out, kl_error_t *err)
{
    return svc->store->instore_list(svc->store, svc->p, query, out, err);
}

/* --- beginning: what is stored before Klarna is called ---------------------------------------- */

static kl_instore_t *make_shop(kl_service_t *svc, const kl_instore_ask_t *ask)
{
    const kl_department_t *department = ask->department;
    kl_instore_t *shop = kl_instore_make(svc->p);

    shop->way = department->way;
    shop->department = department->name;
    shop->till = ask->till;
    shop->terminal = ask->terminal;
    shop->cashier = ask->cashier;
    shop->invoice = ask->invoice.number;
    shop->phone = ask->phone;
    shop->email = ask->email;
    shop->places_only = department->places_only;
    shop->short_code = ask->short_code[0] != '\0';
    shop->time_out_at = department->time_out ? svc->now() + department->time_out : 0;
    return shop;
}

static kl_kind_t make_payment(kl_service_t *svc, const kl_instore_ask_t *ask, kl_order_t **out,
                              kl_error_t *err)
{
    kl_order_t *order = *out = kl_order_make(svc->p);
    const kl_account_t *account = kl_service_account(svc, ask->department->account);

    KL_CONTRACT(account && ask->client->key[0], err);
    kl_cart_to_order(ask->cart, order);
    order->addresses = ""; /* told once, now */
    order->stored = KL_STORED_PAYMENT;
    order->id = kl_id_from_digest(svc->p, ask->client->key);
    order->key = kl_id_secret(svc->p, svc->random);
    order->callback_secret = kl_id_secret(svc->p, svc->random);
    if (!order->id || !order->key || !order->callback_secret) {
        return kl_error_set(err, KL_INTERNAL, "no_randomness",
                            "The system provided no random bytes.");
    }
    order->account = account->name;
    order->environment = account->environment;
    order->channel = KL_CHANNEL_INSTORE;
    order->instore = make_shop(svc, ask);
    order->client_hash = ask->client->hash;
    order->created_at = order->updated_at = svc->now();
    kl_schedule_set(order, KL_LOOK_LEASED, order->created_at);
    return kl_order_check(order, err);
}

kl_kind_t kl_instore_begun(kl_service_t *svc, const kl_client_t *client, kl_order_t **out,
                           kl_error_t *err)
{
    kl_kind_t rv = kl_instore_load(svc, kl_id_from_digest(svc->p, client->key), out, err);

    if (rv == KL_OK && strcmp((*out)->client_hash, client->hash) != 0) {
        return kl_error_field(err, "idempotency_key_reused", "Idempotency-Key",
                              "a key that was used for another payment",
                              "a new key for each payment");
    }
    return rv;
}

/* --- beginning: Klarna -------------------------------------------------------------------------
 */

/* What Klarna's answers gave. */
typedef struct begun_t {
    const char *session_id;
    kl_hosted_page_t page;
    kl_qr_session_t qr;
    const kl_error_t *why; /* why it did not begin; NULL: it did */
    int maybe;             /* 1: the customer may see it nevertheless */
} begun_t;

static kl_kind_t begin_page(kl_service_t *svc, const kl_instore_ask_t *ask, kl_order_t *order,
                            begun_t *begun, kl_error_t *err)
{
    const kl_account_t *account = kl_service_account(svc, order->account);
    kl_klarna_request_t req = kl_hosted_page_session(svc->p, order, &ask->cart->told,
                                                     svc->callback_base);
    kl_klarna_response_t resp;
    kl_kind_t rv = kl_call_klarna(svc, order->account, &req, &resp, err);

    if (rv == KL_OK) {
        rv = kl_payments_session_id(&begun->session_id, svc->p, &resp, err);
    }
    kl_service_step(svc, "session_made");
    if (rv != KL_OK) {
        return rv;
    }
    order->session_id = begun->session_id;
    req = kl_hosted_page_create(svc->p, order, account->base_url, ask->department->profile_id,
                                svc->callback_base);
    rv = kl_call_klarna(svc, order->account, &req, &resp, err);
    kl_service_step(svc, "page_made");
    return rv == KL_OK ? kl_hosted_page_reply(&begun->page, svc->p, account->base_url, &resp, err)
                       : rv;
}

static kl_kind_t begin_qr(kl_service_t *svc, const kl_instore_ask_t *ask, kl_order_t *order,
                          begun_t *begun, kl_error_t *err)
{
    const kl_account_t *account = kl_service_account(svc, order->account);
    const kl_qr_start_t start = {ask->department, &ask->cart->told, ask->short_code,
                                 svc->callback_base};
    kl_klarna_request_t req = kl_qr_session_create(svc->p, order, &start);
    kl_klarna_response_t resp;
    kl_kind_t rv;

    if (!req.method) {
        return kl_error_field(err, "short_code", "short_code", NULL, "2 to 20 digits");
    }
    rv = kl_call_klarna(svc, order->account, &req, &resp, err);
    kl_service_step(svc, "session_made");
    if (rv == KL_OK) {
        rv = kl_qr_session_reply(&begun->qr, svc->p, account->base_url, &resp, err);
    }
    begun->maybe = ask->short_code[0] && (rv == KL_UNKNOWN || rv == KL_PROTOCOL);
    begun->session_id = rv == KL_OK ? begun->qr.id : "";
    return rv;
}

static void take_page(kl_instore_t *shop, const kl_hosted_page_t *page)
{
    shop->page_id = page->id;
    shop->link = page->link;
    shop->result_path = page->result_path;
    shop->send_path = page->send_path;
    shop->id_check_url = page->id_check_url;
    shop->link_until = page->link_until;
}

static void did_not_begin(kl_order_t *order, const kl_error_t *why)
{
    kl_instore_t *shop = order->instore;

    shop->reason_code = why->kind == KL_REFUSED ? "klarna_refused" : "not_started";
    shop->reason = why->detail;
    kl_instore_end(order, KL_INSTORE_FAILED, "klarna");
}

static kl_kind_t take_start(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    const begun_t *begun = change->baton;
    kl_instore_t *shop = order->instore;

    (void)p, (void)err;
    /* a look that was tired of waiting has taken the answer for lost */
    change->nothing = shop->start == KL_START_MADE || kl_instore_is_final(shop->state);
    if (change->nothing) {
        return KL_OK;
    }
    if (begun->why && !begun->maybe) {
        did_not_begin(order, begun->why);
        change->look = KL_LOOK_NEVER;
        return KL_OK;
    }
    shop->start = begun->why ? KL_START_UNKNOWN : KL_START_MADE;
    order->session_id = begun->session_id;
    if (shop->way == KL_WAY_HOSTED_PAGE) {
        take_page(shop, &begun->page);
    }
    shop->result_path = shop->way == KL_WAY_QR && !begun->why ? begun->qr.result_path
                                                              : shop->result_path;
    if (!shop->link_until) {
        shop->link_until = change->now + kl_instore_state_life(shop->way);
    }
    return KL_OK;
}

/* The order as it was stored; what Klarna answered is stored with it, whoever changed it since. */
static kl_kind_t call(kl_service_t *svc, const kl_instore_ask_t *ask, kl_order_t **order,
                      kl_error_t *err)
{
    begun_t begun = {.session_id = ""};
    kl_change_t change = {.make = take_start,
                          .baton = &begun,
                          .look = KL_LOOK_CHANGED,
                          .step = "instore_begun"};
    kl_error_t *why = kl_error_make(svc->p), *stored = kl_error_make(svc->p);
    kl_order_t asked = **order;
    const char *note;
    kl_kind_t rv = asked.instore->way == KL_WAY_HOSTED_PAGE
                       ? begin_page(svc, ask, &asked, &begun, why)
                       : begin_qr(svc, ask, &asked, &begun, why);

    begun.why = rv == KL_OK ? NULL : why;
    if (kl_change_order(svc, &change, asked.id, order, stored) != KL_OK) {
        *err = *stored;
        return err->kind;
    }
    if (begun.why && !begun.maybe) {
        kl_error_next(why, "Begin a new payment with a new Idempotency-Key.");
        *err = *why;
        return err->kind;
    }
    if (!begun.why && asked.instore->way == KL_WAY_QR) { /* its link stands in its result */
        (void)kl_instore_look(svc, order, &note, kl_error_make(svc->p));
    }
    return *order ? KL_OK : kl_instore_load(svc, asked.id, order, err);
}

/* --- beginning --------------------------------------------------------------------------- */

static kl_invoice_ask_t invoice_ask(const kl_instore_ask_t *ask, const kl_order_t *order)
{
    return (kl_invoice_ask_t){.department = ask->department,
                              .currency = order->currency,
                              .told = ask->invoice,
                              .payment_id = order->id,
                              .amount = order->order_amount};
}

/* Whether the invoice has room for it in the other's place: nothing ends for one that may not
 * begin. */
static kl_kind_t fits_in_place(kl_service_t *svc, const kl_instore_ask_t *ask,
                               const kl_order_t *order, kl_error_t *err)
{
    kl_invoice_ask_t of = invoice_ask(ask, order);
    kl_invoice_t *invoice = NULL;

    of.payment_id = ask->replaces;
    return ask->invoice.number[0] ? kl_invoice_begin(svc, &of, &invoice, err) : KL_OK;
}

/* The one that waits ends first; one that the customer has opened, or has paid, is not replaced. */
static kl_kind_t end_replaced(kl_service_t *svc, const kl_instore_ask_t *ask,
                              const kl_order_t *order, kl_error_t *err)
{
    const char *id = ask->replaces;
    kl_order_t *old = NULL;
    kl_kind_t rv = kl_instore_load(svc, id, &old, err);

    if (rv == KL_OK) {
        rv = fits_in_place(svc, ask, order, err);
    }
    if (rv == KL_OK && old->instore->state == KL_INSTORE_IN_PROGRESS) {
        kl_error_set(err, KL_CONFLICT, "frozen",
                     "The customer has opened that payment: its amount stays.");
        kl_error_next(err, "Abort it, if it is not to be paid.");
        return err->kind;
    }
    if (rv == KL_OK) {
        rv = kl_instore_abort(svc, id, "cashier", &old, err);
    }
    if (rv == KL_OK && old->instore->state == KL_INSTORE_COMPLETED) {
        rv = kl_error_set(err, KL_CONFLICT, "paid", "The customer has just paid that payment.");
    }
    if (rv == KL_OK && !kl_instore_is_final(old->instore->state)) {
        rv = kl_error_set(err, KL_UNAVAILABLE, "not_ended", "That payment could not be ended yet.");
        kl_error_next(err, "Try again in a moment.");
    }
    return rv;
}

/* Its row stands, but it may not be paid. */
static void end_unbegun(kl_service_t *svc, kl_order_t **order, const kl_error_t *why)
{
    begun_t begun = {.session_id = "", .why = why};
    kl_change_t change = {.make = take_start, .baton = &begun, .step = "instore_begun"};

    (void)kl_change_order(svc, &change, (*order)->id, order, kl_error_make(svc->p));
}

/* Stores the payment, and what the host told of its invoice. */
static kl_kind_t store(kl_service_t *svc, const kl_instore_ask_t *ask, kl_order_t **order,
                       kl_error_t *err)
{
    const kl_invoice_ask_t of = invoice_ask(ask, *order);
    kl_invoice_t *invoice = NULL;
    kl_kind_t rv = ask->invoice.number[0] ? kl_invoice_begin(svc, &of, &invoice, err) : KL_OK;

    if (rv != KL_OK) {
        return rv;
    }
    rv = svc->store->payment_insert(svc->store, svc->p, *order, err);
    kl_service_step(svc, "payment_stored");
    if (rv == KL_OK && invoice) {
        rv = kl_invoice_join(svc, &of, invoice, err);
        kl_service_step(svc, "invoice_joined");
        if (rv != KL_OK) {
            end_unbegun(svc, order, err);
        }
    }
    return rv;
}

/* *out becomes NULL when this client key has begun nothing. */
static kl_kind_t find_before(kl_service_t *svc, const kl_instore_ask_t *ask, kl_order_t **out,
                             kl_error_t *err)
{
    kl_kind_t rv = kl_instore_begun(svc, ask->client, out, err);

    if (rv == KL_NOT_FOUND) {
        kl_error_clear(err);
        *out = NULL;
        rv = KL_OK;
    }
    return rv;
}

kl_kind_t kl_instore_begin(kl_service_t *svc, const kl_instore_ask_t *ask, kl_order_t **out,
                           kl_error_t *err)
{
    kl_order_t *order = NULL;
    kl_kind_t rv = make_payment(svc, ask, &order, err);

    if (rv == KL_OK) {
        rv = find_before(svc, ask, out, err);
    }
    if (rv != KL_OK || *out) {
        return rv;
    }
    if (ask->replaces[0]) {
        rv = end_replaced(svc, ask, order, err);
    }
    *out = order;
    if (rv == KL_OK) {
        rv = store(svc, ask, out, err);
    }
    if (rv == KL_TAKEN) {
        kl_error_clear(err);
        return kl_instore_begun(svc, ask->client, out, err);
    }
    return rv == KL_OK ? call(svc, ask, out, err) : rv;
}

/* --- ending ---------------------------------------------------------------------------------- */

static kl_kind_t want_end(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    (void)p;
    change->nothing = kl_instore_is_final(order->instore->state) || order->instore->abort_by[0];
    if (order->instore->state == KL_INSTORE_COMPLETED) {
        kl_error_set(err, KL_CONFLICT, "paid", "It is paid.");
        kl_error_next(err, "To give the money back, ask for that: ?refund=1.");
        return err->kind;
    }
    if (!change->nothing) {
        order->instore->abort_by = change->baton;
    }
    return KL_OK;
}

kl_kind_t kl_instore_abort(kl_service_t *svc, const char *id, const char *by, kl_order_t **out,
                           kl_error_t *err)
{
    kl_change_t change = {.make = want_end,
                          .baton = (void *)by,
                          .look = KL_LOOK_NOW,
                          .step = "instore_aborted"};
    const char *note;
    kl_kind_t rv = kl_instore_load(svc, id, out, err);

    if (rv == KL_OK) {
        rv = kl_change_order(svc, &change, id, out, err);
    }
    if (rv == KL_OK && !kl_instore_is_final((*out)->instore->state)) {
        (void)kl_instore_look(svc, out, &note, kl_error_make(svc->p));
    }
    return rv == KL_OK && !*out ? kl_instore_load(svc, id, out, err) : rv;
}

static kl_kind_t not_paid(const kl_order_t *order, kl_error_t *err)
{
    if (order->instore->state != KL_INSTORE_COMPLETED) {
        kl_error_set(err, KL_CONFLICT, "not_paid", "It is %s, not paid.",
                     kl_instore_state_name(order->instore->state));
    }
    return err->kind;
}

/* From here on it cannot be verified. */
static kl_kind_t want_back(kl_change_t *change, kl_order_t *order, apr_pool_t *p, kl_error_t *err)
{
    kl_instore_t *shop = order->instore;

    (void)p;
    if (not_paid(order, err) != KL_OK) {
        return err->kind;
    }
    if (shop->verified_by[0]) {
        kl_error_set(err, KL_CONFLICT, "verified", "It is verified.");
        kl_error_next(err, "Refund it.");
        return err->kind;
    }
    change->nothing = shop->abort_by[0] != '\0';
    shop->abort_by = "cashier";
    return KL_OK;
}

static kl_kind_t want_back_no_more(kl_change_t *change, kl_order_t *order, apr_pool_t *p,
                                   kl_error_t *err)
{
    (void)change, (void)p, (void)err;
    order->instore->abort_by = "";
    return KL_OK;
}

/* A no is told, and leaves it paid: it can be asked again, or verified. */
static kl_kind_t credit(kl_service_t *svc, const char *id, const kl_client_t *client,
                        kl_error_t *err)
{
    kl_change_t undo = {.make = want_back_no_more, .look = KL_LOOK_CHANGED};
    kl_credit_request_t want = {.what = {.everything = 1},
                                .reference = "",
                                .comment = "Aborted at the till",
                                .name = ""};
    kl_ask_t ask = {.order_id = id, .client = client, .credit = &want};
    kl_acted_t acted;
    kl_kind_t rv = kl_act(svc, &kl_credit_invoice_action, &ask, &acted, err);

    if (rv != KL_OK || acted.last->state != KL_OP_REFUSED) {
        return rv;
    }
    (void)kl_change_order(svc, &undo, id, &acted.order, kl_error_make(svc->p));
    kl_error_set(err, KL_REFUSED, "klarna_refused", "Klarna would not give the money back.");
    err->klarna_code = acted.last->error_code;
    return err->kind;
}

kl_kind_t kl_instore_give_back(kl_service_t *svc, const char *id, const kl_client_t *client,
                               kl_order_t **out, kl_error_t *err)
{
    kl_change_t change = {.make = want_back, .look = KL_LOOK_LEASED, .step = "instore_wanted_back"};
    kl_kind_t rv = kl_instore_load(svc, id, out, err);

    if (rv == KL_OK) {
        rv = kl_change_order(svc, &change, id, out, err);
    }
    if (rv == KL_OK && kl_order_credit_limit(*out) > 0) {
        rv = credit(svc, id, client, err);
    }
    return rv == KL_OK ? kl_instore_load(svc, id, out, err) : rv;
}

/* --- verifying ----------------------------------------------------------------------------- */

/* Ended at Klarna, or given back there, by somebody else. */
static kl_kind_t nothing_left(kl_error_t *err)
{
    return kl_error_set(err, KL_CONFLICT, "nothing_left",
                        "Klarna holds no money of this payment any more. It cannot be verified.");
}

/* Kept before it is captured: what is being verified is not given back. */
static kl_kind_t want_verified(kl_change_t *change, kl_order_t *order, apr_pool_t *p,
                               kl_error_t *err)
{
    kl_instore_t *shop = order->instore;

    (void)p;
    if (not_paid(order, err) != KL_OK) {
        return err->kind;
    }
    if (shop->abort_by[0]) {
        return kl_error_set(err, KL_CONFLICT, "given_back", "The money goes back.");
    }
    change->nothing = shop->verified_by[0] != '\0';
    if (!change->nothing && kl_order_credit_limit(order) == 0) {
        return nothing_left(err);
    }
    shop->verified_by = change->nothing ? shop->verified_by : change->baton;
    return KL_OK;
}

static kl_kind_t set_verified(kl_change_t *change, kl_order_t *order, apr_pool_t *p,
                              kl_error_t *err)
{
    (void)p;
    change->nothing = order->instore->verified_at != 0;
    if (!change->nothing && order->captured_amount == 0) {
        return nothing_left(err);
    }
    order->instore->verified_at = change->nothing ? order->instore->verified_at : change->now;
    return KL_OK;
}

static kl_kind_t unset_verified(kl_change_t *change, kl_order_t *order, apr_pool_t *p,
                                kl_error_t *err)
{
    (void)p, (void)err;
    change->nothing = order->instore->verified_at != 0;
    order->instore->verified_by = change->nothing ? order->instore->verified_by : "";
    return KL_OK;
}

/* It can be given back again. */
static void want_verified_no_more(kl_service_t *svc, const char *id)
{
    kl_change_t undo = {.make = unset_verified, .look = KL_LOOK_CHANGED};
    kl_order_t *order = NULL;

    (void)kl_change_order(svc, &undo, id, &order, kl_error_make(svc->p));
}

/* *done becomes 1 when nothing is left to be captured. */
static kl_kind_t capture(kl_service_t *svc, kl_order_t **order, int *done, kl_error_t *err)
{
    kl_acted_t acted;
    kl_kind_t rv = kl_capture_everything(svc, (*order)->id, &acted, err);

    *done = rv == KL_OK && acted.last->state == KL_OP_CONFIRMED;
    if (rv != KL_OK) {
        return rv;
    }
    *order = acted.order;
    if (acted.last->state == KL_OP_REFUSED) {
        rv = kl_error_set(err, KL_REFUSED, "klarna_refused", "Klarna would not have it captured.");
        err->klarna_code = acted.last->error_code;
    }
    return rv;
}

/* A no for good; one that was asked at the wrong moment says when to come again. */
static int is_no(kl_kind_t rv, const kl_error_t *err)
{
    return rv == KL_REFUSED || (rv == KL_CONFLICT && !err->retry_after);
}

kl_kind_t kl_instore_verify(kl_service_t *svc, const char *id, kl_order_t **out, kl_error_t *err)
{
    kl_change_t want = {.make = want_verified,
                        .baton = (void *)svc->actor,
                        .look = KL_LOOK_LEASED,
                        .step = "instore_wanted_verified"};
    kl_change_t set = {.make = set_verified, .look = KL_LOOK_CHANGED, .step = "instore_verified"};
    int done = 1;
    kl_kind_t rv = kl_instore_load(svc, id, out, err);

    if (rv == KL_OK) {
        rv = kl_change_order(svc, &want, id, out, err);
    }
    if (rv != KL_OK) {
        return rv;
    }
    if (!(*out)->instore->verified_at && kl_order_open_amount(*out) > 0) {
        rv = capture(svc, out, &done, err);
    }
    if (rv == KL_OK && done) {
        rv = kl_change_order(svc, &set, id, out, err);
    }
    if (is_no(rv, err)) {
        want_verified_no_more(svc, id);
    }
    return rv;
}

void kl_instore_go_on(kl_service_t *svc, const kl_order_t *order)
{
    const kl_instore_t *shop = order->instore;
    kl_error_t *err = kl_error_make(svc->p);
    kl_order_t *seen = NULL;

    if (shop->abort_by[0]) {
        if (kl_order_credit_limit(order) > 0) {
            (void)kl_instore_give_back(svc, order->id, NULL, &seen, err);
        }
    }
    else if (shop->verified_by[0] && !shop->verified_at) {
        (void)kl_instore_verify(svc, order->id, &seen, err);
    }
    else {
        kl_instore_look_capture(svc, order);
    }
}
