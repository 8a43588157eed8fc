/* SPDX-License-Identifier: Apache-2.0 */
/* See service_fixture.h. */
#include "service_fixture.h"

#include <apr_strings.h>
#include "service/look.h"
#include "service/round.h"

#define BIRTH apr_time_from_sec(1790000000)

world_t *world_make(apr_pool_t *p)
{
    world_t *world = apr_pcalloc(p, sizeof(*world));

    world->p = p;
    world->store = fake_store_make(p, &world->process);
    world->klarna = fake_klarna_make(p, &world->process);
    world->account = (kl_account_t){.name = "shop",
                                    .base_url = "https://klarna.example",
                                    .username = "u",
                                    .password = "p",
                                    .environment = "playground",
                                    .region = KL_REGION_EU};
    fake_clock_set(BIRTH);
    fake_random_seed(1);
    return world;
}

kl_service_t *world_service(world_t *world, apr_pool_t *p)
{
    kl_service_t *svc = apr_pcalloc(p, sizeof(*svc));

    *svc = (kl_service_t){.p = p,
                          .retention = apr_time_from_sec(KL_RETENTION_DEFAULT_D * 86400),
                          .store = &world->store->store,
                          .http = &world->klarna->http,
                          .account = &world->account,
                          .actor = "clerk",
                          .callback_base = "",
                          .timeout = apr_time_from_sec(10),
                          .now = fake_clock_now,
                          .sleep = fake_clock_sleep,
                          .random = fake_random};
    return svc;
}

kl_client_t world_client(const char *key)
{
    return (kl_client_t){key, key[0] ? "hash of the request" : ""};
}

kl_client_t world_starter(apr_pool_t *p, const char *key)
{
    char *digest = apr_pstrdup(p,
                               "0000000000000000000000000000000000000000000000000000000000000000");

    for (int i = 0; key[i] && i < 32; i++) {
        memcpy(digest + 2 * i, apr_psprintf(p, "%02x", (unsigned char)key[i]), 2);
    }
    return world_client(key[0] ? digest : "");
}

kl_cart_t *world_cart(apr_pool_t *p)
{
    static const char text[] =
        "{\"purchase_country\":\"SE\",\"purchase_currency\":\"SEK\",\"locale\":\"sv-SE\","
        "\"order_amount\":10500,\"order_tax_amount\":2100,\"merchant_reference1\":\"shop-1\","
        "\"billing_address\":{\"given_name\":\"Ada\",\"postal_code\":\"111 22\"},"
        "\"customer\":{\"date_of_birth\":\"1971-03-29\"},"
        "\"order_lines\":["
        "{\"type\":\"physical\",\"reference\":\"cup\",\"name\":\"Cup\",\"quantity\":2,"
        "\"unit_price\":5000,\"tax_rate\":2500,\"total_amount\":10000,\"total_tax_amount\":2000},"
        "{\"type\":\"shipping_fee\",\"reference\":\"freight\",\"name\":\"Freight\",\"quantity\":1,"
        "\"unit_price\":900,\"tax_rate\":2500,\"total_amount\":900,\"total_tax_amount\":180},"
        "{\"type\":\"discount\",\"reference\":\"voucher\",\"name\":\"Voucher\",\"quantity\":1,"
        "\"unit_price\":-400,\"tax_rate\":2500,\"total_amount\":-400,\"total_tax_amount\":-80}]}";
    kl_error_t *err = kl_error_make(p);
    kl_json_t *v = kl_json_parse(p, text, strlen(text), err);
    kl_cart_t *cart = apr_pcalloc(p, sizeof(*cart));

    assert_non_null(v);
    if (kl_cart_parse(cart, p, v, KL_REGION_EU, err) != KL_OK) {
        fail_msg("the cart: %s", err->detail);
    }
    return cart;
}

/* --- actions ------------------------------------------------------------------------- */

