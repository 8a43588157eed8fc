/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Invoices paid in store: two payments at the same moment never take more than is left, a credit
 * note is finalised once whatever fails, and neither a note nor a refund takes the other's money.
 */
#include "tests/unit/service_checks.h"

#include <apr_strings.h>

#include "core/credit_note.h"
#include "core/negative.h"
#include "service/invoice.h"

#define MAX_STEPS 60

static const kl_department_t clinic = {.name = "clinic", .store = "shop", .account = "shop"};
static const kl_department_t shoes = {.name = "shoes", .store = "shop", .account = "shop"};

/* --- payments that wait ---------------------------------------------------------------------- */

static kl_order_t *in_store(kl_order_t *order, apr_pool_t *p)
{
    order->channel = KL_CHANNEL_INSTORE;
    order->instore = kl_instore_make(p);
    order->instore->department = "clinic";
    order->instore->invoice = "F-1";
    return order;
}

/* A row of one that waits. */
static kl_order_t *wait_for(world_t *world, const char *id, apr_int64_t amount)
{
    kl_order_t *order = in_store(kl_order_make(world->p), world->p);
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);

    order->id = id;
    order->account = world->account.name;
    order->currency = "SEK";
    order->created_at = svc->now();
    order->original_amount = order->order_amount = order->remaining_amount = amount;
    assert_int_equal(svc->store->payment_insert(svc->store, world->p, order, err), KL_OK);
    return order;
}

static kl_invoice_ask_t told(apr_int64_t total, apr_int64_t already_paid)
{
    return (
        kl_invoice_ask_t){&clinic, "SEK", {"F-1", total, already_paid, 0}, "the one that asks", 0};
}

static kl_invoice_t *begin(world_t *world, kl_invoice_ask_t *ask, apr_int64_t amount,
                           kl_error_t *err)
{
    kl_invoice_t *invoice = NULL;
    kl_kind_t rv;

    kl_error_clear(err);
    ask->amount = amount;
    rv = kl_invoice_begin(world_service(world, world->p), ask, &invoice, err);
    assert_int_equal(rv, err->kind);
    return invoice;
}

static kl_kind_t join(world_t *world, const kl_invoice_ask_t *ask, kl_invoice_t *invoice,
                      kl_error_t *err)
{
    return kl_invoice_join(world_service(world, world->p), ask, invoice, err);
}

static void no_more_than_what_is_left_is_begun(void **state)
{
    world_t *world = world_for(state);
    kl_error_t *err = kl_error_make(world->p);
    kl_invoice_ask_t ask = told(1000, 300);
    kl_invoice_t *invoice = begin(world, &ask, 701, err);

    check_error(err, KL_CONFLICT, "invoice_paid");
    assert_non_null(strstr(err->detail, "700 remain"));
    assert_int_equal(world->store->invoices->nelts, 0); /* nothing is stored of what is refused */
    invoice = begin(world, &ask, 500, err);
    assert_int_equal(err->kind, KL_OK);
    wait_for(world, "payment-1", 500);
    assert_int_equal(join(world, &ask, invoice, err), KL_OK);
    assert_int_equal(invoice->version, 1);
    begin(world, &ask, 201, err);
    check_error(err, KL_CONFLICT, "invoice_paid");
    assert_non_null(strstr(err->detail, "200 remain"));

    ask = told(1000, 200); /* what is told now counts */
    invoice = begin(world, &ask, 300, err);
    assert_int_equal(err->kind, KL_OK);
    assert_int_equal(join(world, &ask, invoice, err), KL_OK);
    kl_instore_end(world_order(world, "payment-1"), KL_INSTORE_EXPIRED, "klarna");
    begin(world, &ask, 800, err);
    assert_int_equal(err->kind, KL_OK);

    ask.currency = "NOK";
    begin(world, &ask, 1, err);
    check_error(err, KL_CONFLICT, "invoice_currency");
    ask = told(1000, 0);
    ask.department = &shoes; /* its own numbers */
    begin(world, &ask, 1000, err);
    assert_int_equal(err->kind, KL_OK);
}

