/* SPDX-License-Identifier: Apache-2.0 */
/* See unit.h. */
#include "service/unit.h"

#include <apr_strings.h>

int kl_unit_is_outage(kl_kind_t kind)
{
    return kind == KL_UNAVAILABLE || kind == KL_UNKNOWN || kind == KL_RATE_LIMITED;
}

void kl_unit_tell(kl_told_t *told, apr_pool_t *p, kl_told_level_t level, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    told->level = level;
    told->text = apr_pvsprintf(p, format, ap);
    va_end(ap);
}
