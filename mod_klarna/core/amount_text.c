/* SPDX-License-Identifier: Apache-2.0 */
/* See amount_text.h. */
#include "core/amount_text.h"

#include <apr_lib.h>
#include <stddef.h>
#include <string.h>

#include "core/limits.h"

#define MINOR 100
#define MOST_DIGITS 12

/* Bytes of a mark that only parts thousands: blanks, those that do not break included, and
 * apostrophes. */
static size_t is_blank(const char *text)
{
    static const char *const blanks[] = {" ", "'", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x99"};

    for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
        if (strncmp(text, blanks[i], strlen(blanks[i])) == 0) {
            return strlen(blanks[i]);
        }
    }
    return 0;
}

static int is_point(char c)
{
    return c == '.' || c == ',';
}

/* Digits and points alone, '\0' at its end; 0 when there is anything else or too much. */
static int squeeze(const char *text, char out[2 * MOST_DIGITS])
{
    int n = 0;

    while (*text) {
        size_t blank = is_blank(text);

        if (blank) {
            text += blank;
        }
        else if (n < 2 * MOST_DIGITS - 1 && (apr_isdigit(*text) || is_point(*text))) {
            out[n++] = *text++;
        }
        else {
            return 0;
        }
    }
    out[n] = '\0';
    return n > 0 && apr_isdigit(out[0]);
}

/* Whole units with their thousands in threes or not parted at all; -1 when it is no number. */
static apr_int64_t whole(const char *text, const char *end)
{
    apr_int64_t n = 0;
    int digits = 0, since = -1; /* the last point */

    for (; text < end; text++) {
        if (is_point(*text)) {
            if (since >= 0 && since != 3) {
                return -1;
            }
            since = 0;
            continue;
        }
        n = n * 10 + (*text - '0');
        since += since >= 0;
        if (++digits > MOST_DIGITS) {
            return -1;
        }
    }
    return since >= 0 && since != 3 ? -1 : n;
}

static int add(apr_int64_t out[2], int n, apr_int64_t amount)
{
    if (amount > 0 && amount <= KL_MAX_AMOUNT) {
        out[n++] = amount;
    }
    return n;
}

int kl_amount_text_read(const char *text, apr_int64_t out[2])
{
    char number[2 * MOST_DIGITS] = "";
    const char *end, *point;
    apr_int64_t units;
    int n = 0, cents = 0;

    if (!squeeze(text, number)) {
        return 0;
    }
    end = number + strlen(number);
    for (point = end; point > number && !is_point(*point); point--) {
    }
    if (point == number) {
        units = whole(number, end);
        n = add(out, 0, units);
        return units > 0 ? add(out, n, units * MINOR) : 0;
    }
    if (end - point == 2 || end - point == 3) {
        cents = (point[1] - '0') * 10 + (end - point == 3 ? point[2] - '0' : 0);
        end = point;
    }
    units = whole(number, end);
    return units < 0 ? 0 : add(out, 0, units * MINOR + cents);
}
