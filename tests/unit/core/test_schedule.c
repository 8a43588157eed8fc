/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When an order is looked at again: pauses that grow and are bounded, an end for everything,
 * and each warning before the authorization ends told once.
 */
#include "tests/unit/order_fixture.h"

#include "core/schedule.h"

#define MINUTE apr_time_from_sec(60)
#define HOUR apr_time_from_sec(3600)
#define DAY apr_time_from_sec(86400)
#define NOW apr_time_from_sec(1790000000)

/* The look after as many as have shown nothing new. */
static apr_time_t next_look(const kl_order_t *order, apr_time_t now)
{
    kl_order_t looked_at = *order;

    looked_at.checks--;
    kl_schedule_set(&looked_at, KL_LOOK_RARER, now);
    assert_int_equal(looked_at.checks, order->checks);
    return looked_at.check_at;
}

static void an_open_order_is_looked_at_ever_more_rarely(void **state)
{
    static const apr_time_t pauses[] = {MINUTE,       4 * MINUTE,    16 * MINUTE, 64 * MINUTE,
                                        256 * MINUTE, 1024 * MINUTE, DAY,         DAY};
    kl_order_t *order = fixture_shop(*state);

    for (order->checks = 0; order->checks < 8; order->checks++) {
        assert_int_equal(next_look(order, NOW) - NOW, pauses[order->checks]);
    }
    order->checks = 100000; /* it stays so, and nothing overflows */
    assert_int_equal(next_look(order, NOW) - NOW, DAY);
}

static void a_captured_order_is_forgotten_after_months(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    apr_time_t now = NOW;

    order->state = KL_ORDER_CAPTURED;
    order->remaining_amount = 0;
    order->expires_at = NOW + DAY; /* says nothing any more */
    for (order->checks = 0; order->checks < 50; order->checks++) {
        apr_time_t next = next_look(order, now);

        if (next == 0) {
            break;
        }
        assert_true(next > now && next - now <= 7 * DAY);
        now = next;
    }
    assert_in_range(now - NOW, 85 * DAY, 100 * DAY);
}

static void what_is_over_is_never_looked_at(void **state)
{
    static const kl_order_state_t over[] = {KL_ORDER_CANCELLED, KL_ORDER_EXPIRED, KL_ORDER_CLOSED,
                                            KL_ORDER_ABANDONED};
    kl_order_t *order = fixture_shop(*state);

    order->fraud_status = "PENDING";
    for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++) {
        order->state = over[i];
        assert_int_equal(next_look(order, NOW), 0);
    }
}

static void an_intent_is_looked_at_when_its_session_is_over(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    order->state = KL_ORDER_CREATED;
    order->created_at = NOW - HOUR;
    assert_int_equal(next_look(order, NOW), NOW + 48 * HOUR);
    order->state = KL_ORDER_DECLINED; /* a no to one token */
    assert_int_equal(next_look(order, NOW), NOW + 48 * HOUR);
}

static void a_review_is_looked_at_every_ten_minutes(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    order->fraud_status = "PENDING";
    for (order->checks = 0; order->checks < 1000; order->checks += 100) {
        assert_int_equal(next_look(order, NOW), NOW + 10 * MINUTE);
    }
}

/* From a month before its end: a look at each mark and just after the end, none left out. */
static void the_marks_are_not_slept_over(void **state)
{
    static const int marks[] = {7, 3, 1};
    kl_order_t *order = fixture_shop(*state);
    apr_time_t now = NOW, end = NOW + 28 * DAY + 12345;
    int at_mark = 0, after_end = 0;

    order->expires_at = end;
    for (order->checks = 0; now < end + DAY; order->checks++) {
        now = next_look(order, now);
        for (int i = 0; i < 3; i++) {
            at_mark += now == end - marks[i] * DAY;
        }
        after_end += now == end + MINUTE;
    }
    assert_int_equal(at_mark, 3);
    assert_int_equal(after_end, 1);
}

static int look(kl_order_t *order, apr_time_t *last, apr_time_t now)
{
    int days = kl_schedule_warning(order, *last, now);

    *last = now;
    return days;
}

static void each_warning_is_told_once(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    apr_time_t end = NOW + 28 * DAY, last = NOW;

    order->expires_at = end;
    assert_int_equal(look(order, &last, end - 7 * DAY - 1), 0);
    assert_int_equal(order->attention, KL_ATTENTION_NONE);
    assert_int_equal(look(order, &last, end - 7 * DAY), 7);
    assert_int_equal(order->attention, KL_ATTENTION_EXPIRING);
    assert_int_equal(look(order, &last, end - 7 * DAY + 1), 0);
    assert_int_equal(look(order, &last, end - 4 * DAY), 0);
    assert_int_equal(look(order, &last, end - 3 * DAY), 3);
    assert_int_equal(look(order, &last, end - 2 * DAY), 0);
    assert_int_equal(look(order, &last, end - DAY), 1);
    assert_int_equal(look(order, &last, end - HOUR), 0);
}

