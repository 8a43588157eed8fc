/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept for the next user: the last one first, by origin, never more than there is room for,
 * and never one that is old or that the other side has closed. */
#include "tests/unit/support.h"

#include <sys/socket.h>
#include <unistd.h>

#include "api/kept.h"

#define A "https://a.example/x"
#define B "https://b.example:8443/x"
#define NOW apr_time_from_sec(1000)

/* A handle is one end of a pair of sockets. */
typedef struct pair_t {
    int near, far;
    int ended;
} pair_t;

static void end(void *handle)
{
    pair_t *pair = handle;

    pair->ended++;
    close(pair->near);
}

static void make_pairs(pair_t *pairs, int n)
{
    for (int i = 0; i < n; i++) {
        int fds[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        pairs[i] = (pair_t){.near = fds[0], .far = fds[1]};
    }
}

static void close_far(pair_t *pairs, int n)
{
    for (int i = 0; i < n; i++) {
        close(pairs[i].far);
    }
}

static void put(kl_kept_t *kept, const char *url, pair_t *pair, apr_time_t now)
{
    kl_kept_put(kept, url, pair, pair->near, now);
}

static void test_keeps_the_warmest_first(void **state)
{
    kl_kept_t *kept = kl_kept_make(*state, 2, end);
    pair_t pairs[3];

    make_pairs(pairs, 3);
    assert_null(kl_kept_take(kept, A, NOW));
    assert_int_equal(kl_kept_last(kept, A), 0);
    for (int i = 0; i < 3; i++) {
        put(kept, A, &pairs[i], NOW + i);
    }
    assert_int_equal(kl_kept_last(kept, A), NOW + 2);
    assert_int_equal(pairs[0].ended, 1);
    assert_ptr_equal(kl_kept_take(kept, A, NOW), &pairs[2]);
    assert_ptr_equal(kl_kept_take(kept, A, NOW), &pairs[1]);
    assert_null(kl_kept_take(kept, A, NOW));
    put(kept, A, &pairs[1], NOW);
    apr_pool_clear(*state);
    assert_int_equal(pairs[1].ended, 1);
    assert_int_equal(pairs[2].ended, 0);
    close(pairs[2].near);
    close_far(pairs, 3);
}

/* The origin decides, not the path, and no origin is the beginning of another. */
static void test_keeps_origins_apart(void **state)
{
    kl_kept_t *kept = kl_kept_make(*state, 2, end);
    pair_t pairs[2];

    make_pairs(pairs, 2);
    put(kept, A, &pairs[0], NOW);
    put(kept, B, &pairs[1], NOW);
    assert_null(kl_kept_take(kept, "https://a.example:8443/x", NOW));
    assert_null(kl_kept_take(kept, "https://b.example/x", NOW));
    assert_null(kl_kept_take(kept, "http://a.example/x", NOW));
    assert_ptr_equal(kl_kept_take(kept, "https://b.example:8443?y", NOW), &pairs[1]);
    assert_ptr_equal(kl_kept_take(kept, "https://a.example/other/path", NOW), &pairs[0]);
    end(&pairs[0]);
    end(&pairs[1]);
    close_far(pairs, 2);
}

static void test_gives_no_old_one(void **state)
{
    kl_kept_t *kept = kl_kept_make(*state, 4, end);
    pair_t pairs[3];

    make_pairs(pairs, 3);
    put(kept, A, &pairs[0], NOW);
    put(kept, A, &pairs[1], NOW + 1);
    assert_ptr_equal(kl_kept_take(kept, A, NOW + KL_KEPT_LONGEST), &pairs[1]);
    assert_null(kl_kept_take(kept, A, NOW + KL_KEPT_LONGEST));
    assert_int_equal(pairs[0].ended, 1);
    /* What a burst left goes although nobody takes it. */
    put(kept, A, &pairs[1], NOW);
    put(kept, A, &pairs[2], NOW + KL_KEPT_LONGEST);
    assert_int_equal(pairs[1].ended, 1);
    assert_ptr_equal(kl_kept_take(kept, A, NOW + KL_KEPT_LONGEST), &pairs[2]);
    end(&pairs[2]);
    close_far(pairs, 3);
}

/* Closed, or something said unasked: both end it, and the next one is taken. */
static void test_gives_none_that_spoke(void **state)
{
    kl_kept_t *kept = kl_kept_make(*state, 4, end);
    pair_t pairs[3];

    make_pairs(pairs, 3);
    for (int i = 0; i < 3; i++) {
        put(kept, A, &pairs[i], NOW);
    }
    shutdown(pairs[2].far, SHUT_RDWR);
    assert_int_equal(write(pairs[1].far, "!", 1), 1);
    assert_ptr_equal(kl_kept_take(kept, A, NOW), &pairs[0]);
    assert_int_equal(pairs[2].ended + pairs[1].ended, 2);
    end(&pairs[0]);
    close_far(pairs, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_POOL(test_keeps_the_warmest_first),
                                       WITH_POOL(test_keeps_origins_apart),
                                       WITH_POOL(test_gives_no_old_one),
                                       WITH_POOL(test_gives_none_that_spoke)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