/* Both looked before either was stored. Who comes second looks again and finds the first's. */
static void of_two_at_once_one_is_too_late(void **state)
{
    static const apr_int64_t amounts[] = {400, 600}; /* there is room for both, or for one */

    for (int i = 0; i < 4; i++) { /* of an invoice that is new, and of one that is not */
        world_t *world = world_for(state);
        kl_error_t *err = kl_error_make(world->p);
        kl_invoice_ask_t first = told(1000, 0), second = told(1000, 0);
        kl_invoice_t *one, *two;

        if (i >= 2) {
            one = begin(world, &first, 1, err);
            assert_int_equal(join(world, &first, one, err), KL_OK);
        }
        first.payment_id = "payment-1";
        second.payment_id = "payment-2";
        one = begin(world, &first, amounts[i % 2], err);
        two = begin(world, &second, amounts[i % 2], err);
        wait_for(world, "payment-1", amounts[i % 2]);
        wait_for(world, "payment-2", amounts[i % 2]);
        assert_int_equal(join(world, &second, two, err), KL_OK);
        if (i % 2 == 0) {
            assert_int_equal(join(world, &first, one, err), KL_OK);
            continue;
        }
        assert_int_equal(join(world, &first, one, err), KL_CONFLICT);
        check_error(err, KL_CONFLICT, "invoice_paid");
        assert_non_null(strstr(err->detail, "400 remain"));
    }
}

/* Somebody else begins one, each time before it is saved. */
static void others_begin(void *baton)
{
    world_t *world = baton;

    for (int i = 0; i < world->store->invoices->nelts; i++) {
        APR_ARRAY_IDX(world->store->invoices, i, kl_invoice_t *)->version++;
    }
}

static void it_is_not_tried_for_ever(void **state)
{
    world_t *world = world_for(state);
    kl_error_t *err = kl_error_make(world->p);
    kl_invoice_ask_t ask = told(1000, 0);
    kl_invoice_t *invoice = begin(world, &ask, 1, err);

    assert_int_equal(join(world, &ask, invoice, err), KL_OK);
    world->process.hook = others_begin;
    world->process.baton = world;
    assert_int_equal(join(world, &ask, invoice, err), KL_CONFLICT);
    check_error(err, KL_CONFLICT, "in_progress");
    assert_true(err->retry_after > 0);
    fake_process_calm(&world->process);
}

static void what_cannot_be_looked_at_is_not_begun(void **state)
{
    kl_invoice_ask_t ask = told(1000, 0);

    for (int n = 1; n <= 2; n++) {
        world_t *world = world_for(state);
        kl_error_t *err = kl_error_make(world->p);

        fake_store_arm(world->store, n, FAKE_STORE_FAILS_BEFORE);
        begin(world, &ask, 1000, err);
        assert_int_equal(err->kind, KL_UNAVAILABLE);
    }
}

/* A department that has got an account of its own still has the invoices from before. */
static void an_account_of_its_own(void **state)
{
    static const kl_department_t now = {.name = "clinic",
                                        .store = "shop",
                                        .account = "shop.clinic"};
    world_t *world = world_for(state);
    kl_error_t *err = kl_error_make(world->p);
    kl_invoice_ask_t ask = told(1000, 0);
    kl_invoice_t *invoice = begin(world, &ask, 400, err);
    kl_invoice_shown_t shown;

    wait_for(world, "payment-1", 400);
    assert_int_equal(join(world, &ask, invoice, err), KL_OK);
    ask.department = &now;
    invoice = begin(world, &ask, 300, err);
    wait_for(world, "payment-2", 300);
    world_order(world, "payment-2")->account = "shop.clinic";
    assert_int_equal(join(world, &ask, invoice, err), KL_OK);
    begin(world, &ask, 301, err);
    check_error(err, KL_CONFLICT, "invoice_paid");
    assert_non_null(strstr(err->detail, "300 remain"));
    kl_error_clear(err);
    assert_int_equal(kl_invoice_show(world_service(world, world->p), &ask, &shown, err), KL_OK);
    assert_int_equal(shown.payments->nelts, 2);
}

/* More than a page of them. */
static void every_payment_counts(void **state)
{
    world_t *world = world_for(state);
    kl_error_t *err = kl_error_make(world->p);
    kl_invoice_ask_t ask = told(1000, 0);

    for (int i = 0; i < 2 * KL_MAX_PAGE + 1; i++) {
        wait_for(world, apr_psprintf(world->p, "payment-%03d", i), 2);
        fake_clock_advance(i % 3);
    }
    begin(world, &ask, 599, err);
    check_error(err, KL_CONFLICT, "invoice_paid");
    assert_non_null(strstr(err->detail, "598 remain"));
}