/* The flow that production runs. */
static kl_kind_t act(kl_service_t *svc, const kl_action_t *action, const kl_ask_t *ask,
                     kl_operation_t **out, kl_error_t *err)
{
    kl_acted_t acted;
    kl_kind_t rv = kl_act(svc, action, ask, &acted, err);

    if (rv == KL_OK) {
        assert_non_null(acted.first);
        assert_string_equal(acted.order->id, ask->order_id);
    }
    *out = acted.last;
    return rv;
}

kl_kind_t act_place(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                    kl_operation_t **out, kl_error_t *err)
{
    kl_order_t *order = fake_store_order(svc->store->impl, order_id);
    const fake_klarna_t *klarna = svc->http->impl;
    kl_place_request_t want = {.authorization_token = TOKEN,
                               .key = order ? order->key : "",
                               .told = klarna->browser};
    kl_ask_t ask = {.order_id = order_id, .client = client, .place = &want};
    kl_acted_t acted = {NULL, NULL, NULL};
    kl_kind_t rv = kl_act(svc, &kl_placement_action, &ask, &acted, err);

    *out = acted.last;
    return rv;
}

/* At its full price: shares are the plan's business. */
static apr_array_header_t *one_cup(apr_pool_t *p)
{
    apr_array_header_t *picks = apr_array_make(p, 2, sizeof(kl_pick_t));

    APR_ARRAY_PUSH(picks, kl_pick_t) = (kl_pick_t){.reference = "cup", .quantity = 1};
    APR_ARRAY_PUSH(picks, kl_pick_t) = (kl_pick_t){.reference = "voucher", .has_amount = 1};
    return picks;
}

static kl_kind_t capture(kl_service_t *svc, const char *order_id, kl_selection_t what,
                         const kl_client_t *client, kl_operation_t **out, kl_error_t *err)
{
    kl_capture_request_t want = {.what = what,
                                 .reference = "parcel",
                                 .description = "",
                                 .shipping_info = "[{\"tracking_number\":\"T1\"}]"};
    kl_ask_t ask = {.order_id = order_id, .client = client, .capture = &want};

    return act(svc, &kl_capture_action, &ask, out, err);
}

kl_kind_t act_capture_all(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                          kl_operation_t **out, kl_error_t *err)
{
    return capture(svc, order_id, (kl_selection_t){.everything = 1}, client, out, err);
}

kl_kind_t act_capture_cup(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                          kl_operation_t **out, kl_error_t *err)
{
    return capture(svc, order_id, (kl_selection_t){.picks = one_cup(svc->p)}, client, out, err);
}

static kl_credit_request_t credit_request(kl_selection_t what, apr_int64_t fee)
{
    return (kl_credit_request_t){.what = what,
                                 .release = what.has_amount, /* in two steps */
                                 .return_fee = fee,
                                 .return_fee_tax_rate = 2500,
                                 .reference = "credit note",
                                 .confirm_reference = 1,
                                 .comment = ""};
}

static kl_kind_t credit(kl_service_t *svc, const char *order_id, kl_credit_request_t want,
                        const kl_client_t *client, kl_operation_t **out, kl_error_t *err)
{
    kl_ask_t ask = {.order_id = order_id, .client = client, .credit = &want};

    return act(svc, &kl_credit_invoice_action, &ask, out, err);
}

kl_kind_t act_credit_cup(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                         kl_operation_t **out, kl_error_t *err)
{
    kl_selection_t what = {.picks = one_cup(svc->p)};

    return credit(svc, order_id, credit_request(what, 0), client, out, err);
}

kl_kind_t act_credit_cup_less_fee(kl_service_t *svc, const char *order_id,
                                  const kl_client_t *client, kl_operation_t **out, kl_error_t *err)
{
    kl_selection_t what = {.picks = one_cup(svc->p)};

    return credit(svc, order_id, credit_request(what, 500), client, out, err);
}

kl_kind_t act_credit_8000(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                          kl_operation_t **out, kl_error_t *err)
{
    kl_selection_t what = {.has_amount = 1, .amount = 8000};

    return credit(svc, order_id, credit_request(what, 0), client, out, err);
}

