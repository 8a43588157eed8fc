/* SPDX-License-Identifier: Apache-2.0 */
/* What the host tells of an invoice, what its payments come to, and what its credit notes take. */
#include "tests/unit/support.h"

#include "core/credit_note.h"
#include "core/invoice_view.h"
#include "core/limits.h"
#include "core/negative.h"

/* --- payments ------------------------------------------------------------------------------ */

static kl_order_t *payment(apr_pool_t *p, const char *id, kl_instore_state_t state)
{
    kl_order_t *order = kl_order_make(p);

    order->id = id;
    order->instore = kl_instore_make(p);
    order->instore->state = state;
    order->original_amount = order->order_amount = order->remaining_amount = 1000;
    order->state = kl_instore_order_state(state);
    return order;
}

static kl_order_t *captured(apr_pool_t *p, int verified)
{
    kl_order_t *order = payment(p, "payment-1", KL_INSTORE_COMPLETED);

    order->state = KL_ORDER_CAPTURED;
    order->captured_amount = 1000;
    order->remaining_amount = 0;
    order->instore->verified_at = verified;
    return order;
}

static kl_credit_invoice_t *credit(kl_order_t *order, const char *id, const char *state,
                                   apr_int64_t amount)
{
    apr_pool_t *p = order->lines->pool;
    kl_credit_invoice_t *ci = apr_array_push(order->credit_invoices);
    int paid = strcmp(state, "paid") == 0;

    *ci = (kl_credit_invoice_t){.id = id,
                                .reference = "",
                                .comment = "",
                                .actor = "clerk",
                                .credit_note = "",
                                .state = state,
                                .amount = amount,
                                .paid_amount = paid ? amount : 0,
                                .created_at = 77,
                                .lines = apr_array_make(p, 1, sizeof(kl_movement_line_t)),
                                .steps = apr_array_make(p, 1, sizeof(kl_credit_step_t))};
    APR_ARRAY_PUSH(ci->steps, kl_credit_step_t) =
        (kl_credit_step_t){"op", "refund", amount, paid ? "confirmed" : "queued", ""};
    order->refunded_amount += paid ? amount : 0;
    return ci;
}

static kl_credit_invoice_t *outside(kl_order_t *order, apr_int64_t amount)
{
    kl_credit_invoice_t *ci = credit(order, "theirs", "paid", amount);

    APR_ARRAY_IDX(ci->steps, 0, kl_credit_step_t).operation_id = "";
    return ci;
}

static void what_a_payment_comes_to(void **state)
{
    static const struct {
        kl_instore_state_t state;
        apr_int64_t net;
    } cases[] = {{KL_INSTORE_WAITING, 1000},   {KL_INSTORE_IN_PROGRESS, 1000},
                 {KL_INSTORE_COMPLETED, 1000}, /* paid, and not an order here yet */
                 {KL_INSTORE_CANCELLED, 0},    {KL_INSTORE_EXPIRED, 0},
                 {KL_INSTORE_DECLINED, 0},     {KL_INSTORE_FAILED, 0}};
    apr_pool_t *p = *state;
    kl_order_t *order;

    for (int i = 0; i < 7; i++) {
        order = payment(p, "payment-1", cases[i].state);
        order->state = cases[i].state == KL_INSTORE_COMPLETED ? KL_ORDER_CREATED : order->state;
        assert_int_equal(kl_negative_net(p, order), cases[i].net);
    }
    order = payment(p, "payment-1", KL_INSTORE_COMPLETED);
    order->state = KL_ORDER_AUTHORIZED; /* placed, to be captured when it is verified */
    assert_int_equal(kl_negative_net(p, order), 1000);
    order->state = KL_ORDER_CANCELLED;
    order->remaining_amount = 0;
    assert_int_equal(kl_negative_net(p, order), 0);
    order = captured(p, 0);
    credit(order, "abort", "paid", 1000); /* the money went back before it was verified */
    assert_int_equal(kl_negative_net(p, order), 0);
    assert_int_equal(kl_negative_list(p, order)->nelts, 0);
    order->broken = "somebody wrote into it"; /* not known to be less */
    assert_int_equal(kl_negative_net(p, order), 1000);
}