/* As kl_instore_begin does it. 1 when the payment may go on. */
static int start(world_t *world, const char *id, apr_int64_t amount)
{
    kl_error_t *err = kl_error_make(world->p);
    kl_invoice_ask_t ask = told(1000, 0);
    kl_invoice_t *invoice;

    ask.payment_id = id;
    invoice = begin(world, &ask, amount, err);
    if (err->kind != KL_OK) {
        return 0;
    }
    wait_for(world, id, amount);
    if (join(world, &ask, invoice, err) != KL_OK) {
        kl_instore_end(world_order(world, id), KL_INSTORE_FAILED, "klarna");
        return 0;
    }
    return 1;
}

typedef struct till_t {
    world_t *world;
    int at, acted, begun;
    apr_int64_t amount;
} till_t;

static void till_starts(void *baton)
{
    till_t *till = baton;

    if (!till->acted && till->world->process.steps >= till->at) {
        till->acted = 1;
        till->begun = start(till->world, "payment-2", till->amount);
    }
}

/* Whenever another till does all of it: both are begun where there is room, else exactly one or, at
 * worst, none. */
static void tills_at_every_step(void **state)
{
    static const apr_int64_t amounts[] = {500, 501};

    for (int i = 0; i < 2; i++) {
        int acted = 1;

        for (int at = 1; acted; at++) {
            world_t *world = world_for(state);
            till_t till = {world, at, 0, 0, amounts[i]};
            int begun;

            fake_process_calm(&world->process);
            world->process.hook = till_starts;
            world->process.baton = &till;
            begun = start(world, "payment-1", amounts[i]);
            fake_process_calm(&world->process);
            acted = till.acted;
            assert_true(at < MAX_STEPS && (acted || at > 4));
            assert_int_equal(begun + till.begun, i == 0 && acted ? 2 : 1);
        }
    }
}

/* An answer that was lost counts as none: the payment ends, and the next one finds room. */
static void what_is_not_joined_is_not_begun(void **state)
{
    for (int fault = 0; fault < FAKE_STORE_FAULTS; fault++) {
        world_t *world = world_for(state);
        kl_error_t *err = kl_error_make(world->p);
        kl_invoice_ask_t ask = told(1000, 0);
        kl_invoice_t *invoice = begin(world, &ask, 1000, err);

        wait_for(world, "payment-1", 1000);
        fake_store_arm(world->store, 1, (fake_store_fault_t)fault);
        assert_int_equal(join(world, &ask, invoice, err), KL_UNAVAILABLE);
        fake_store_arm(world->store, 0, FAKE_STORE_FAILS_BEFORE);
        kl_instore_end(world_order(world, "payment-1"), KL_INSTORE_FAILED, "klarna");
        assert_true(start(world, "payment-2", 1000));
    }
}

/* --- credit notes ------------------------------------------------------------------------------
 */

/* A payment of 10500 that is verified, of an invoice that was told. */
static const char *verified(world_t *world)
{
    kl_error_t *err = kl_error_make(world->p);
    const char *id = world_captured(world);
    kl_order_t *order = in_store(world_order(world, id), world->p);
    kl_invoice_ask_t ask = told(10500, 0);
    kl_invoice_t *invoice = begin(world, &ask, 0, err);

    order->instore->state = KL_INSTORE_COMPLETED;
    order->instore->verified_at = 5;
    assert_int_equal(join(world, &ask, invoice, err), KL_OK);
    return id;
}

/* Another one of the invoice, like that. */
static const char *verified_too(world_t *world, const char *id)
{
    kl_service_t *svc = world_service(world, world->p);
    kl_error_t *err = kl_error_make(world->p);
    kl_order_t order = *world_order(world, id),
               *empty = in_store(kl_order_make(world->p), world->p);

    order.id = "another payment";
    order.klarna_order_id = "another order";
    order.instore = empty->instore;
    order.instore->state = KL_INSTORE_COMPLETED;
    order.instore->verified_at = 5;
    assert_int_equal(svc->store->order_insert(svc->store, world->p, &order, err), KL_OK);
    return order.id;
}

static kl_kind_t credit_note(world_t *world, const char *reference, kl_invoice_shown_t *out,
                             kl_error_t *err)
{
    kl_invoice_ask_t ask = told(0, 0);

    kl_error_clear(err);
    return kl_invoice_credit(world_service(world, world->p), &ask, reference, out, err);
}

static kl_kind_t refund(kl_service_t *svc, const char *id, kl_selection_t what, const char *note,
                        kl_operation_t **out, kl_error_t *err)
{
    kl_credit_request_t want = {.what = what, .reference = "", .comment = "", .credit_note = note};
    kl_ask_t ask = {.order_id = id, .credit = &want};
    kl_acted_t acted = {.last = NULL};
    kl_kind_t rv = kl_act(svc, &kl_credit_invoice_action, &ask, &acted, err);

    *out = acted.last;
    return rv;
}

