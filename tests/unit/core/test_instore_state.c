/* SPDX-License-Identifier: Apache-2.0 */
/* Klarna's words for an in-store payment and ours: every word of both ways, from every state. */
#include "tests/unit/support.h"

#include "core/instore_state.h"

#define NOW apr_time_from_sec(1790000000)
#define NOTHING .error_code = "", .link = "", .qr_url = "", .order_id = "", .klarna_reference = ""

static kl_instore_t *one(apr_pool_t *p, kl_way_t way, kl_instore_state_t state)
{
    kl_instore_t *instore = kl_instore_make(p);

    instore->way = way;
    instore->state = state;
    return instore;
}

static int fold(apr_pool_t *p, kl_instore_t *instore, const char *word, const char *error_code)
{
    kl_instore_seen_t seen = {.word = word, NOTHING};

    seen.error_code = error_code;
    return kl_instore_state_fold(p, instore, &seen, NOW);
}

/* The rows of the two stores' table, by hand. */
static const struct {
    kl_way_t way;
    const char *word;
    kl_instore_state_t state;
    const char *reason_code, *ended_by;
} rows[] = {
    {KL_WAY_HOSTED_PAGE, "WAITING", KL_INSTORE_WAITING, "", ""},
    {KL_WAY_HOSTED_PAGE, "IN_PROGRESS", KL_INSTORE_IN_PROGRESS, "", ""},
    {KL_WAY_HOSTED_PAGE, "BACK", KL_INSTORE_IN_PROGRESS, "went_back", ""},
    {KL_WAY_HOSTED_PAGE, "MANUAL_ID_CHECK", KL_INSTORE_IN_PROGRESS, "manual_id_check", ""},
    {KL_WAY_HOSTED_PAGE, "FAILED", KL_INSTORE_IN_PROGRESS, "refused_may_retry", ""},
    {KL_WAY_HOSTED_PAGE, "ERROR", KL_INSTORE_IN_PROGRESS, "error_may_retry", ""},
    {KL_WAY_HOSTED_PAGE, "COMPLETED", KL_INSTORE_COMPLETED, "", ""},
    {KL_WAY_HOSTED_PAGE, "CANCELLED", KL_INSTORE_CANCELLED, "", "customer"},
    {KL_WAY_HOSTED_PAGE, "DISABLED", KL_INSTORE_CANCELLED, "disabled_elsewhere", "klarna"},
    {KL_WAY_QR, "WAITING", KL_INSTORE_WAITING, "", ""},
    {KL_WAY_QR, "DISTRIBUTED", KL_INSTORE_WAITING, "", ""},
    {KL_WAY_QR, "ACCESSED", KL_INSTORE_IN_PROGRESS, "", ""},
    {KL_WAY_QR, "COMPLETED", KL_INSTORE_COMPLETED, "", ""},
    {KL_WAY_QR, "CANCELED", KL_INSTORE_CANCELLED, "", "customer"},
    {KL_WAY_QR, "CANCELLED", KL_INSTORE_CANCELLED, "", "customer"},
    {KL_WAY_QR, "FAILED", KL_INSTORE_FAILED, "klarna_failed", "klarna"},
};
#define ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

static void test_every_word(void **state)
{
    for (int i = 0; i < ROWS; i++) {
        kl_instore_t *instore = one(*state, rows[i].way, KL_INSTORE_WAITING);
        int changed = fold(*state, instore, rows[i].word, "");

        assert_int_equal(instore->state, rows[i].state);
        assert_string_equal(instore->reason_code, rows[i].reason_code);
        assert_int_equal(instore->reason[0] != '\0', rows[i].reason_code[0] != '\0');
        assert_string_equal(instore->ended_by, rows[i].ended_by);
        assert_int_equal(instore->completed_at, rows[i].state == KL_INSTORE_COMPLETED ? NOW : 0);
        assert_int_equal(changed, rows[i].state != KL_INSTORE_WAITING);
        assert_false(fold(*state, instore, rows[i].word, ""));
    }
}

