/* SPDX-License-Identifier: Apache-2.0 */
/* See rate.h. A value that is not plainly a number counts as not said. */
#include "api/rate.h"

#include <apr_strings.h>
#include <string.h>

#define BLANKS " \t"

typedef struct policy_t {
    int quota, window; /* -1 = none */
} policy_t;

/* The number that fills the part at s, or -1. */
static int number(const char *s)
{
    apr_size_t digits = strspn(s, "0123456789");
    const char *end = s + digits + strspn(s + digits, BLANKS);
    apr_int64_t n = apr_atoi64(s);

    if (digits == 0 || (*end && *end != ';' && *end != ',')) {
        return -1;
    }
    return n > KL_RATE_MAX ? KL_RATE_MAX : (int)n;
}

/* The ';' or ',' that ends the part at s, or the end; a quoted string may hold both. */
static const char *end_of_part(const char *s)
{
    int quoted = 0;

    for (; *s && (quoted || (*s != ';' && *s != ',')); s++) {
        if (*s == '"') {
            quoted = !quoted;
        }
        else if (quoted && *s == '\\' && s[1]) {
            s++;
        }
    }
    return s;
}

/* Reads one policy, "40;w=1;name=\"capture\"", and returns where the next one starts. */
static const char *read_policy(policy_t *out, const char *s)
{
    s += strspn(s, BLANKS);
    out->quota = number(s);
    out->window = -1;
    for (s = end_of_part(s); *s == ';'; s = end_of_part(s)) {
        s += 1 + strspn(s + 1, BLANKS);
        if (strncmp(s, "w=", 2) == 0) {
            out->window = number(s + 2);
        }
    }
    return *s ? s + 1 : s;
}

/* "5, 5;w=1": the limit comes first, and the window with the policy of the same quota. */
static void read_limit(kl_rate_t *rate, const char *s)
{
    policy_t policy;

    s = read_policy(&policy, s);
    if (policy.quota < 1) {
        return;
    }
    rate->limit = policy.quota;
    while (*s && policy.window < 1) {
        s = read_policy(&policy, s);
        if (policy.quota != rate->limit) {
            policy.window = -1;
        }
    }
    if (policy.window > 0) {
        rate->window = policy.window;
    }
}

kl_rate_t kl_rate_read(const char *limit, const char *remaining, const char *reset)
{
    kl_rate_t rate = {.window = 1, .remaining = -1};
    int seconds = reset ? number(reset) : -1;

    if (limit) {
        read_limit(&rate, limit);
    }
    if (remaining) {
        rate.remaining = number(remaining);
    }
    rate.reset = seconds > 0 ? seconds : 0;
    return rate;
}