static kl_kind_t act_refund_4000(kl_service_t *svc, const char *id, const kl_client_t *client,
                                 kl_operation_t **out, kl_error_t *err)
{
    (void)client;
    return refund(svc, id, (kl_selection_t){.has_amount = 1, .amount = 4000}, "", out, err);
}

static kl_kind_t act_refund_note(kl_service_t *svc, const char *id, const kl_client_t *client,
                                 kl_operation_t **out, kl_error_t *err)
{
    (void)client;
    return refund(svc, id, (kl_selection_t){.everything = 1}, "C-1", out, err);
}

static apr_int64_t negatives(world_t *world, const char *id)
{
    apr_array_header_t *list = kl_negative_list(world->p, world_order(world, id));
    apr_int64_t sum = 0;

    for (int i = 0; i < list->nelts; i++) {
        sum += APR_ARRAY_IDX(list, i, kl_negative_t).amount;
    }
    return sum;
}

static void a_note_takes_what_is_not_refunded(void **state)
{
    world_t *world = world_for(state);
    kl_error_t *err = kl_error_make(world->p);
    const char *id = verified(world);
    kl_invoice_shown_t shown;

    assert_int_equal(kl_invoice_show(world_service(world, world->p),
                                     &(kl_invoice_ask_t){&shoes, "", {"F-1", 0, 0, 0}, "", 0},
                                     &shown, err),
                     KL_NOT_FOUND);
    check_error(err, KL_NOT_FOUND, "no_such_invoice");
    world_must(world, act_refund_4000, id, "");
    assert_int_equal(credit_note(world, "C-1", &shown, err), KL_OK);
    assert_int_equal(shown.invoice->notes->nelts, 1);
    assert_string_equal(kl_invoice_find_note(shown.invoice, "C-1")->actor, "clerk");
    assert_int_equal(kl_credit_note_find(world_order(world, id), "C-1")->amount, 6500);
    assert_int_equal(negatives(world, id), 10500);
    assert_int_equal(credit_note(world, "C-1", &shown, err), KL_OK); /* the same again */
    assert_int_equal(shown.invoice->notes->nelts, 1);
    assert_int_equal(credit_note(world, "C-2", &shown, err), KL_OK); /* nothing is left for it */
    assert_int_equal(negatives(world, id), 10500);

    world_must_refuse(world, act_refund_4000, id, KL_CONFLICT, "set_aside");
    world_must_refuse(world, act_cancel, id, KL_CONFLICT, "set_aside");
    world_must(world, act_refund_note, id, "");
    world_check_ours(world, id, "CAPTURED", 10500, 10500, 0);
    assert_int_equal(negatives(world, id), 10500);
    world_must_refuse(world, act_refund_note, id, KL_CONFLICT, "credit_note_refunded");
    world_check(world, id, "a note");
}

/* One that is finalised again later takes nothing of what was paid since. */
static void a_note_keeps_to_its_payments(void **state)
{
    world_t *world = world_for(state);
    kl_error_t *err = kl_error_make(world->p);
    const char *first = verified(world), *second;
    kl_invoice_shown_t shown;

    assert_int_equal(credit_note(world, "C-1", &shown, err), KL_OK);
    second = verified_too(world, first);
    assert_int_equal(credit_note(world, "C-1", &shown, err), KL_OK);
    assert_int_equal(negatives(world, first), 10500);
    assert_int_equal(negatives(world, second), 0);
}

static void notes_are_not_endless(void **state)
{
    world_t *world = world_for(state);
    kl_error_t *err = kl_error_make(world->p);
    kl_invoice_shown_t shown;

    verified(world);
    for (int i = 0; i < KL_MAX_CREDIT_NOTES; i++) {
        assert_int_equal(credit_note(world, apr_psprintf(world->p, "C-%d", i), &shown, err), KL_OK);
    }
    credit_note(world, "one too many", &shown, err);
    check_error(err, KL_CONFLICT, "too_many_credit_notes");
}

