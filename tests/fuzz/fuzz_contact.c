/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: any text as a phone number, as an e-mail address and as an amount that is searched
 * for. First byte: the payment's country. What is taken is a number that is read again as itself;
 * what is refused is not quoted.
 */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "core/amount_text.h"
#include "core/email.h"
#include "core/limits.h"
#include "core/phone.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const char *const countries[] = {"SE", "NO", "FI", "HU", "IT", "US", "CA",
                                        "MX", "AU", "NZ", "AT", "GB", "DE", "XX"};

static void check(int truth)
{
    if (!truth) {
        abort();
    }
}

static void try_phone(apr_pool_t *p, const char *text, const char *country)
{
    kl_error_t *err = kl_error_make(p);
    kl_phone_t phone, again;

    if (kl_phone_parse(&phone, text, country, "phone", err) != KL_OK) {
        check(err->kind == KL_INVALID && err->field && err->expected);
        check(strlen(text) < 7 || !strstr(err->detail, text));
        return;
    }
    check(strspn(phone.e164 + 1, "0123456789") == strlen(phone.e164) - 1);
    check(phone.e164[0] == '+' && strlen(phone.e164) <= 16);
    check(strspn(phone.national, "0123456789") == strlen(phone.national));
    check(kl_phone_parse(&again, phone.e164, country, "phone", err) == KL_OK);
    check(strcmp(again.e164, phone.e164) == 0 && strcmp(again.national, phone.national) == 0);
    check(kl_phone_parse(&again, phone.national, phone.country, "phone", err) == KL_OK);
    check(strcmp(again.e164, phone.e164) == 0);
}

static void try_email(apr_pool_t *p, const char *text)
{
    kl_error_t *err = kl_error_make(p);

    if (kl_email_check(text, "email", err) == KL_OK) {
        check(strlen(text) <= 100 && strchr(text, '@') == strrchr(text, '@'));
        check(!strpbrk(text, " \t\r\n"));
    }
}

/* What is found is an amount of an order; written as such, it is the same again. */
static void try_amount(apr_pool_t *p, const char *text)
{
    apr_int64_t out[2], again[2];
    int n = kl_amount_text_read(text, out);

    check(n >= 0 && n <= 2);
    for (int i = 0; i < n; i++) {
        check(out[i] > 0 && out[i] <= KL_MAX_AMOUNT);
        text = apr_psprintf(p, "%" APR_INT64_T_FMT ".%02d", out[i] / 100, (int)(out[i] % 100));
        check(kl_amount_text_read(text, again) == 1 && again[0] == out[i]);
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static apr_pool_t *root;
    apr_pool_t *p;

    if (!root) {
        apr_initialize();
        apr_pool_create(&root, NULL);
    }
    if (size > 0) {
        apr_pool_create(&p, root);
        const char *text = apr_pstrmemdup(p, (const char *)data + 1, size - 1);

        try_phone(p, text, countries[data[0] % (sizeof(countries) / sizeof(countries[0]))]);
        try_email(p, text);
        try_amount(p, text);
        apr_pool_destroy(p);
    }
    return 0;
}