/* What the customer has opened stays frozen; a reason goes when Klarna has none any more. */
static void test_never_back(void **state)
{
    kl_instore_t *instore = one(*state, KL_WAY_HOSTED_PAGE, KL_INSTORE_WAITING);

    assert_true(fold(*state, instore, "FAILED", ""));
    assert_false(fold(*state, instore, "WAITING", ""));
    assert_int_equal(instore->state, KL_INSTORE_IN_PROGRESS);
    assert_string_equal(instore->reason_code, "refused_may_retry");
    assert_true(fold(*state, instore, "IN_PROGRESS", ""));
    assert_string_equal(instore->reason_code, "");
    assert_string_equal(instore->reason, "");
}

static void test_a_final_state_stays(void **state)
{
    static const char *const words[] = {"WAITING",  "COMPLETED", "CANCELLED", "FAILED",
                                        "DISABLED", "odd",       "404"};

    for (int s = KL_INSTORE_COMPLETED; s <= KL_INSTORE_FAILED; s++) {
        kl_instore_t *instore = one(*state, KL_WAY_HOSTED_PAGE, (kl_instore_state_t)s);
        kl_instore_seen_t seen = {.word = "", NOTHING, .link_until = NOW};

        instore->link_until = NOW - 1;
        seen.link = "https://l.example";
        for (int i = 0; i < 7; i++) {
            seen.word = words[i];
            assert_false(kl_instore_state_fold(*state, instore, &seen, NOW));
            assert_int_equal(instore->state, s);
            assert_string_equal(instore->ended_by, "");
            assert_string_equal(instore->link, "");
        }
    }
}

/* A word that Klarna adds is not an end. */
static void test_unknown_words(void **state)
{
    static const char *const words[] = {"PAUSED", "completed", "", "DISTRIBUTED", NULL};

    for (int i = 0; words[i]; i++) {
        kl_instore_t *instore = one(*state, KL_WAY_HOSTED_PAGE, KL_INSTORE_IN_PROGRESS);

        instore->reason_code = "went_back";
        assert_false(fold(*state, instore, words[i], ""));
        assert_int_equal(instore->state, KL_INSTORE_IN_PROGRESS);
        assert_string_equal(instore->reason_code, "went_back");
    }
    assert_false(fold(*state, one(*state, KL_WAY_QR, KL_INSTORE_WAITING), "DISABLED", ""));
}

/* Who ended it. What the customer did is told apart where Klarna's word tells it. */
static void test_who_ended_it(void **state)
{
    static const struct {
        kl_way_t way;
        const char *word, *abort_by, *ended_by, *reason_code;
    } ends[] = {
        {KL_WAY_HOSTED_PAGE, "CANCELLED", "cashier", "customer", ""},
        {KL_WAY_HOSTED_PAGE, "DISABLED", "cashier", "cashier", ""},
        {KL_WAY_HOSTED_PAGE, "DISABLED", "timeout", "timeout", ""},
        {KL_WAY_QR, "CANCELED", "cashier", "cashier", ""},
        {KL_WAY_QR, "CANCELLED", "timeout", "timeout", ""},
        {KL_WAY_QR, "404", "cashier", "cashier", ""},
        {KL_WAY_HOSTED_PAGE, "404", "timeout", "timeout", ""},
    };

    for (int i = 0; i < 7; i++) {
        kl_instore_t *instore = one(*state, ends[i].way, KL_INSTORE_IN_PROGRESS);

        instore->abort_by = ends[i].abort_by;
        instore->link_until = NOW + 1;
        assert_true(fold(*state, instore, ends[i].word, ""));
        assert_int_equal(instore->state, KL_INSTORE_CANCELLED);
        assert_string_equal(instore->ended_by, ends[i].ended_by);
        assert_string_equal(instore->reason_code, ends[i].reason_code);
    }
}

/* The customer was quicker than the cashier: that counts. */
static void test_paid_while_it_was_ended(void **state)
{
    for (int way = KL_WAY_HOSTED_PAGE; way <= KL_WAY_QR; way++) {
        kl_instore_t *instore = one(*state, (kl_way_t)way, KL_INSTORE_IN_PROGRESS);

        instore->abort_by = "cashier";
        instore->reason_code = instore->reason = "x";
        assert_true(fold(*state, instore, "COMPLETED", ""));
        assert_int_equal(instore->state, KL_INSTORE_COMPLETED);
        assert_string_equal(instore->ended_by, "");
        assert_string_equal(instore->reason_code, "");
        assert_int_equal(instore->completed_at, NOW);
    }
}