/* 1 when it ended well while call or step n failed: fault FAKE_STORE_FAULTS is a death there. */
static int note_survives(world_t *world, int n, int fault)
{
    kl_error_t *err = kl_error_make(world->p);
    kl_invoice_shown_t shown;
    int well = 0;

    fake_process_calm(&world->process);
    if (fault < FAKE_STORE_FAULTS) {
        fake_store_arm(world->store, n, (fake_store_fault_t)fault);
        well = credit_note(world, "C-1", &shown, err) == KL_OK;
        fake_store_arm(world->store, 0, FAKE_STORE_FAILS_BEFORE);
        return well;
    }
    if (setjmp(world->process.death) != 0) {
        fake_process_calm(&world->process);
        return 0;
    }
    world->process.die_at = n;
    return credit_note(world, "C-1", &shown, err) == KL_OK;
}

/* Whatever the database does at whichever call, and whenever the process dies: said again, the note
 * is finalised, once, and takes each payment once. */
static void a_note_is_finalised_whatever_fails(void **state)
{
    for (int fault = 0; fault <= FAKE_STORE_FAULTS; fault++) {
        int well = 0;

        for (int n = 1; !well; n++) {
            world_t *world = world_for(state);
            kl_error_t *err = kl_error_make(world->p);
            const char *one = verified(world), *two = verified_too(world, one);
            kl_invoice_shown_t shown;

            well = note_survives(world, n, fault);
            assert_true(n < MAX_STEPS && (!well || n > 4));
            fake_process_calm(&world->process);
            assert_int_equal(credit_note(world, "C-1", &shown, err), KL_OK);
            assert_int_equal(shown.invoice->notes->nelts, 1);
            assert_int_equal(negatives(world, one), 10500);
            assert_int_equal(negatives(world, two), 10500);
            assert_int_equal(world_order(world, one)->instore->notes->nelts, 1);
        }
    }
}

/* --- a note and a refund at the same moment ----------------------------------------------------
 */

typedef struct rival_t {
    world_t *world;
    const char *id;
    int at, acted;
    int refunds; /* 1: it refunds while the note is finalised; else the other way round */
} rival_t;

static void rival_acts(void *baton)
{
    rival_t *rival = baton;
    world_t *world = rival->world;
    kl_error_t *err = kl_error_make(world->p);
    kl_invoice_shown_t shown;
    kl_operation_t *op;

    if (rival->acted || world->process.steps < rival->at) {
        return;
    }
    rival->acted = 1;
    if (rival->refunds) {
        (void)act_refund_4000(world_service(world, world->p), rival->id, NULL, &op, err);
    }
    else {
        (void)credit_note(world, "C-1", &shown, err);
    }
}

static void neither_takes_the_others_money(void **state)
{
    for (int refunds = 0; refunds <= 1; refunds++) {
        for (int at = 1;; at++) {
            world_t *world = world_for(state);
            kl_error_t *err = kl_error_make(world->p);
            rival_t rival = {world, verified(world), at, 0, refunds};
            kl_invoice_shown_t shown;
            kl_operation_t *op;

            fake_process_calm(&world->process);
            world->process.hook = rival_acts;
            world->process.baton = &rival;
            if (refunds) {
                (void)credit_note(world, "C-1", &shown, err);
            }
            else {
                (void)act_refund_4000(world_service(world, world->p), rival.id, NULL, &op, err);
            }
            fake_process_calm(&world->process);
            if (!rival.acted) {
                assert_true(at > 4);
                break;
            }
            assert_true(world_drain(world));
            assert_int_equal(credit_note(world, "C-1", &shown, err), KL_OK);
            assert_int_equal(negatives(world, rival.id), 10500);
            if (!kl_credit_note_is_refunded(world_order(world, rival.id),
                                            kl_credit_note_find(world_order(world, rival.id),
                                                                "C-1"))) {
                world_must(world, act_refund_note, rival.id, "");
            }
            world_check_ours(world, rival.id, "CAPTURED", 10500, 10500, 0);
            assert_int_equal(negatives(world, rival.id), 10500);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(no_more_than_what_is_left_is_begun),
        WITH_POOL(of_two_at_once_one_is_too_late),
        WITH_POOL(it_is_not_tried_for_ever),
        WITH_POOL(what_cannot_be_looked_at_is_not_begun),
        WITH_POOL(every_payment_counts),
        WITH_POOL(an_account_of_its_own),
        WITH_POOL(tills_at_every_step),
        WITH_POOL(what_is_not_joined_is_not_begun),
        WITH_POOL(a_note_takes_what_is_not_refunded),
        WITH_POOL(a_note_keeps_to_its_payments),
        WITH_POOL(notes_are_not_endless),
        WITH_POOL(a_note_is_finalised_whatever_fails),
        WITH_POOL(neither_takes_the_others_money),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
