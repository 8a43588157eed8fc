/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See instore_state.h. What Klarna has not confirmed stands in this file alone:
 * - A session that is over reads as 404; no page says that a paid one does not. So it has expired
 *   only when its time is over, and the caller asks Klarna's payment session before it saves that.
 * - The codes of a QR session that Klarna declined are not listed. Those known from Klarna Payments
 *   are taken for it, all others for a failure. Either way it is over and nothing was paid.
 * - EXPIRED is in no list of Klarna's words, but clients know it: it is read as that 404.
 * - Klarna's pages have both CANCELED and CANCELLED for a QR session.
 */
#include "core/instore_state.h"

#include <apr_strings.h>
#include <string.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* --- the table ------------------------------------------------------------------------- */

/* Who ended it, by Klarna's word alone. Whoever of us wanted it ended comes first where the word
 * does not tell. */
typedef enum { NOBODY, CUSTOMER, US_OR_CUSTOMER, US_OR_KLARNA, KLARNA } ender_t;

typedef struct row_t {
    kl_way_t way;
    const char *word;
    kl_instore_state_t state;
    ender_t ender;
    kl_words_t why; /* {NULL, NULL}: nothing to say about it */
} row_t;

static const row_t rows[] = {
    {KL_WAY_HOSTED_PAGE, "WAITING", KL_INSTORE_WAITING, NOBODY, {NULL, NULL}},
    {KL_WAY_HOSTED_PAGE, "IN_PROGRESS", KL_INSTORE_IN_PROGRESS, NOBODY, {NULL, NULL}},
    {KL_WAY_HOSTED_PAGE,
     "BACK",
     KL_INSTORE_IN_PROGRESS,
     NOBODY,
     {"went_back", "The customer went back. They can open the link again and go on."}},
    {KL_WAY_HOSTED_PAGE,
     "MANUAL_ID_CHECK",
     KL_INSTORE_IN_PROGRESS,
     NOBODY,
     {KL_INSTORE_ID_CHECK, "Klarna wants staff to check who the customer is: look at an identity "
                           "document, then follow what Klarna's page says."}},
    {KL_WAY_HOSTED_PAGE,
     "FAILED",
     KL_INSTORE_IN_PROGRESS,
     NOBODY,
     {"refused_may_retry",
      "Klarna refused it this time. The customer can try again or choose another way to pay."}},
    {KL_WAY_HOSTED_PAGE,
     "ERROR",
     KL_INSTORE_IN_PROGRESS,
     NOBODY,
     {"error_may_retry", "Something went wrong at Klarna. The customer can try again."}},
    {KL_WAY_HOSTED_PAGE, "COMPLETED", KL_INSTORE_COMPLETED, NOBODY, {NULL, NULL}},
    {KL_WAY_HOSTED_PAGE, "CANCELLED", KL_INSTORE_CANCELLED, CUSTOMER, {NULL, NULL}},
    {KL_WAY_HOSTED_PAGE, "DISABLED", KL_INSTORE_CANCELLED, US_OR_KLARNA, {NULL, NULL}},
    {KL_WAY_QR, "WAITING", KL_INSTORE_WAITING, NOBODY, {NULL, NULL}},
    {KL_WAY_QR, "DISTRIBUTED", KL_INSTORE_WAITING, NOBODY, {NULL, NULL}},
    {KL_WAY_QR, "ACCESSED", KL_INSTORE_IN_PROGRESS, NOBODY, {NULL, NULL}},
    {KL_WAY_QR, "COMPLETED", KL_INSTORE_COMPLETED, NOBODY, {NULL, NULL}},
    {KL_WAY_QR, "CANCELED", KL_INSTORE_CANCELLED, US_OR_CUSTOMER, {NULL, NULL}},
    {KL_WAY_QR, "CANCELLED", KL_INSTORE_CANCELLED, US_OR_CUSTOMER, {NULL, NULL}},
    {KL_WAY_QR,
     "FAILED",
     KL_INSTORE_FAILED,
     KLARNA,
     {"klarna_failed", "Klarna could not carry it out. Nothing was paid: start a new payment."}},
};

static const kl_words_t disabled_elsewhere =
    {"disabled_elsewhere",
     "It was ended at Klarna by somebody else with this merchant account. Nothing was paid."};

static const row_t expired = {.state = KL_INSTORE_EXPIRED,
                              .ender = KLARNA,
                              .why = {"expired", "Its time was over before the customer paid."}};
static const row_t ended = {.state = KL_INSTORE_CANCELLED, .ender = US_OR_KLARNA};

