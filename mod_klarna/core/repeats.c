/* SPDX-License-Identifier: Apache-2.0 */
/* See repeats.h. */
#include "core/repeats.h"

#include <apr_strings.h>
#include <string.h>

/* The place of that trouble; else a free one, or that of what was told longest ago. */
static kl_repeat_t *place_of(kl_repeats_t *repeats, const char *what)
{
    kl_repeat_t *oldest = repeats->places;

    for (int i = 0; i < KL_REPEATS_MOST; i++) {
        kl_repeat_t *place = &repeats->places[i];

        if (place->since && strncmp(place->what, what, KL_REPEATS_WHAT - 1) == 0) {
            return place;
        }
        if (place->told < oldest->told) {
            oldest = place;
        }
    }
    memset(oldest, 0, sizeof(*oldest));
    apr_cpystrn(oldest->what, what, KL_REPEATS_WHAT);
    return oldest;
}

/* A clock that was set back must not keep it quiet for longer. */
static int is_due(const kl_repeat_t *place, apr_time_t now)
{
    return !place->since || now - place->told >= KL_REPEATS_PAUSE || now < place->told;
}

int kl_repeats_happened(kl_repeats_t *repeats, const char *what, apr_time_t now,
                        apr_uint32_t *unsaid)
{
    kl_repeat_t *place = place_of(repeats, what);
    int due = is_due(place, now);

    if (!place->since || !place->open) {
        place->since = now;
    }
    if (!due) {
        place->unsaid++;
        return 0;
    }
    *unsaid = place->unsaid;
    place->unsaid = 0;
    place->told = now;
    place->open = 1;
    return 1;
}

int kl_repeats_over(kl_repeats_t *repeats, apr_time_t *since, apr_uint32_t *unsaid)
{
    int said = 0;

    *since = 0;
    *unsaid = 0;
    for (int i = 0; i < KL_REPEATS_MOST; i++) {
        kl_repeat_t *place = &repeats->places[i];

        if (place->open) {
            *since = !said || place->since < *since ? place->since : *since;
            *unsaid += place->unsaid;
            place->unsaid = 0;
            place->open = 0;
            said = 1;
        }
    }
    return said;
}