/* Asked for it is none yet, refused it never is. */
static void a_refund_is_negative_once_klarna_has_confirmed_it(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = captured(p, 5);
    kl_credit_invoice_t *ci = credit(order, "refund-1", "pending", 300);
    apr_array_header_t *list;

    assert_int_equal(kl_negative_list(p, order)->nelts, 0);
    assert_int_equal(kl_negative_net(p, order), 1000);
    ci->state = "refused";
    APR_ARRAY_IDX(ci->steps, 0, kl_credit_step_t).state = "refused";
    assert_int_equal(kl_negative_list(p, order)->nelts, 0);
    credit(order, "refund-2", "paid", 300);
    outside(order, 200);
    list = kl_negative_list(p, order);
    assert_int_equal(list->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(list, 0, kl_negative_t).id, "refund-2");
    assert_string_equal(APR_ARRAY_IDX(list, 0, kl_negative_t).reason, "refund");
    assert_int_equal(APR_ARRAY_IDX(list, 0, kl_negative_t).amount, 300);
    assert_int_equal(APR_ARRAY_IDX(list, 0, kl_negative_t).at, 77);
    assert_string_equal(APR_ARRAY_IDX(list, 1, kl_negative_t).reason, "outside");
    assert_int_equal(kl_negative_net(p, order), 500);
}

/* --- credit notes ---------------------------------------------------------------------------- */

static void a_note_takes_what_is_left(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = captured(p, 0);

    assert_int_equal(kl_credit_note_takes(order), 0); /* not verified */
    order->instore->verified_at = 5;
    credit(order, "refund-1", "paid", 300);
    credit(order, "refund-2", "pending", 200);
    assert_int_equal(kl_credit_note_takes(order), 500);
    kl_credit_note_take(order, "C-1", 9);
    assert_int_equal(kl_credit_note_find(order, "C-1")->amount, 500);
    assert_int_equal(kl_credit_note_free(order), 0);
    kl_credit_note_take(order, "C-1", 10); /* the same again */
    kl_credit_note_take(order, "C-2", 11);
    assert_int_equal(order->instore->notes->nelts, 2);
    assert_int_equal(kl_credit_note_find(order, "C-1")->at, 9);
    assert_int_equal(kl_credit_note_find(order, "C-2")->amount, 0);
    assert_null(kl_credit_note_find(order, "C-3"));
    assert_int_equal(kl_negative_list(p, order)->nelts, 2); /* of 300 and of 500 */
    assert_int_equal(kl_negative_net(p, order), 200);       /* until that refund is confirmed */
}

static void the_refund_of_a_note_makes_no_second_negative(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = captured(p, 5);
    const kl_noted_t *noted;

    kl_credit_note_take(order, "C-1", 9);
    noted = kl_credit_note_find(order, "C-1");
    assert_false(kl_credit_note_is_refunded(order, noted));
    assert_int_equal(kl_negative_net(p, order), 0);
    credit(order, "refund-1", "pending", 1000)->credit_note = "C-1";
    assert_false(kl_credit_note_is_refunded(order, noted));
    apr_array_clear(order->credit_invoices);
    credit(order, "refund-1", "paid", 1000)->credit_note = "C-1";
    assert_true(kl_credit_note_is_refunded(order, noted));
    assert_int_equal(kl_negative_list(p, order)->nelts, 1);
    assert_int_equal(kl_negative_net(p, order), 0);
}

