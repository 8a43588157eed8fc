/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of the countries' numbers and the one reader of a number.
 *
 * Klarna's examples of a distribution have the number as it is dialled within the country, with the
 * country beside it. That E.164 would do as well is nowhere said: kl_phone_t.national is the one
 * place that decides.
 *
 * +1 is taken for the payment's own country, the US or Canada (else the US): which of them a number
 * belongs to, or to an island of the Caribbean, only its area code tells.
 */
#include "core/phone.h"

#include <apr_strings.h>
#include <string.h>

#include "core/country.h"

#define MOST_DIGITS 15 /* E.164 */
#define MOST_TYPED 40  /* bytes, with what stands between digits */

#define LEN(n) (1u << (n))

typedef struct numbering_t {
    const char *country;
    const char *calling_code;
    const char *trunk; /* dialled before a number within the country */
    int written;       /* 1: the trunk prefix is part of the number as people write it */
    unsigned lengths;  /* LEN of each number of digits that mobile numbers have, without trunk */
} numbering_t;

/* Source: ITU-T E.164 and the national numbering plans filed with it (E.129). Calling codes are
 * free of prefixes: none begins with another. Mexico's 1 before mobile numbers ended in 2019. */
static const numbering_t numberings[] = {
    {"AT", "43", "0", 1, LEN(7) | LEN(8) | LEN(9) | LEN(10) | LEN(11) | LEN(12) | LEN(13)},
    {"BE", "32", "0", 1, LEN(9)},
    {"CH", "41", "0", 1, LEN(9)},
    {"CZ", "420", "", 0, LEN(9)},
    {"DE", "49", "0", 1, LEN(10) | LEN(11)},
    {"DK", "45", "", 0, LEN(8)},
    {"ES", "34", "", 0, LEN(9)},
    {"FI", "358", "0", 1, LEN(6) | LEN(7) | LEN(8) | LEN(9) | LEN(10)},
    {"FR", "33", "0", 1, LEN(9)},
    {"GB", "44", "0", 1, LEN(10)},
    {"GR", "30", "", 0, LEN(10)},
    {"HU", "36", "06", 1, LEN(9)},
    {"IE", "353", "0", 1, LEN(9)},
    {"IT", "39", "", 0, LEN(9) | LEN(10)},
    {"NL", "31", "0", 1, LEN(9) | LEN(11)},
    {"NO", "47", "", 0, LEN(8)},
    {"PL", "48", "", 0, LEN(9)},
    {"PT", "351", "", 0, LEN(9)},
    {"RO", "40", "0", 1, LEN(9)},
    {"SE", "46", "0", 1, LEN(9)},
    {"SK", "421", "0", 1, LEN(9)},
    {"US", "1", "1", 0, LEN(10)},
    {"CA", "1", "1", 0, LEN(10)},
    {"MX", "52", "1", 0, LEN(10)},
    {"AU", "61", "0", 1, LEN(9)},
    {"NZ", "64", "0", 1, LEN(8) | LEN(9) | LEN(10)},
};

#define NUMBERINGS (sizeof(numberings) / sizeof(numberings[0]))

static const numbering_t *numbering_of(const char *country)
{
    for (apr_size_t i = 0; i < NUMBERINGS; i++) {
        if (strcmp(numberings[i].country, country) == 0) {
            return &numberings[i];
        }
    }
    return NULL;
}

static int begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* own's country when the calling code is its own, too: +1 has two. */
static const numbering_t *numbering_by_code(const char *digits, const numbering_t *own)
{
    if (begins_with(digits, own->calling_code)) {
        return own;
    }
    for (apr_size_t i = 0; i < NUMBERINGS; i++) {
        if (begins_with(digits, numberings[i].calling_code)) {
            return &numberings[i];
        }
    }
    return NULL;
}

/* How long is what may stand between two digits: a no-break space has two bytes. */
static apr_size_t separator(const char *c)
{
    return *c && strchr(" -./()", *c) ? 1 : begins_with(c, "\xc2\xa0") ? 2 : 0;
}