kl_kind_t act_cancel(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                     kl_operation_t **out, kl_error_t *err)
{
    kl_credit_request_t want = {.what = {.everything = 1}, .reference = "", .comment = ""};
    kl_ask_t ask = {.order_id = order_id, .client = client, .credit = &want};

    return act(svc, &kl_credit_invoice_cancel_action, &ask, out, err);
}

kl_kind_t act_extend(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                     kl_operation_t **out, kl_error_t *err)
{
    kl_ask_t ask = {.order_id = order_id, .client = client};

    return act(svc, &kl_authorization_extend_action, &ask, out, err);
}

kl_kind_t act_release(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                      kl_operation_t **out, kl_error_t *err)
{
    kl_ask_t ask = {.order_id = order_id, .client = client};

    return act(svc, &kl_authorization_release_action, &ask, out, err);
}

kl_kind_t act_tracking(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                       kl_operation_t **out, kl_error_t *err)
{
    kl_tracking_request_t want = {"capture-1", "[{\"tracking_number\":\"T2\"}]"};
    kl_ask_t ask = {.order_id = order_id, .client = client, .tracking = &want};

    return act(svc, &kl_capture_tracking_action, &ask, out, err);
}

kl_kind_t act_due_date(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                       kl_operation_t **out, kl_error_t *err)
{
    kl_due_date_request_t want = {.days = 14, .price = 3900};
    kl_ask_t ask = {.order_id = order_id,
                    .client = client,
                    .capture_id = "capture-1",
                    .due_date = &want};

    return act(svc, &kl_due_date_action, &ask, out, err);
}

kl_kind_t act_send_out(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                       kl_operation_t **out, kl_error_t *err)
{
    kl_ask_t ask = {.order_id = order_id, .client = client, .capture_id = "capture-1"};

    return act(svc, &kl_capture_send_out_action, &ask, out, err);
}

kl_kind_t act_acknowledge(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                          kl_operation_t **out, kl_error_t *err)
{
    kl_ask_t ask = {.order_id = order_id, .client = client};

    return act(svc, &kl_placement_acknowledge_action, &ask, out, err);
}

kl_kind_t act_references(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                         kl_operation_t **out, kl_error_t *err)
{
    kl_details_request_t want = {.reference1 = "shop-2", .reference2 = "till 7"};
    kl_ask_t ask = {.order_id = order_id, .client = client, .details = &want};

    return act(svc, &kl_details_references_action, &ask, out, err);
}

kl_kind_t act_lines(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                    kl_operation_t **out, kl_error_t *err)
{
    static const char text[] =
        "{\"order_lines\":[{\"reference\":\"cup\",\"quantity\":1},"
        "{\"reference\":\"lamp\",\"name\":\"Lamp\",\"quantity\":1,\"unit_price\":9000,"
        "\"tax_rate\":2500,\"total_amount\":9000,\"total_tax_amount\":1800}]}";
    kl_json_t *body = kl_json_parse(svc->p, text, strlen(text), err);
    kl_lines_request_t want;
    kl_ask_t ask = {.order_id = order_id, .client = client, .lines = &want};

    assert_int_equal(kl_plan_lines_change_read(&want, svc->p, body, err), KL_OK);
    return act(svc, &kl_lines_action, &ask, out, err);
}

kl_kind_t act_take_over(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                        kl_operation_t **out, kl_error_t *err)
{
    kl_take_over_request_t want = {"klarna-order-1", svc->account->name};
    kl_ask_t ask = {.order_id = order_id, .client = client, .take_over = &want};
    kl_acted_t acted = {.last = NULL};
    kl_kind_t rv = kl_take_over(svc, &ask, &acted, err);

    *out = acted.last;
    return rv;
}

kl_kind_t act_shipping_address(kl_service_t *svc, const char *order_id, const kl_client_t *client,
                               kl_operation_t **out, kl_error_t *err)
{
    kl_json_t *address = kl_json_object(svc->p);
    kl_details_request_t want = {.shipping_address = address};
    kl_ask_t ask = {.order_id = order_id, .client = client, .details = &want};

    kl_json_set_str(address, "street_address", SHOPPERS_STREET);
    return act(svc, &kl_details_address_action, &ask, out, err);
}