/* What others pay back in Klarna's portal after the note is the note's money. */
static void others_refund_what_a_note_took(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = captured(p, 5);
    apr_array_header_t *list;

    credit(order, "refund-1", "paid", 300);
    kl_credit_note_take(order, "C-1", 9);
    outside(order, 700);
    list = kl_negative_list(p, order);
    assert_int_equal(list->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(list, 0, kl_negative_t).credit_note, "C-1");
    assert_int_equal(APR_ARRAY_IDX(list, 0, kl_negative_t).amount, 700);
    assert_int_equal(APR_ARRAY_IDX(list, 1, kl_negative_t).amount, 300);
    assert_true(kl_credit_note_is_refunded(order, kl_credit_note_find(order, "C-1")));
    assert_int_equal(kl_credit_note_free(order), 0);
}

static kl_error_t *ask(kl_credit_request_t *want, const kl_order_t *order)
{
    kl_error_t *err = kl_error_make(order->lines->pool);

    kl_kind_t rv = kl_credit_note_ask(want, order, err);

    assert_int_equal(rv, err->kind);
    return err;
}

static void a_note_is_refunded_in_full_and_once(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = captured(p, 5);
    kl_credit_request_t all = {.what = {.everything = 1}, .reference = "", .credit_note = "C-1"};
    kl_credit_request_t part = {.what = {.has_amount = 1, .amount = 999},
                                .reference = "",
                                .credit_note = "C-1"};
    kl_credit_request_t none = {.what = {.everything = 1}, .reference = ""};

    check_error(ask(&all, order), KL_NOT_FOUND, "no_such_credit_note");
    assert_int_equal(ask(&none, order)->kind, KL_OK);
    assert_true(none.what.everything);
    kl_credit_note_take(order, "C-1", 9);
    kl_credit_note_take(order, "C-2", 9); /* nothing was left for it */
    check_field(ask(&part, order), "amount", "amount");
    assert_int_equal(ask(&all, order)->kind, KL_OK);
    assert_int_equal(all.what.amount, 1000);
    assert_true(all.what.has_amount && !all.what.everything);
    assert_string_equal(all.reference, "C-1");
    all.credit_note = "C-2";
    check_error(ask(&all, order), KL_NOT_FOUND, "no_such_credit_note");
    all.credit_note = "C-1";
    credit(order, "refund-1", "refused", 1000)->credit_note = "C-1";
    assert_int_equal(ask(&all, order)->kind, KL_OK); /* Klarna refused it: once more */
    credit(order, "refund-2", "pending", 1000)->credit_note = "C-1";
    check_error(ask(&all, order), KL_CONFLICT, "credit_note_refunded");
}

static void a_refund_leaves_what_is_set_aside(void **state)
{
    apr_pool_t *p = *state;
    kl_order_t *order = captured(p, 5);
    kl_credit_request_t want = {.what = {.everything = 1}, .reference = ""};
    kl_credit_plan_t plan = {.steps = 1, .step = {{KL_VERB_REFUND, {.amount = 1000}}}};
    kl_error_t *err = kl_error_make(p);

    assert_int_equal(kl_credit_note_check(order, &want, &plan, err), KL_OK);
    credit(order, "refund-1", "pending", 300);
    kl_credit_note_take(order, "C-1", 9);
    apr_array_clear(order->credit_invoices); /* that refund was refused: 300 are free again */
    assert_int_equal(kl_credit_note_check(order, &want, &plan, err), KL_CONFLICT);
    check_error(err, KL_CONFLICT, "set_aside");
    assert_non_null(strstr(err->detail, "700 of this payment"));
    assert_non_null(strstr(err->detail, "300 may be refunded"));
    kl_error_clear(err);
    plan.step[0].moved.amount = 300;
    assert_int_equal(kl_credit_note_check(order, &want, &plan, err), KL_OK);
    plan.step[0].moved.amount = 700;
    want.credit_note = "C-1";
    assert_int_equal(kl_credit_note_check(order, &want, &plan, err), KL_OK);
}

/* --- the invoice ------------------------------------------------------------------------------ */

static kl_invoice_told_t told(apr_pool_t *p, const char *text, kl_error_t *err)
{
    kl_json_t *v = kl_json_parse(p, text, strlen(text), err);
    kl_reader_t rd = kl_reader(p, v, "", err);
    kl_invoice_told_t out;

    kl_invoice_read_told(&out, &rd);
    return out;
}