/* The digits alone; *international when they begin with a calling code. 0: something else came. */
static int read_digits(const char *typed, char *digits, int *international)
{
    const char *c = typed;
    int n = 0;

    while (separator(c)) {
        c += separator(c);
    }
    *international = *c == '+';
    c += *international;
    while (*c) {
        apr_size_t skip = separator(c);

        if (!skip && (*c < '0' || *c > '9')) {
            return 0;
        }
        if (!skip) {
            digits[n++] = *c;
        }
        c += skip ? skip : 1;
    }
    digits[n] = '\0';
    if (!*international && begins_with(digits, "00")) {
        *international = 1;
        memmove(digits, digits + 2, n - 1);
    }
    return 1;
}

/* "43, 32, 41": of the countries in this region */
static const char *codes_in_words(apr_pool_t *p, kl_region_t region)
{
    const char *words = NULL;

    for (apr_size_t i = 0; i < NUMBERINGS; i++) {
        const kl_country_t *country = kl_country_find(numberings[i].country);

        if (country && country->region == region) {
            words = apr_pstrcat(p, words ? words : "", words ? ", +" : "+",
                                numberings[i].calling_code, NULL);
        }
    }
    return apr_pstrcat(p,
                       "a calling code of a country where Klarna sells, in this account's region: ",
                       words, NULL);
}

/* "9 or 10" */
static const char *lengths_in_words(apr_pool_t *p, unsigned lengths)
{
    const char *words = NULL;

    for (int n = MOST_DIGITS; n > 0; n--) {
        if (lengths & LEN(n)) {
            words = !words
                        ? apr_itoa(p, n)
                        : apr_psprintf(p, "%d%s%s", n, strchr(words, ' ') ? ", " : " or ", words);
        }
    }
    return words;
}

static kl_kind_t refuse_length(const numbering_t *of, const char *field, apr_size_t n,
                               kl_error_t *err)
{
    apr_pool_t *p = err->pool;

    return kl_error_field(err, "phone_length", field,
                          apr_psprintf(p, "%" APR_SIZE_T_FMT " digits", n),
                          apr_psprintf(p, "a mobile number of %s: +%s and %s digits%s%s",
                                       of->country, of->calling_code,
                                       lengths_in_words(p, of->lengths),
                                       of->written ? ", or within the country with the leading "
                                                   : "",
                                       of->written ? of->trunk : ""));
}

static apr_size_t trunk_of(const numbering_t *of, const char *digits)
{
    return begins_with(digits, of->trunk) ? strlen(of->trunk) : 0;
}

/* digits: without calling code, maybe with the trunk prefix, with which no number begins itself. */
static kl_kind_t fill(kl_phone_t *out, const numbering_t *of, const char *digits, const char *field,
                      kl_error_t *err)
{
    apr_size_t n;

    digits += trunk_of(of, digits);
    n = strlen(digits);
    if (n > MOST_DIGITS || !(of->lengths & LEN(n)) || digits[0] == '0' || trunk_of(of, digits)) {
        return refuse_length(of, field, n, err);
    }
    out->country = of->country;
    apr_snprintf(out->e164, sizeof(out->e164), "+%s%s", of->calling_code, digits);
    apr_snprintf(out->national, sizeof(out->national), "%s%s", of->written ? of->trunk : "",
                 digits);
    return err->kind;
}

static int same_region(const numbering_t *a, const numbering_t *b)
{
    const kl_country_t *one = kl_country_find(a->country), *other = kl_country_find(b->country);

    return one && other && one->region == other->region;
}

kl_kind_t kl_phone_parse(kl_phone_t *out, const char *typed, const char *country, const char *field,
                         kl_error_t *err)
{
    const numbering_t *own = numbering_of(country), *of = own;
    const char *number;
    char digits[MOST_TYPED + 1];
    int international;

    if (!own) {
        return kl_error_field(err, "unknown_country", "country", country,
                              "a country where Klarna sells");
    }
    if (strlen(typed) > MOST_TYPED || !read_digits(typed, digits, &international)) {
        return kl_error_field(err, "phone_character", field, NULL,
                              "digits, with spaces or hyphens between them, after + with a "
                              "calling code");
    }
    number = digits;
    if (international) {
        of = numbering_by_code(digits, own);
        if (!of || !same_region(of, own)) {
            return kl_error_field(err, "phone_country", field, of ? of->country : NULL,
                                  codes_in_words(err->pool, kl_country_find(country)->region));
        }
        number += strlen(of->calling_code);
    }
    return fill(out, of, number, field, err);
}