kl_kind_t world_act(kl_service_t *svc, act_fn act_it, const char *order_id, const char *key,
                    kl_operation_t **out, kl_error_t *err)
{
    kl_client_t client = world_client(key);
    kl_kind_t rv;

    *out = NULL;
    rv = act_it(svc, order_id, &client, out, err);
    assert_int_equal(rv == KL_OK, err->kind == KL_OK); /* a failure without a reason is a defect */
    assert_true(rv != KL_OK || *out);
    return rv;
}

kl_kind_t world_resume(kl_service_t *svc, kl_operation_t **op, kl_error_t *err)
{
    kl_run_t run = {.op = *op};
    kl_kind_t rv = kl_run_resume(svc, &run, err);

    *op = run.op;
    return rv;
}

void world_must(world_t *world, act_fn prepare, const char *order_id, const char *key)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_operation_t *op = NULL;

    if (world_act(svc, prepare, order_id, key, &op, err) != KL_OK) {
        fail_msg("%s: %s: %s", key, err->code, err->detail);
    }
    assert_int_equal(op->state, KL_OP_CONFIRMED);
}

/* --- the worker ---------------------------------------------------------------------- */

static kl_service_t *worker_service(world_t *world, apr_pool_t *p)
{
    kl_service_t *svc = world_service(world, p);

    svc->actor = "worker";
    svc->timeout = world->one_try ? 1 : apr_time_from_sec(8);
    return svc;
}

static void make_worker_service(void *lane, apr_pool_t *p, kl_service_t *svc)
{
    *svc = *worker_service(lane, p);
}

static void tell(void *lane, const kl_told_t *told)
{
    world_t *world = lane;

    world->told = apr_pstrdup(world->p, told->text);
    if (world->tells) {
        APR_ARRAY_PUSH(world->tells, const char *) = world->told;
    }
}

static int never(void)
{
    return 0;
}

int world_round(world_t *world, apr_pool_t *p)
{
    static const kl_round_runner_t runner = {.service = make_worker_service,
                                             .tell = tell,
                                             .stop = never,
                                             .sleep = fake_clock_sleep,
                                             .threads = 1};
    kl_round_t *round = kl_round_make(p, &runner);

    kl_round_ask(round, kl_round_add(round, world));
    assert_true(kl_round_wake(round));
    return kl_round_work(round);
}

static apr_time_t sooner(apr_time_t a, apr_time_t b)
{
    return a == 0 || b < a ? b : a;
}

static apr_time_t next_look(const world_t *world, const apr_array_header_t *rows, apr_time_t next)
{
    for (int i = 0; i < rows->nelts; i++) {
        const kl_order_t *order = APR_ARRAY_IDX(rows, i, kl_order_t *);

        if (order->pending_op[0] && world_order(world, order->id) == order) {
            assert_int_not_equal(order->check_at, 0); /* else nobody would ever look at it */
            next = sooner(next, order->check_at);
        }
    }
    return next;
}

/* When something that is not at its end is due, 0 when everything is. */
static apr_time_t next_due(const world_t *world)
{
    apr_time_t next = 0;

    for (int i = 0; i < world->store->operations->nelts; i++) {
        const kl_operation_t *op = APR_ARRAY_IDX(world->store->operations, i, kl_operation_t *);

        if (!kl_op_is_final(op->state)) {
            next = sooner(next, op->next_at > op->lease_until ? op->next_at : op->lease_until);
        }
    }
    next = next_look(world, world->store->orders, next);
    return next_look(world, world->store->payments, next);
}

int world_drain(world_t *world)
{
    apr_pool_t *p;
    apr_time_t next;

    for (int rounds = 0; (next = next_due(world)) != 0; rounds++) {
        if (rounds == 100) {
            return 0;
        }
        if (next > fake_clock_now()) {
            fake_clock_advance(next - fake_clock_now());
        }
        apr_pool_create(&p, world->p);
        world_round(world, p);
        apr_pool_destroy(p);
        fake_clock_advance(apr_time_from_sec(1));
    }
    return 1;
}