static void what_the_host_tells_is_read(void **state)
{
    static const struct {
        const char *text, *field;
    } cases[] =
        {{"{\"invoice\":7}", "invoice"},
         {"{\"invoice\":{\"total\":1,\"already_paid\":0}}", "invoice.number"},
         {"{\"invoice\":{\"number\":\"\",\"total\":1,\"already_paid\":0}}", "invoice.number"},
         {"{\"invoice\":{\"number\":\"F\",\"already_paid\":0}}", "invoice.total"},
         {"{\"invoice\":{\"number\":\"F\",\"total\":1}}", "invoice.already_paid"},
         {"{\"invoice\":{\"number\":\"F\",\"total\":-1,\"already_paid\":0}}", "invoice.total"},
         {"{\"invoice\":{\"number\":\"F\",\"total\":1.5,\"already_paid\":0}}", "invoice.total"},
         {"{\"invoice\":{\"number\":\"F\",\"total\":1,\"already_paid\":0,\"credits\":-1}}",
          "invoice.credits"},
         {"{\"invoice\":{\"number\":\"F\",\"total\":1,\"already_paid\":0,\"paid\":1}}",
          "invoice.paid"}};
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    kl_invoice_told_t out = told(p,
                                 "{\"invoice\":{\"number\":\"F-1\",\"total\":3,"
                                 "\"already_paid\":2,\"credits\":1}}",
                                 err);

    assert_int_equal(err->kind, KL_OK);
    assert_string_equal(out.number, "F-1");
    assert_int_equal(out.total, 3);
    assert_int_equal(out.already_paid, 2);
    assert_int_equal(out.credits, 1);
    assert_string_equal(told(p, "{}", err).number, "");
    assert_int_equal(err->kind, KL_OK);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        kl_error_clear(err);
        (void)told(p, cases[i].text, err);
        assert_int_equal(err->kind, KL_INVALID);
        assert_string_equal(err->field, cases[i].field);
    }
}

static kl_invoice_t *invoice(apr_pool_t *p, apr_int64_t total)
{
    kl_invoice_t *made = apr_pcalloc(p, sizeof(*made));

    *made = (kl_invoice_t){.account = "shop",
                           .department = "clinic",
                           .number = "F-1",
                           .currency = "SEK",
                           .total = total,
                           .notes = apr_array_make(p, 1, sizeof(kl_invoice_note_t))};
    return made;
}

static void what_remains(void **state)
{
    apr_pool_t *p = *state;
    kl_invoice_t *made = invoice(p, 3500);
    apr_array_header_t *payments = apr_array_make(p, 3, sizeof(kl_order_t *));
    kl_order_t *paid = captured(p, 5);

    made->already_paid = 300;
    made->credits = 200;
    assert_int_equal(kl_invoice_remaining(p, made, payments), 3000);
    APR_ARRAY_PUSH(payments, kl_order_t *) = payment(p, "payment-2", KL_INSTORE_WAITING);
    APR_ARRAY_PUSH(payments, kl_order_t *) = payment(p, "payment-3", KL_INSTORE_EXPIRED);
    APR_ARRAY_PUSH(payments, kl_order_t *) = paid;
    assert_int_equal(kl_invoice_remaining(p, made, payments), 1000);
    credit(paid, "refund-1", "paid", 400);
    assert_int_equal(kl_invoice_remaining(p, made, payments), 1400);
    APR_ARRAY_PUSH(paid->instore->notes, kl_noted_t) = (kl_noted_t){"C-1", 500, 1};
    made->credits = 0; /* the host does not count our note: it is credited all the same */
    assert_int_equal(kl_invoice_remaining(p, made, payments), 1600);
    made->credits = 500;
    assert_int_equal(kl_invoice_remaining(p, made, payments), 1600);
    made->credits = 3200;
    assert_int_equal(kl_invoice_remaining(p, made, payments), 0); /* never less */
}

