/* SPDX-License-Identifier: Apache-2.0 */
/* See instore.h. */
#include "core/instore.h"

#include <string.h>

#include "core/limits.h"
#include "core/reader.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const char *const states[] = {
    [KL_INSTORE_WAITING] = "WAITING",     [KL_INSTORE_IN_PROGRESS] = "IN_PROGRESS",
    [KL_INSTORE_COMPLETED] = "COMPLETED", [KL_INSTORE_CANCELLED] = "CANCELLED",
    [KL_INSTORE_EXPIRED] = "EXPIRED",     [KL_INSTORE_DECLINED] = "DECLINED",
    [KL_INSTORE_FAILED] = "FAILED",
};

static const char *const ways[] = {
    [KL_WAY_HOSTED_PAGE] = "hosted_page",
    [KL_WAY_QR] = "qr",
};

static const char *const starts[] = {
    [KL_START_CALLING] = "calling",
    [KL_START_MADE] = "made",
    [KL_START_UNKNOWN] = "unknown",
};

static const char *const sends[] = {
    [KL_SEND_NONE] = "none",       [KL_SEND_SENDING] = "sending", [KL_SEND_SENT] = "sent",
    [KL_SEND_UNKNOWN] = "unknown", [KL_SEND_REFUSED] = "refused",
};