const char *world_look(world_t *world, const char *order_id, int auto_extend)
{
    kl_service_t *svc = worker_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    const char *note = NULL;
    kl_order_t *order = NULL;

    assert_int_equal(kl_service_order(svc, order_id, &order, err), KL_OK);
    svc->auto_extend = auto_extend;
    if (kl_look_at(svc, order, &note, err) != KL_OK) {
        fail_msg("the look: %s: %s", err->code, err->detail);
    }
    return note;
}

void world_arm_klarna(world_t *world, int n, int kind)
{
    fake_klarna_arm(world->klarna, n, (fake_klarna_fault_t)kind);
}

void world_arm_store(world_t *world, int n, int kind)
{
    fake_store_arm(world->store, n, (fake_store_fault_t)kind);
}

void world_arm_death(world_t *world, int n, int kind)
{
    world->process.die_at = n;
    world->process.die_after = kind;
}

int world_reads_first(const world_t *world, act_fn prepare, const char *order_id)
{
    int reads = prepare == act_credit_cup || prepare == act_credit_cup_less_fee
                || prepare == act_credit_8000 || prepare == act_extend;
    int everything = prepare == act_cancel || prepare == act_capture_all || prepare == act_lines
                     || prepare == act_release;

    return everything || prepare == act_due_date
           || (reads && kl_order_open_amount(world_order(world, order_id)) > 0);
}

kl_operation_t *world_in_doubt(world_t *world, act_fn prepare, const char *order_id,
                               const char *key, fake_klarna_fault_t how)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_operation_t *op = NULL;

    svc->timeout = 1; /* one try */
    fake_klarna_arm(world->klarna, 1 + world_reads_first(world, prepare, order_id), how);
    world->klarna->reads_lost_from = world->klarna->fail_at + 1;
    assert_int_equal(world_act(svc, prepare, order_id, key, &op, err), KL_OK);
    fake_klarna_arm(world->klarna, 0, how);
    assert_int_equal(op->state, KL_OP_UNKNOWN);
    return op;
}

kl_kind_t act_give_up(kl_service_t *svc, const char *order_id, const char *op_id,
                      kl_operation_t **op, kl_error_t *err)
{
    kl_give_up_t it = {.order_id = order_id, .op_id = op_id, .said = {.executed_as = ""}};
    kl_kind_t rv = kl_resolve_give_up(svc, &it, err);

    *op = it.op;
    return rv;
}

/* --- setups -------------------------------------------------------------------------- */

const char *world_created(world_t *world)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_client_t client = world_starter(world->p, "start");
    kl_order_t *order = NULL;

    if (kl_checkout_start(svc, world_cart(world->p), &client, &order, err) != KL_OK) {
        fail_msg("start: %s: %s", err->code, err->detail);
    }
    fake_klarna_authorize(world->klarna, TOKEN, CART_AMOUNT);
    return order->id;
}

const char *world_placed(world_t *world)
{
    const char *id = world_created(world);

    world_must(world, act_place, id, "place");
    return id;
}

const char *world_part_captured(world_t *world)
{
    const char *id = world_placed(world);

    world_must(world, act_capture_cup, id, "first capture");
    return id;
}

const char *world_captured(world_t *world)
{
    const char *id = world_placed(world);

    world_must(world, act_capture_all, id, "first capture");
    return id;
}

const char *world_half_taken_over(world_t *world)
{
    kl_error_t *err = kl_error_make(world->p);
    kl_operation_t *op = NULL;

    fake_klarna_foreign_order(world->klarna, CART_AMOUNT, "old-1");
    for (int n = 1; world->store->payments->nelts == 0; n++) {
        kl_error_clear(err);
        fake_store_arm(world->store, n, FAKE_STORE_IS_GONE);
        (void)act_take_over(world_service(world, world->p), "", NULL, &op, err);
    }
    fake_store_arm(world->store, 0, 0);
    return APR_ARRAY_IDX(world->store->payments, 0, kl_order_t *)->id;
}

