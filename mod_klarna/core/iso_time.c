/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ISO 8601 as Klarna writes it. A text that is not wholly understood gives 0, "not known":
 * a wrong expiry would make a shop let an authorization lapse, or chase one that has.
 */
#include <string.h>

#include "core/iso_time.h"

/* Takes exactly `digits` digits; 0 when there are fewer or the value is outside min..max. */
static int take(const char **s, int digits, int min, int max, apr_int32_t *out)
{
    apr_int32_t n = 0;

    for (; digits > 0; digits--, (*s)++) {
        if (**s < '0' || **s > '9') {
            return 0;
        }
        n = n * 10 + (**s - '0');
    }
    *out = n;
    return n >= min && n <= max;
}

static int take_char(const char **s, char c)
{
    if (**s != c) {
        return 0;
    }
    (*s)++;
    return 1;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

static int take_date(const char **s, apr_time_exp_t *t)
{
    apr_int32_t year, month;

    if (!take(s, 4, 1970, 9999, &year) || !take_char(s, '-') || !take(s, 2, 1, 12, &month)
        || !take_char(s, '-') || !take(s, 2, 1, days_in(year, month), &t->tm_mday)) {
        return 0;
    }
    t->tm_year = year - 1900;
    t->tm_mon = month - 1;
    return 1;
}

/* ".123456789": at least one digit, what is finer than a microsecond is dropped. */
static int take_fraction(const char **s, apr_time_exp_t *t)
{
    apr_int32_t unit = 100000;

    if (!take_char(s, '.') && !take_char(s, ',')) {
        return 1;
    }
    if (**s < '0' || **s > '9') {
        return 0;
    }
    for (; **s >= '0' && **s <= '9'; (*s)++, unit /= 10) {
        t->tm_usec += (**s - '0') * unit;
    }
    return 1;
}

/* 60 is a leap second; apr counts it as the first of the next minute. */
static int take_clock(const char **s, apr_time_exp_t *t)
{
    return take(s, 2, 0, 23, &t->tm_hour) && take_char(s, ':') && take(s, 2, 0, 59, &t->tm_min)
           && take_char(s, ':') && take(s, 2, 0, 60, &t->tm_sec) && take_fraction(s, t);
}

static int take_zone(const char **s, apr_time_exp_t *t)
{
    apr_int32_t hours, minutes = 0;
    int west = **s == '-';

    if (take_char(s, 'Z')) {
        return 1;
    }
    if (!take_char(s, '+') && !take_char(s, '-')) {
        return 0;
    }
    if (!take(s, 2, 0, 23, &hours)) {
        return 0;
    }
    if (**s && (take_char(s, ':'), !take(s, 2, 0, 59, &minutes))) {
        return 0;
    }
    t->tm_gmtoff = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
    return 1;
}

apr_time_t kl_iso_time(const char *s)
{
    apr_time_exp_t t;
    apr_time_t when;

    memset(&t, 0, sizeof(t));
    if (!s || !take_date(&s, &t) || !take_char(&s, 'T') || !take_clock(&s, &t) || !take_zone(&s, &t)
        || *s) {
        return 0;
    }
    if (apr_time_exp_gmt_get(&when, &t) != APR_SUCCESS || when < 0) {
        return 0;
    }
    return when;
}