/* 404 is the end only when its time is over, by Klarna's clock as told. */
static void test_gone(void **state)
{
    static const char *const words[] = {KL_INSTORE_GONE, "EXPIRED"};

    for (int i = 0; i < 2; i++) {
        kl_instore_t *instore = one(*state, KL_WAY_HOSTED_PAGE, KL_INSTORE_WAITING);

        assert_false(fold(*state, instore, words[i], ""));
        instore->link_until = NOW + 1;
        assert_false(fold(*state, instore, words[i], ""));
        assert_int_equal(instore->state, KL_INSTORE_WAITING);
        instore->link_until = NOW;
        instore->abort_by = "cashier";
        assert_true(fold(*state, instore, words[i], ""));
        assert_int_equal(instore->state, KL_INSTORE_EXPIRED);
        assert_string_equal(instore->reason_code, "expired");
        assert_string_equal(instore->ended_by, "klarna");
    }
}

static void test_what_a_qr_session_failed_with(void **state)
{
    static const struct {
        const char *error_code;
        kl_instore_state_t state;
        const char *reason_code, *quoted;
    } codes[] = {
        {"REJECTED", KL_INSTORE_DECLINED, "declined", NULL},
        {"DECLINED", KL_INSTORE_DECLINED, "declined", NULL},
        {"BAD_REQUEST", KL_INSTORE_FAILED, "short_code", NULL},
        {"PERMISSION_DENIED", KL_INSTORE_FAILED, "not_permitted", NULL},
        {"UNKNOWN", KL_INSTORE_FAILED, "klarna_failed", "(Klarna: UNKNOWN)"},
        {"INTERNAL_ERROR", KL_INSTORE_FAILED, "klarna_failed", "(Klarna: INTERNAL_ERROR)"},
        {"", KL_INSTORE_FAILED, "klarna_failed", "start a new payment."},
    };

    for (int i = 0; i < 7; i++) {
        kl_instore_t *instore = one(*state, KL_WAY_QR, KL_INSTORE_IN_PROGRESS);

        assert_true(fold(*state, instore, "FAILED", codes[i].error_code));
        assert_int_equal(instore->state, codes[i].state);
        assert_string_equal(instore->reason_code, codes[i].reason_code);
        assert_string_equal(instore->ended_by, "klarna");
        assert_true(!codes[i].quoted || strstr(instore->reason, codes[i].quoted));
    }
}

/* A QR session tells its link only when it is read. */
static void test_link(void **state)
{
    kl_instore_t *instore = one(*state, KL_WAY_QR, KL_INSTORE_WAITING);
    kl_instore_seen_t seen = {.word = "DISTRIBUTED", NOTHING, .link_until = NOW + 5};

    seen.link = "https://l.example";
    assert_true(kl_instore_state_fold(*state, instore, &seen, NOW));
    assert_string_equal(instore->link, "https://l.example");
    assert_int_equal(instore->link_until, NOW + 5);
    assert_int_equal(instore->state, KL_INSTORE_WAITING);
    assert_false(kl_instore_state_fold(*state, instore, &seen, NOW));
    assert_false(fold(*state, instore, "WAITING", ""));
    assert_string_equal(instore->link, "https://l.example");
    assert_int_equal(instore->link_until, NOW + 5);
}

static void test_life(void **state)
{
    (void)state;
    assert_int_equal(kl_instore_state_life(KL_WAY_HOSTED_PAGE), apr_time_from_sec(48 * 3600));
    assert_int_equal(kl_instore_state_life(KL_WAY_QR), apr_time_from_sec(46 * 3600));
}

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_POOL(test_every_word),
                                       WITH_POOL(test_never_back),
                                       WITH_POOL(test_a_final_state_stays),
                                       WITH_POOL(test_unknown_words),
                                       WITH_POOL(test_who_ended_it),
                                       WITH_POOL(test_paid_while_it_was_ended),
                                       WITH_POOL(test_gone),
                                       WITH_POOL(test_what_a_qr_session_failed_with),
                                       WITH_POOL(test_link),
                                       cmocka_unit_test(test_life)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
