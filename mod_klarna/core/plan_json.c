/* SPDX-License-Identifier: Apache-2.0 */
/* See plan_json.h. */
#include "core/plan_json.h"
#include <apr_strings.h>
#include <string.h>

#include "core/limits.h"
#include "core/plan.h"
#include "core/reader.h"

static const char *word(const kl_reader_t *rd, const char *key)
{
    const char *s = kl_reader_str(rd, key, KL_OPTIONAL, 0, KL_MAX_STRING);

    return s != NULL ? s : "";
}

/* --- the selection --------------------------------------------------------------- */

static void read_pick(kl_pick_t *pick, const kl_reader_t *rd)
{
    kl_reader_only(rd, "reference", "quantity", "amount", NULL);
    pick->reference = kl_reader_str(rd, "reference", KL_REQUIRED, 1, KL_MAX_STRING);
    pick->quantity = kl_reader_int(rd, "quantity", KL_OPTIONAL, 0, 0, KL_MAX_QUANTITY);
    pick->has_amount = kl_json_get(rd->obj, "amount") != NULL;
    pick->amount = kl_reader_int(rd, "amount", KL_OPTIONAL, 0, -KL_MAX_AMOUNT, KL_MAX_AMOUNT);
    if (pick->quantity == 0 && !pick->has_amount) {
        kl_error_field(rd->err, "missing", kl_reader_name(rd, "quantity"), NULL,
                       "a quantity of at least 1, or an amount");
    }
}

static apr_array_header_t *read_picks(const kl_reader_t *rd)
{
    const kl_json_t *arr = kl_reader_array(rd, "lines", KL_REQUIRED, 1, KL_MAX_LINES);
    int n = arr != NULL ? (int)kl_json_size(arr) : 0;
    apr_array_header_t *picks = apr_array_make(rd->p, n, sizeof(kl_pick_t));

    for (int i = 0; i < n && rd->err->kind == KL_OK; i++) {
        kl_reader_t entry = kl_reader_entry(rd, "lines", arr, i);

        read_pick(apr_array_push(picks), &entry);
    }
    return picks;
}

static void read_selection(kl_selection_t *what, const kl_reader_t *rd)
{
    int everything = kl_json_get(rd->obj, "everything") != NULL;
    int amount = kl_json_get(rd->obj, "amount") != NULL;
    int lines = kl_json_get(rd->obj, "lines") != NULL;

    if (everything + amount + lines != 1) {
        kl_error_field(rd->err, "selection", kl_reader_name(rd, "lines"),
                       everything + amount + lines == 0 ? "none of them" : "several of them",
                       "exactly one of everything, amount and lines");
    }
    else if (everything) {
        what->everything = kl_reader_bool(rd, "everything", 1);
        if (!what->everything) {
            kl_error_field(rd->err, "unknown_value", kl_reader_name(rd, "everything"), "false",
                           "true, or an amount or lines instead");
        }
    }
    else if (amount) {
        what->has_amount = 1;
        what->amount = kl_reader_int(rd, "amount", KL_REQUIRED, 0, 1, KL_MAX_AMOUNT);
    }
    else {
        what->picks = read_picks(rd);
    }
}

/* --- shipping info --------------------------------------------------------------- */

static const char *const methods[] = {
    "PickUpStore",    "Home",           "BoxReg",  "BoxUnreg",  "PickUpPoint",     "Own",
    "Postal",         "DHLPackstation", "Digital", "Undefined", "PickUpWarehouse", "ClickCollect",
    "PalletDelivery",
};

static void copy_str(kl_json_t *to, const kl_reader_t *rd, const char *key, apr_size_t max)
{
    kl_json_set_str(to, key, kl_reader_str(rd, key, KL_OPTIONAL, 1, max));
}

/* The address is shown as a link, so it must be one that only leads somewhere. */
static void copy_uri(kl_json_t *to, const kl_reader_t *rd, const char *key)
{
    const char *uri = kl_reader_str(rd, key, KL_OPTIONAL, 1, KL_MAX_URL);

    if (uri != NULL && strncmp(uri, "https://", 8) != 0 && strncmp(uri, "http://", 7) != 0) {
        kl_error_field(rd->err, "not_a_url", kl_reader_name(rd, key), NULL, "an http or https URL");
    }
    kl_json_set_str(to, key, uri);
}

