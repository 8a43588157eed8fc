/* SPDX-License-Identifier: Apache-2.0 */
/* See plan_due_date.h. */
#include "core/plan_due_date.h"

#include <apr_strings.h>

static const kl_due_option_t *option_at(const kl_due_options_t *options, int i)
{
    return &APR_ARRAY_IDX(options->list, i, kl_due_option_t);
}

/* "14, 28" */
static const char *in_words(apr_pool_t *p, const kl_due_options_t *options)
{
    const char *words = "";

    for (int i = 0; i < options->list->nelts; i++) {
        words = apr_psprintf(p, "%s%s%" APR_INT64_T_FMT, words, i ? ", " : "",
                             option_at(options, i)->days);
    }
    return words;
}

static const kl_due_option_t *find(const kl_due_options_t *options, apr_int64_t days)
{
    for (int i = 0; i < options->list->nelts; i++) {
        if (option_at(options, i)->days == days) {
            return option_at(options, i);
        }
    }
    return NULL;
}

kl_kind_t kl_plan_due_date(kl_due_option_t *out, const kl_due_options_t *options,
                           const kl_due_date_request_t *want, kl_error_t *err)
{
    const kl_due_option_t *option = find(options, want->days);

    if (options->list->nelts == 0) {
        return kl_error_set(err, KL_CONFLICT, "no_due_date_options",
                            "Klarna offers no later due date for this capture.");
    }
    if (!option) {
        return kl_error_field(err, "not_offered", "number_of_days",
                              apr_psprintf(err->pool, "%" APR_INT64_T_FMT, want->days),
                              apr_psprintf(err->pool, "an option of Klarna's: %s",
                                           in_words(err->pool, options)));
    }
    if (want->price >= 0 && want->price != option->price) {
        kl_error_set(err, KL_CONFLICT, "price_changed",
                     "Klarna charges %" APR_INT64_T_FMT " for that now, not %" APR_INT64_T_FMT
                     ". Nothing was sent.",
                     option->price, want->price);
        kl_error_next(err, "Read the options again.");
        return err->kind;
    }
    *out = *option;
    return KL_OK;
}

void kl_plan_due_date_view(apr_pool_t *p, kl_json_t *v, const kl_due_options_t *options)
{
    kl_json_t *list = kl_json_array(p);

    for (int i = 0; i < options->list->nelts; i++) {
        kl_json_t *option = kl_json_object(p);

        kl_json_set_int(option, "number_of_days", option_at(options, i)->days);
        kl_json_set_int(option, "amount", option_at(options, i)->price);
        kl_json_append(list, option);
    }
    kl_json_set_str(v, "currency", options->currency);
    kl_json_set(v, "options", list);
}
