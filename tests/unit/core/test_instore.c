/* SPDX-License-Identifier: Apache-2.0 */
/* A payment in a store: what is kept of it, and what its end wipes. */
#include "tests/unit/support.h"

#include "core/instore.h"
#include "core/ledger.h"

static kl_order_t *waiting(apr_pool_t *p)
{
    kl_order_t *order = kl_order_make(p);

    order->channel = KL_CHANNEL_INSTORE;
    order->instore = kl_instore_make(p);
    order->instore->till = "Counter 1";
    order->instore->phone = order->instore->sent_to = "+46701740605";
    order->instore->email = "a@example.com";
    order->instore->link = "https://example.com/pay";
    order->instore->time_out_at = 7;
    return order;
}

static void what_is_stored_comes_back(void **state)
{
    kl_order_t *order = waiting(*state), *back = kl_order_make(*state);
    const char *text = kl_ledger_text(*state, order);

    order->instore->way = KL_WAY_QR;
    order->instore->short_code = 1;
    order->instore->sent = KL_SEND_UNKNOWN;
    text = kl_ledger_text(*state, order);
    assert_int_equal(kl_ledger_parse(back, *state, text, kl_error_make(*state)), KL_OK);
    assert_string_equal(kl_ledger_text(*state, back), text);
    assert_int_equal(back->instore->way, KL_WAY_QR);
    assert_int_equal(back->instore->time_out_at, 7);
}

static void a_word_that_is_none_of_ours_is_refused(void **state)
{
    static const char *const texts[] = {
        "{\"version\":1,\"lines\":[],\"captures\":[],\"credit_invoices\":[],\"instore\":{}}",
        "{\"version\":1,\"lines\":[],\"captures\":[],\"credit_invoices\":[],"
        "\"instore\":{\"way\":\"boat\",\"state\":\"WAITING\",\"start\":\"made\",\"sent\":\"none\"}"
        "}",
        "{\"version\":1,\"lines\":[],\"captures\":[],\"credit_invoices\":[],\"instore\":7}",
    };

    for (int i = 0; i < 3; i++) {
        kl_order_t *back = kl_order_make(*state);

        assert_int_equal(kl_ledger_parse(back, *state, texts[i], kl_error_make(*state)),
                         KL_INTERNAL);
        assert_null(back->instore);
    }
}

static void names_lead_back(void **state)
{
    kl_instore_state_t found;
    kl_way_t way;

    (void)state;
    for (int i = KL_INSTORE_WAITING; i <= KL_INSTORE_FAILED; i++) {
        assert_true(kl_instore_state_parse(kl_instore_state_name((kl_instore_state_t)i), &found));
        assert_int_equal(found, i);
        assert_int_equal(kl_instore_is_final(found), i > KL_INSTORE_IN_PROGRESS);
    }
    assert_false(kl_instore_state_parse("CREATED", &found));
    assert_true(kl_instore_way_parse("qr", &way));
    assert_int_equal(way, KL_WAY_QR);
    assert_false(kl_instore_way_parse("online", &way));
}

static void its_end_wipes_who_it_was(void **state)
{
    for (int i = KL_INSTORE_CANCELLED; i <= KL_INSTORE_FAILED; i++) {
        kl_order_t *order = waiting(*state);

        kl_instore_end(order, (kl_instore_state_t)i, "cashier");
        assert_int_equal(order->instore->state, i);
        assert_string_equal(order->instore->ended_by, "cashier");
        assert_string_equal(order->instore->phone, "");
        assert_string_equal(order->instore->email, "");
        assert_string_equal(order->instore->sent_to, "");
        assert_int_equal(order->state,
                         i == KL_INSTORE_DECLINED ? KL_ORDER_DECLINED : KL_ORDER_ABANDONED);
        kl_instore_end(order, KL_INSTORE_EXPIRED, "klarna"); /* it has one end */
        assert_int_equal(order->instore->state, i);
    }
}

static void paid_it_is_nobodys_to_abort(void **state)
{
    kl_order_t *order = waiting(*state);

    order->instore->abort_by = "cashier";
    order->instore->reason_code = "went_back";
    kl_instore_complete(order->instore, 5);
    kl_instore_complete(order->instore, 9);
    assert_int_equal(order->instore->state, KL_INSTORE_COMPLETED);
    assert_int_equal(order->instore->completed_at, 5);
    assert_string_equal(order->instore->abort_by, "");
    assert_string_equal(order->instore->reason_code, "");
    assert_string_equal(order->instore->sent_to, "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(what_is_stored_comes_back),
        WITH_POOL(a_word_that_is_none_of_ours_is_refused),
        WITH_POOL(names_lead_back),
        WITH_POOL(its_end_wipes_who_it_was),
        WITH_POOL(paid_it_is_nobodys_to_abort),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