kl_order_t *world_order(const world_t *world, const char *order_id)
{
    kl_order_t *order = fake_store_order(world->store, order_id);

    assert_non_null(order);
    return order;
}

fake_order_t *world_klarna_order(const world_t *world, const char *order_id)
{
    return fake_klarna_order(world->klarna, world_order(world, order_id)->klarna_order_id);
}

/* --- the ledgers ---------------------------------------------------------------------- */

#define N "%" APR_INT64_T_FMT

static const char *credit_texts(apr_pool_t *p, const kl_order_t *order)
{
    const char *text = "";

    for (int i = 0; i < order->credit_invoices->nelts; i++) {
        const kl_credit_invoice_t *ci = &APR_ARRAY_IDX(order->credit_invoices, i,
                                                       kl_credit_invoice_t);

        text = apr_psprintf(p, "%s credit %s " N " of " N, text, ci->state, ci->paid_amount,
                            ci->amount);
        for (int k = 0; k < ci->steps->nelts; k++) {
            const kl_credit_step_t *step = &APR_ARRAY_IDX(ci->steps, k, kl_credit_step_t);

            text = apr_psprintf(p, "%s (%s %s)", text, step->verb, step->state);
        }
    }
    return text;
}

/* An operation that never went out promised nothing; that none stays queued for ever is
 * world_check's business. */
static const char *operation_texts(const world_t *world, apr_pool_t *p, const char *order_id)
{
    const char *text = "";

    for (int i = 0; i < world->store->operations->nelts; i++) {
        const kl_operation_t *op = APR_ARRAY_IDX(world->store->operations, i, kl_operation_t *);

        if (strcmp(op->order_id, order_id) == 0 && op->attempts > 0
            && (op->kind != KL_OP_ACKNOWLEDGE || world->is_acknowledging)) {
            text = apr_psprintf(p, "%s %s %s", text, kl_op_kind_name(op->kind),
                                kl_op_state_name(op->state));
        }
    }
    return text;
}

static const char *klarna_texts(const world_t *world, apr_pool_t *p)
{
    const char *text = "";

    for (int i = 0; i < world->klarna->orders->nelts; i++) {
        const fake_order_t *o = APR_ARRAY_IDX(world->klarna->orders, i, fake_order_t *);

        text = apr_psprintf(p, "%s %s " N "/" N "/" N "/" N " %d %d %d %d %d %d %s %s%s", text,
                            o->status, o->order_amount, o->captured, o->refunded, o->remaining,
                            o->captures, o->refunds, o->parcels, o->extensions, o->due_days,
                            o->send_outs, o->reference1, o->reference2, o->shipping_address);
    }
    for (int i = 0; i < world->klarna->movements->nelts; i++) {
        const fake_movement_t *m = &APR_ARRAY_IDX(world->klarna->movements, i, fake_movement_t);

        if (strcmp(m->what, "acknowledge") != 0 || world->is_acknowledging) {
            text = apr_psprintf(p, "%s, %s " N, text, m->what, m->amount);
        }
    }
    return text;
}

static int due_days(const kl_order_t *order)
{
    apr_int64_t days = 0;

    for (int i = 0; i < order->captures->nelts; i++) {
        days += APR_ARRAY_IDX(order->captures, i, kl_capture_t).due_date_days;
    }
    return (int)days;
}

/* By what somebody asked for: the worker acknowledges when it comes to it. */
static int is_held(const world_t *world, const kl_order_t *order)
{
    const kl_operation_t *op = order->pending_op[0]
                                   ? fake_store_operation(world->store, order->pending_op)
                                   : NULL;

    return order->pending_op[0]
           && (!op || op->kind != KL_OP_ACKNOWLEDGE || world->is_acknowledging);
}