static void copy_method(kl_json_t *to, const kl_reader_t *rd)
{
    const char *method = kl_reader_str(rd, "shipping_method", KL_OPTIONAL, 1, KL_MAX_STRING);
    const char *all = methods[0];
    apr_size_t i;

    for (i = 0; method != NULL && i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (strcmp(method, methods[i]) == 0) {
            kl_json_set_str(to, "shipping_method", method);
            return;
        }
    }
    if (method != NULL) {
        for (i = 1; i < sizeof(methods) / sizeof(methods[0]); i++) {
            all = apr_pstrcat(rd->p, all, ", ", methods[i], NULL);
        }
        kl_error_field(rd->err, "unknown_value", kl_reader_name(rd, "shipping_method"), method,
                       apr_pstrcat(rd->p, "one of ", all, NULL));
    }
}

/* Limits: Order Management, shipping_info. */
static kl_json_t *read_parcel(const kl_reader_t *rd)
{
    kl_json_t *v = kl_json_object(rd->p);

    kl_reader_only(rd, "shipping_company", "shipping_method", "tracking_number", "tracking_uri",
                   "return_shipping_company", "return_tracking_number", "return_tracking_uri",
                   NULL);
    copy_str(v, rd, "shipping_company", 100);
    copy_method(v, rd);
    copy_str(v, rd, "tracking_number", 100);
    copy_uri(v, rd, "tracking_uri");
    copy_str(v, rd, "return_shipping_company", 100);
    copy_str(v, rd, "return_tracking_number", 100);
    copy_uri(v, rd, "return_tracking_uri");
    if (kl_json_size(v) == 0) {
        kl_error_field(rd->err, "missing", kl_reader_name(rd, "tracking_number"), NULL,
                       "at least one member of the shipping info");
    }
    return v;
}

kl_kind_t kl_plan_json_shipping_info(const char **text, const kl_reader_t *rd, int required)
{
    const kl_json_t *arr = kl_reader_array(rd, "shipping_info", required, required ? 1 : 0,
                                           KL_MAX_SHIPPING_INFO);
    kl_json_t *out = kl_json_array(rd->p);
    int n = arr != NULL ? (int)kl_json_size(arr) : 0;

    for (int i = 0; i < n && rd->err->kind == KL_OK; i++) {
        kl_reader_t entry = kl_reader_entry(rd, "shipping_info", arr, i);

        kl_json_append(out, read_parcel(&entry));
    }
    *text = kl_json_text(rd->p, out);
    return rd->err->kind;
}

/* --- the requests ---------------------------------------------------------------- */

kl_kind_t kl_plan_json_capture(kl_capture_request_t *want, apr_pool_t *p, const kl_json_t *v,
                               kl_error_t *err)
{
    kl_reader_t rd = kl_reader(p, v, "", err);

    memset(want, 0, sizeof(*want));
    kl_reader_only(&rd, "everything", "amount", "lines", "reference", "description",
                   "shipping_info", NULL);
    read_selection(&want->what, &rd);
    want->reference = word(&rd, "reference");
    want->description = word(&rd, "description");
    kl_plan_json_shipping_info(&want->shipping_info, &rd, KL_OPTIONAL);
    return err->kind;
}

/* Lines have names and rates of their own. */
static void read_name(kl_credit_request_t *want, const kl_reader_t *rd)
{
    static const char *const members[] = {"name", "tax_rate"};

    want->name = word(rd, "name");
    want->taxed = kl_json_get(rd->obj, "tax_rate") != NULL;
    want->tax_rate = kl_reader_int(rd, "tax_rate", KL_OPTIONAL, 0, 0, KL_MAX_TAX_RATE);
    for (int i = 0; i < 2; i++) {
        if (!want->what.has_amount && kl_json_get(rd->obj, members[i])) {
            kl_error_field(rd->err, "selection", kl_reader_name(rd, members[i]), NULL,
                           "only together with amount");
        }
    }
}

kl_kind_t kl_plan_json_credit(kl_credit_request_t *want, apr_pool_t *p, const kl_json_t *v,
                              kl_error_t *err)
{
    kl_reader_t rd = kl_reader(p, v, "", err);

    memset(want, 0, sizeof(*want));
    kl_reader_only(&rd, "everything", "amount", "lines", "release", "name", "tax_rate",
                   "return_fee", "return_fee_tax_rate", "reference", "confirm_reference", "comment",
                   "credit_note", NULL);
    read_selection(&want->what, &rd);
    want->release = kl_reader_bool(&rd, "release", 0);
    read_name(want, &rd);
    want->confirm_reference = kl_reader_bool(&rd, "confirm_reference", 0);
    want->return_fee = kl_reader_int(&rd, "return_fee", KL_OPTIONAL, 0, 0, KL_MAX_AMOUNT);
    want->return_fee_tax_rate = kl_reader_int(&rd, "return_fee_tax_rate", KL_OPTIONAL, 0, 0,
                                              KL_MAX_TAX_RATE);
    want->reference = word(&rd, "reference");
    want->comment = word(&rd, "comment");
    want->credit_note = word(&rd, "credit_note");
    return err->kind;
}