/* What a QR session failed with. */
typedef struct failure_t {
    const char *error_code;
    kl_instore_state_t state;
    kl_words_t why;
} failure_t;

#define DECLINED \
    { \
        "declined", "Klarna declined this purchase: offer another way to pay." \
    }

static const failure_t failures[] = {
    {"REJECTED", KL_INSTORE_DECLINED, DECLINED},
    {"DECLINED", KL_INSTORE_DECLINED, DECLINED},
    {"BAD_REQUEST",
     KL_INSTORE_FAILED,
     {"short_code",
      "Klarna does not take this code or this purchase. Nothing was paid: start a new "
      "payment without a code and show its QR code."}},
    {"PERMISSION_DENIED",
     KL_INSTORE_FAILED,
     {"not_permitted", "This merchant account may not do that: ask Klarna's merchant support. "
                       "Nothing was paid."}},
};

/* --- looking it up --------------------------------------------------------------------- */

/* Before its end a session that is not known is either new or one that we ended. */
static const row_t *row_when_gone(const kl_instore_t *instore, apr_time_t now)
{
    if (instore->link_until > 0 && now >= instore->link_until) {
        return &expired;
    }
    return instore->abort_by[0] ? &ended : NULL;
}

static const row_t *row_of(const kl_instore_t *instore, const char *word, apr_time_t now)
{
    if (strcmp(word, KL_INSTORE_GONE) == 0 || strcmp(word, "EXPIRED") == 0) {
        return row_when_gone(instore, now);
    }
    for (int i = 0; i < COUNT(rows); i++) {
        if (rows[i].way == instore->way && strcmp(rows[i].word, word) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static const char *ender_of(ender_t ender, const kl_instore_t *instore)
{
    switch (ender) {
    case CUSTOMER:
        return "customer";
    case US_OR_CUSTOMER:
        return instore->abort_by[0] ? instore->abort_by : "customer";
    case US_OR_KLARNA:
        return instore->abort_by[0] ? instore->abort_by : "klarna";
    case KLARNA:
        return "klarna";
    case NOBODY:
        break;
    }
    return "";
}

/* A code that is not known here is quoted: whoever asks Klarna needs it. */
static void set_failure(apr_pool_t *p, kl_instore_t *next, const char *error_code)
{
    for (int i = 0; i < COUNT(failures); i++) {
        if (strcmp(failures[i].error_code, error_code) == 0) {
            next->state = failures[i].state;
            next->reason_code = failures[i].why.code;
            next->reason = failures[i].why.text;
            return;
        }
    }
    if (error_code[0]) {
        next->reason = apr_psprintf(p, "%s (Klarna: %s)", next->reason, error_code);
    }
}

static void apply(apr_pool_t *p, kl_instore_t *next, const row_t *row,
                  const kl_instore_seen_t *seen, apr_time_t now)
{
    next->state = row->state;
    next->ended_by = ender_of(row->ender, next);
    next->reason_code = row->why.code ? row->why.code : "";
    next->reason = row->why.text ? row->why.text : "";
    if (row->state == KL_INSTORE_CANCELLED && strcmp(next->ended_by, "klarna") == 0) {
        next->reason_code = disabled_elsewhere.code;
        next->reason = disabled_elsewhere.text;
    }
    if (row->state == KL_INSTORE_FAILED) {
        set_failure(p, next, seen->error_code);
    }
    if (row->state == KL_INSTORE_COMPLETED) {
        next->completed_at = now;
    }
}

int kl_instore_state_fold(apr_pool_t *p, kl_instore_t *instore, const kl_instore_seen_t *seen,
                          apr_time_t now)
{
    kl_instore_t next = *instore;
    const row_t *row;
    int changed;

    if (kl_instore_is_final(instore->state)) {
        return 0;
    }
    if (seen->link[0]) {
        next.link = seen->link;
    }
    if (seen->link_until > 0) {
        next.link_until = seen->link_until;
    }
    row = row_of(&next, seen->word, now);
    if (row && row->state >= instore->state) {
        apply(p, &next, row, seen, now);
    }
    changed = next.state != instore->state || strcmp(next.reason_code, instore->reason_code) != 0
              || strcmp(next.link, instore->link) != 0 || next.link_until != instore->link_until;
    *instore = next;
    return changed;
}

apr_interval_time_t kl_instore_state_life(kl_way_t way)
{
    return apr_time_from_sec(3600) * (way == KL_WAY_QR ? 46 : 48);
}