const char *world_ledgers(const world_t *world, apr_pool_t *p, const char *order_id)
{
    const kl_order_t *o = world_order(world, order_id);

    return apr_psprintf(p, "%s " N "/" N "/" N "/" N " %s captures %d +%d days %s %s%s |%s |%s",
                        kl_order_state_name(o->state), o->order_amount, o->captured_amount,
                        o->refunded_amount, o->remaining_amount,
                        is_held(world, o) ? "held" : "free", o->captures->nelts, due_days(o),
                        o->reference1, o->reference2, credit_texts(p, o),
                        operation_texts(world, p, order_id), klarna_texts(world, p));
}

static void same(apr_int64_t ours, apr_int64_t klarnas, const char *what, const char *where)
{
    if (ours != klarnas) {
        fail_msg("%s: %s is " N " here and " N " at Klarna", where, what, ours, klarnas);
    }
}

static void check_amounts_agree(const world_t *world, const char *order_id, const char *where)
{
    const kl_order_t *order = world_order(world, order_id);
    const fake_order_t *klarnas = world_klarna_order(world, order_id);

    if (!klarnas) {
        same(0, world->klarna->orders->nelts, "the number of orders", where);
        return;
    }
    same(order->order_amount, klarnas->order_amount, "order_amount", where);
    same(order->captured_amount, klarnas->captured, "captured", where);
    same(order->refunded_amount, klarnas->refunded, "refunded", where);
    same(order->remaining_amount, klarnas->remaining, "remaining", where);
    same(order->captures->nelts, klarnas->captures, "the number of captures", where);
    if (strcmp(kl_order_state_name(order->state), klarnas->status) != 0) {
        fail_msg("%s: %s here and %s at Klarna", where, kl_order_state_name(order->state),
                 klarnas->status);
    }
    if (klarnas->refunded > klarnas->captured) {
        fail_msg("%s: more refunded than captured", where);
    }
}

void world_check_moved_once(const world_t *world, const char *where)
{
    const apr_array_header_t *all = world->klarna->movements;

    for (int i = 0; i < all->nelts; i++) {
        for (int k = i + 1; k < all->nelts; k++) {
            const fake_movement_t *a = &APR_ARRAY_IDX(all, i, fake_movement_t);
            const fake_movement_t *b = &APR_ARRAY_IDX(all, k, fake_movement_t);

            if (strcmp(a->key, b->key) == 0) {
                fail_msg("%s: %s was executed twice", where, a->what);
            }
        }
    }
}

static void check_credits(const kl_order_t *order, const char *where)
{
    for (int i = 0; i < order->credit_invoices->nelts; i++) {
        const kl_credit_invoice_t *ci = &APR_ARRAY_IDX(order->credit_invoices, i,
                                                       kl_credit_invoice_t);
        apr_int64_t paid = 0;

        for (int k = 0; k < ci->steps->nelts; k++) {
            const kl_credit_step_t *step = &APR_ARRAY_IDX(ci->steps, k, kl_credit_step_t);

            paid += strcmp(step->state, "confirmed") == 0 ? step->amount : 0;
        }
        if (paid != ci->paid_amount || (strcmp(ci->state, "paid") == 0) != (paid == ci->amount)) {
            fail_msg("%s: a credit invoice is %s with " N " of " N, where, ci->state, paid,
                     ci->amount);
        }
    }
}

void world_check(const world_t *world, const char *order_id, const char *where)
{
    const kl_order_t *order = world_order(world, order_id);

    if (order->pending_op[0]) {
        fail_msg("%s: the order is still held by %s", where, order->pending_op);
    }
    for (int i = 0; i < world->store->operations->nelts; i++) {
        const kl_operation_t *op = APR_ARRAY_IDX(world->store->operations, i, kl_operation_t *);

        if (!kl_op_is_final(op->state)) {
            fail_msg("%s: a %s is left %s", where, kl_op_kind_name(op->kind),
                     kl_op_state_name(op->state));
        }
    }
    check_amounts_agree(world, order_id, where);
    world_check_moved_once(world, where);
    check_credits(order, where);
}