static void notes_are_kept(void **state)
{
    static const char *const wrong[] = {"",
                                        "{}",
                                        "[7]",
                                        "[{\"reference\":\"C\",\"actor\":\"a\"}]",
                                        "[{\"reference\":\"C\",\"actor\":\"a\",\"payments\":[7]}]",
                                        "[{\"actor\":\"a\",\"payments\":[]}]"};
    apr_pool_t *p = *state;
    kl_error_t *err = kl_error_make(p);
    const char *text = "[{\"reference\":\"C-1\",\"actor\":\"clerk\",\"at\":7,"
                       "\"payments\":[\"a\",\"b\"]}]";
    apr_array_header_t *notes;
    kl_invoice_t *made = invoice(p, 1);

    assert_int_equal(kl_invoice_notes_parse(&notes, p, text, err), KL_OK);
    assert_string_equal(kl_invoice_notes_text(p, notes), text);
    made->notes = notes;
    assert_int_equal(kl_invoice_find_note(made, "C-1")->at, 7);
    assert_null(kl_invoice_find_note(made, "C-2"));
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        kl_error_clear(err);
        assert_int_equal(kl_invoice_notes_parse(&notes, p, wrong[i], err), KL_INTERNAL);
    }
}

static void the_host_sees(void **state)
{
    apr_pool_t *p = *state;
    kl_invoice_t *made = invoice(p, 3000);
    apr_array_header_t *payments = apr_array_make(p, 2, sizeof(kl_order_t *));
    kl_order_t *paid = captured(p, 5);
    kl_json_t *shown = kl_json_array(p), *v, *entry;

    APR_ARRAY_PUSH(payments, kl_order_t *) = payment(p, "payment-2", KL_INSTORE_WAITING);
    APR_ARRAY_PUSH(payments, kl_order_t *) = paid;
    credit(paid, "refund-1", "paid", 400);
    v = kl_invoice_view_preview(p, "C-1", payments);
    assert_string_equal(kl_json_text(p, v),
                        "{\"reference\":\"C-1\",\"preview\":true,\"entries\":[{\"payment_id\":"
                        "\"payment-1\",\"amount\":600,\"refunded\":false}]}");
    APR_ARRAY_PUSH(made->notes, kl_invoice_note_t) =
        (kl_invoice_note_t){"C-1", "clerk", 7, apr_array_make(p, 1, sizeof(const char *))};
    kl_credit_note_take(paid, "C-1", 9);
    v = kl_invoice_view(p, made, payments, shown);
    assert_int_equal(kl_json_int(v, "remaining", -1), 1400);
    assert_int_equal(kl_json_size(kl_json_get(v, "negative_payments")), 2);
    entry = kl_json_at(kl_json_get(v, "negative_payments"), 0);
    assert_string_equal(kl_json_str(entry, "id"), "payment-1:C-1");
    assert_string_equal(kl_json_str(entry, "reason"), "credit_note");
    assert_int_equal(kl_json_int(entry, "amount", 0), 600);
    v = kl_json_at(kl_json_get(v, "credit_notes"), 0);
    entry = kl_json_at(kl_json_get(v, "entries"), 0);
    assert_false(kl_json_bool(v, "preview", 1));
    assert_int_equal(kl_json_int(entry, "amount", 0), 600);
    assert_false(kl_json_bool(entry, "refunded", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(what_a_payment_comes_to),
        WITH_POOL(a_refund_is_negative_once_klarna_has_confirmed_it),
        WITH_POOL(a_note_takes_what_is_left),
        WITH_POOL(the_refund_of_a_note_makes_no_second_negative),
        WITH_POOL(others_refund_what_a_note_took),
        WITH_POOL(a_note_is_refunded_in_full_and_once),
        WITH_POOL(a_refund_leaves_what_is_set_aside),
        WITH_POOL(what_the_host_tells_is_read),
        WITH_POOL(what_remains),
        WITH_POOL(notes_are_kept),
        WITH_POOL(the_host_sees),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