/* Index of name among n words, or -1. */
static int find(const char *const *words, int n, const char *name)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(words[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *kl_instore_state_name(kl_instore_state_t state)
{
    return states[state];
}

int kl_instore_state_parse(const char *name, kl_instore_state_t *out)
{
    int i = find(states, COUNT(states), name);

    if (i >= 0) {
        *out = (kl_instore_state_t)i;
    }
    return i >= 0;
}

const char *kl_instore_way_name(kl_way_t way)
{
    return ways[way];
}

int kl_instore_way_parse(const char *name, kl_way_t *out)
{
    int i = find(ways, COUNT(ways), name);

    if (i >= 0) {
        *out = (kl_way_t)i;
    }
    return i >= 0;
}

const char *kl_instore_start_name(kl_start_t start)
{
    return starts[start];
}

const char *kl_instore_send_name(kl_send_t sent)
{
    return sends[sent];
}

int kl_instore_is_final(kl_instore_state_t state)
{
    return state != KL_INSTORE_WAITING && state != KL_INSTORE_IN_PROGRESS;
}

/* --- its life ---------------------------------------------------------------------------- */

kl_instore_t *kl_instore_make(apr_pool_t *p)
{
    kl_instore_t *instore = apr_pcalloc(p, sizeof(*instore));

    instore->department = instore->till = instore->terminal = instore->cashier = "";
    instore->invoice = instore->reason_code = instore->reason = "";
    instore->page_id = instore->result_path = instore->send_path = instore->link =
        instore->id_check_url = "";
    instore->abort_by = instore->ended_by = instore->sent_to = instore->send_refusal = "";
    instore->phone = instore->email = instore->verified_by = instore->named = "";
    instore->method = "qr";
    instore->notes = apr_array_make(p, 1, sizeof(kl_noted_t));
    return instore;
}

void kl_instore_wipe(kl_instore_t *instore)
{
    instore->sent_to = instore->phone = instore->email = "";
}

void kl_instore_ended(kl_order_t *order)
{
    kl_instore_wipe(order->instore);
    order->state = kl_instore_order_state(order->instore->state);
    order->reason_code = order->instore->reason_code;
    order->reason = order->instore->reason;
}

void kl_instore_end(kl_order_t *order, kl_instore_state_t state, const char *by)
{
    if (!kl_instore_is_final(order->instore->state)) {
        order->instore->state = state;
        order->instore->ended_by = by;
        kl_instore_ended(order);
    }
}

void kl_instore_complete(kl_instore_t *instore, apr_time_t now)
{
    instore->state = KL_INSTORE_COMPLETED;
    instore->completed_at = instore->completed_at ? instore->completed_at : now;
    instore->reason_code = instore->reason = "";
    instore->abort_by = ""; /* too late: whether the money goes back is asked anew */
    kl_instore_wipe(instore);
}

kl_order_state_t kl_instore_order_state(kl_instore_state_t state)
{
    if (!kl_instore_is_final(state)) {
        return KL_ORDER_CREATED;
    }
    return state == KL_INSTORE_DECLINED ? KL_ORDER_DECLINED : KL_ORDER_ABANDONED;
}

/* --- as stored ----------------------------------------------------------------------------- */

/* Its texts: member of the document, and where it is. */
#define TEXTS(T) \
    T(department) \
    T(till) \
    T(terminal) \
    T(cashier) \
    T(invoice) \
    T(reason_code) \
    T(reason) \
    T(page_id) \
    T(result_path) \
    T(send_path) \
    T(link) \
    T(id_check_url) \
    T(named) \
    T(abort_by) \
    T(ended_by) \
    T(method) \
    T(sent_to) \
    T(send_refusal) \
    T(phone) \
    T(email) \
    T(verified_by)

#define TIMES(T) \
    T(link_until) \
    T(time_out_at) \
    T(completed_at) \
    T(verified_at)

static kl_json_t *notes_json(apr_pool_t *p, const apr_array_header_t *notes)
{
    kl_json_t *arr = notes->nelts > 0 ? kl_json_array(p) : NULL;

    for (int i = 0; i < notes->nelts; i++) {
        const kl_noted_t *noted = &APR_ARRAY_IDX(notes, i, kl_noted_t);
        kl_json_t *v = kl_json_object(p);

        kl_json_set_str(v, "reference", noted->reference);
        kl_json_set_int(v, "amount", noted->amount);
        kl_json_set_int(v, "at", noted->at);
        kl_json_append(arr, v);
    }
    return arr;
}

kl_json_t *kl_instore_json(apr_pool_t *p, const kl_instore_t *instore)
{
    kl_json_t *v;

    if (!instore) {
        return NULL;
    }
    v = kl_json_object(p);
    kl_json_set_str(v, "way", kl_instore_way_name(instore->way));
    kl_json_set_str(v, "state", kl_instore_state_name(instore->state));
    kl_json_set_str(v, "start", kl_instore_start_name(instore->start));
    kl_json_set_str(v, "sent", kl_instore_send_name(instore->sent));
    kl_json_set_bool(v, "places_only", instore->places_only);
    kl_json_set_bool(v, "short_code", instore->short_code);
#define WRITE_TEXT(member) kl_json_set_str(v, #member, instore->member[0] ? instore->member : NULL);
    TEXTS(WRITE_TEXT)
#define WRITE_TIME(member) kl_json_set_int(v, #member, instore->member);
    TIMES(WRITE_TIME)
    kl_json_set(v, "notes", notes_json(p, instore->notes));
    return v;
}

/* Index of the word that stands there, 0 with an error when it is none of them. */
static int word(const kl_reader_t *rd, const char *key, const char *const *words, int n)
{
    const char *name = kl_json_str(rd->obj, key);
    int i = name ? find(words, n, name) : -1;

    if (i < 0) {
        kl_error_field(rd->err, "unknown_value", kl_reader_name(rd, key), NULL, "a word of ours");
    }
    return i < 0 ? 0 : i;
}

static void read_notes(kl_instore_t *out, const kl_reader_t *rd)
{
    const kl_json_t *arr = kl_reader_array(rd, "notes", KL_OPTIONAL, 0, KL_MAX_CREDIT_NOTES);

    for (apr_size_t i = 0; i < kl_json_size(arr); i++) {
        kl_reader_t entry = kl_reader_entry(rd, "notes", arr, i);
        const char *reference = kl_reader_str(&entry, "reference", KL_REQUIRED, 1, KL_MAX_STRING);

        APR_ARRAY_PUSH(out->notes, kl_noted_t) = (kl_noted_t){
            .reference = reference ? reference : "",
            .amount = kl_reader_int(&entry, "amount", KL_REQUIRED, 0, 0, KL_BOUND),
            .at = kl_reader_int(&entry, "at", KL_REQUIRED, 0, 0, APR_INT64_MAX),
        };
    }
}

kl_instore_t *kl_instore_read(const kl_reader_t *rd)
{
    kl_instore_t *out = kl_instore_make(rd->p);
    const char *text;

    out->way = (kl_way_t)word(rd, "way", ways, COUNT(ways));
    out->state = (kl_instore_state_t)word(rd, "state", states, COUNT(states));
    out->start = (kl_start_t)word(rd, "start", starts, COUNT(starts));
    out->sent = (kl_send_t)word(rd, "sent", sends, COUNT(sends));
    out->places_only = kl_json_bool(rd->obj, "places_only", 0);
    out->short_code = kl_json_bool(rd->obj, "short_code", 0);
#define READ_TEXT(member) \
    text = kl_json_str(rd->obj, #member); \
    out->member = text ? text : "";
    TEXTS(READ_TEXT)
#define READ_TIME(member) \
    out->member = kl_reader_int(rd, #member, KL_OPTIONAL, 0, 0, APR_INT64_MAX);
    TIMES(READ_TIME)
    read_notes(out, rd);
    return out;
}