/* The worker stood still for days: the nearest mark is what counts. */
static void the_nearest_mark_is_told(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    apr_time_t last = NOW;

    order->expires_at = NOW + 10 * DAY;
    assert_int_equal(look(order, &last, NOW + 8 * DAY), 3);
}

/* Something else was saved between the mark and the look, so that the mark seems passed. */
static void the_first_warning_is_never_swallowed(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    apr_time_t last = NOW + DAY;

    order->expires_at = NOW + 7 * DAY;
    assert_int_equal(look(order, &last, NOW + DAY + 1), 7);
    assert_int_equal(look(order, &last, NOW + DAY + 2), 0);
}

static void a_moved_end_takes_the_warning_away(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    apr_time_t last = NOW;

    order->expires_at = NOW + 2 * DAY;
    assert_int_equal(look(order, &last, NOW), 3);
    order->expires_at = NOW + 30 * DAY;
    assert_int_equal(look(order, &last, NOW + 1), 0);
    assert_int_equal(order->attention, KL_ATTENTION_NONE);
    order->expires_at = NOW + 32 * DAY;
    assert_int_equal(look(order, &last, NOW + 25 * DAY), 7); /* and it warns again */
    order->remaining_amount = 0;
    assert_int_equal(look(order, &last, NOW + 31 * DAY), 0); /* nothing left to lose */
    assert_int_equal(order->attention, KL_ATTENTION_NONE);
}

static void another_mark_is_left_standing(void **state)
{
    kl_order_t *order = fixture_shop(*state);
    apr_time_t last = NOW;

    order->attention = KL_ATTENTION_OUTSIDE;
    order->expires_at = NOW + 8 * DAY;
    assert_int_equal(look(order, &last, NOW + DAY), 7);
    assert_int_equal(order->attention, KL_ATTENTION_OUTSIDE);
    order->expires_at = 0;
    assert_int_equal(look(order, &last, NOW + 2 * DAY), 0);
    assert_int_equal(order->attention, KL_ATTENTION_OUTSIDE);
}

static void what_happened_sets_the_next_look(void **state)
{
    static const struct {
        kl_look_when_t when;
        int checks;
        apr_time_t check_at;
    } table[] = {
        {KL_LOOK_UNCHANGED, 3, 7},
        {KL_LOOK_CHANGED, 0, NOW + MINUTE},
        {KL_LOOK_RARER, 4, NOW + 256 * MINUTE},
        {KL_LOOK_NOW, 0, NOW},
        {KL_LOOK_LEASED, 3, NOW + MINUTE},
        {KL_LOOK_NEVER, 3, 0},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        kl_order_t *order = fixture_shop(*state);

        order->checks = 3;
        order->check_at = 7;
        kl_schedule_set(order, table[i].when, NOW);
        assert_int_equal(order->checks, table[i].checks);
        assert_int_equal(order->check_at, table[i].check_at);
    }
}

static void a_booking_says_when_to_look(void **state)
{
    kl_order_t *order = fixture_shop(*state);

    order->expires_at = NOW + 28 * DAY;
    assert_int_equal(kl_schedule_booked(order, 0), KL_LOOK_CHANGED);
    assert_int_equal(kl_schedule_booked(order, 1), KL_LOOK_NOW);
    must_capture(order, *state, "{'amount':5}");
    assert_int_equal(kl_schedule_booked(order, 0), KL_LOOK_NOW); /* for its invoice number */
    APR_ARRAY_IDX(order->captures, 0, kl_capture_t).klarna_reference = "K4MADNY-1";
    assert_int_equal(kl_schedule_booked(order, 0), KL_LOOK_CHANGED);
    order->expires_at = 0;
    assert_int_equal(kl_schedule_booked(order, 0), KL_LOOK_NOW);
    order->klarna_order_id = "";
    assert_int_equal(kl_schedule_booked(order, 1), KL_LOOK_CHANGED);
    order->pending_op = "next";
    assert_int_equal(kl_schedule_booked(order, 1), KL_LOOK_LEASED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_POOL(an_open_order_is_looked_at_ever_more_rarely),
        WITH_POOL(a_captured_order_is_forgotten_after_months),
        WITH_POOL(what_is_over_is_never_looked_at),
        WITH_POOL(an_intent_is_looked_at_when_its_session_is_over),
        WITH_POOL(a_review_is_looked_at_every_ten_minutes),
        WITH_POOL(the_marks_are_not_slept_over),
        WITH_POOL(each_warning_is_told_once),
        WITH_POOL(the_nearest_mark_is_told),
        WITH_POOL(the_first_warning_is_never_swallowed),
        WITH_POOL(a_moved_end_takes_the_warning_away),
        WITH_POOL(another_mark_is_left_standing),
        WITH_POOL(what_happened_sets_the_next_look),
        WITH_POOL(a_booking_says_when_to_look),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
