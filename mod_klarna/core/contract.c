/* SPDX-License-Identifier: Apache-2.0 */
/* See contract.h. */
#include <apr_lib.h>
#include <apr_strings.h>

#include "core/contract.h"

kl_kind_t kl_contract_broken(kl_error_t *err, const char *what, const char *file, int line)
{
    kl_error_clear(err);
    err->where = apr_psprintf(err->pool, "%s:%d: %s", apr_filepath_name_get(file), line, what);
    kl_error_set(err, KL_INTERNAL, "contract",
                 "This server's own records contradict each other, so it stopped here.");
    kl_error_next(err, "Look at the order before you repeat anything. The cause is a defect or a "
                       "damaged row: the server's error log names the place.");
    if (kl_contract_test) {
        kl_contract_test(err->where);
    }
    return KL_INTERNAL;
}
