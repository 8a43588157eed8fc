/* SPDX-License-Identifier: Apache-2.0 */
/* See op.h. */
#include <string.h>

#include "core/op.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const char *const kind_names[] = {
    [KL_OP_PLACE_ORDER] = "place_order",
    [KL_OP_CAPTURE] = "capture",
    [KL_OP_REFUND] = "refund",
    [KL_OP_CANCEL] = "cancel",
    [KL_OP_REDUCE] = "reduce",
    [KL_OP_RELEASE] = "release",
    [KL_OP_EXTEND] = "extend",
    [KL_OP_ACKNOWLEDGE] = "acknowledge",
    [KL_OP_SHIPPING_INFO] = "shipping_info",
    [KL_OP_ADOPT] = "adopt",
    [KL_OP_REFERENCES] = "references",
    [KL_OP_SHIPPING_ADDRESS] = "shipping_address",
    [KL_OP_DUE_DATE] = "due_date",
    [KL_OP_SEND_OUT] = "send_out",
    [KL_OP_TAKE_OVER] = "take_over",
    [KL_OP_LINES] = "lines",
    [KL_OP_DISTRIBUTE] = "distribute",
};

static const char *const state_names[] = {
    [KL_OP_QUEUED] = "queued",   [KL_OP_SENT] = "sent",       [KL_OP_CONFIRMED] = "confirmed",
    [KL_OP_REFUSED] = "refused", [KL_OP_UNKNOWN] = "unknown",
};

static const char *const mark_names[] = {
    [KL_OP_UNMARKED] = "",
    [KL_OP_NOT_STARTED] = "not_started",
    [KL_OP_UNCLAIMED] = "unclaimed",
    [KL_OP_KEY_EXPIRED] = "key_expired",
};

_Static_assert(COUNT(kind_names) == KL_OP_DISTRIBUTE + 1, "each kind has a name");
_Static_assert(COUNT(state_names) == KL_OP_UNKNOWN + 1, "each state has a name");
_Static_assert(COUNT(mark_names) == KL_OP_KEY_EXPIRED + 1, "each mark has a name");

const char *kl_op_kind_name(kl_op_kind_t kind)
{
    return kind_names[kind];
}

static int index_of(const char *const *names, int n, const char *name)
{
    for (int i = 0; name != NULL && i < n; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

int kl_op_kind_parse(const char *name, kl_op_kind_t *out)
{
    int i = index_of(kind_names, COUNT(kind_names), name);

    *out = i >= 0 ? (kl_op_kind_t)i : *out;
    return i >= 0;
}

const char *kl_op_state_name(kl_op_state_t state)
{
    return state_names[state];
}

int kl_op_state_parse(const char *name, kl_op_state_t *out)
{
    int i = index_of(state_names, COUNT(state_names), name);

    *out = i >= 0 ? (kl_op_state_t)i : *out;
    return i >= 0;
}

const char *kl_op_mark_name(kl_op_mark_t mark)
{
    return mark_names[mark];
}

int kl_op_mark_parse(const char *name, kl_op_mark_t *out)
{
    int i = index_of(mark_names, COUNT(mark_names), name);

    *out = i >= 0 ? (kl_op_mark_t)i : *out;
    return i >= 0;
}

int kl_op_places(kl_op_kind_t kind)
{
    return kind == KL_OP_PLACE_ORDER || kind == KL_OP_ADOPT || kind == KL_OP_TAKE_OVER;
}

int kl_op_is_personal(kl_op_kind_t kind)
{
    return kind == KL_OP_PLACE_ORDER || kind == KL_OP_SHIPPING_ADDRESS || kind == KL_OP_DISTRIBUTE;
}

int kl_op_has_key(kl_op_kind_t kind)
{
    return !kl_op_places(kind) && !kl_op_is_sent_once(kind);
}

int kl_op_is_sent_once(kl_op_kind_t kind)
{
    return kind == KL_OP_DISTRIBUTE;
}

int kl_op_takes_the_whole(kl_op_kind_t kind)
{
    return kind == KL_OP_REDUCE || kind == KL_OP_LINES || kind == KL_OP_CANCEL
           || kind == KL_OP_RELEASE;
}

/* CAPTURE_NOT_ALLOWED, CANCEL_NOT_ALLOWED and their kin. */
int kl_op_refused_by_state(int http_status, const char *error_code)
{
    static const char no[] = "NOT_ALLOWED";
    size_t len = strlen(error_code);

    return http_status == 403 && len >= sizeof(no) - 1
           && strcmp(error_code + len - (sizeof(no) - 1), no) == 0;
}

int kl_op_is_final(kl_op_state_t state)
{
    return state == KL_OP_CONFIRMED || state == KL_OP_REFUSED;
}
