/* SPDX-License-Identifier: Apache-2.0 */
/* See complaints.h. */
#include "complaints.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include "klarna_module.h"

struct kl_complaints_t {
    apr_pool_t *p;
    apr_hash_t *said; /* texts */
    int stop;
};

kl_complaints_t *kl_complaints_make(apr_pool_t *p)
{
    kl_complaints_t *all = apr_pcalloc(p, sizeof(*all));

    all->p = p;
    all->said = apr_hash_make(p);
    return all;
}

apr_pool_t *kl_complaints_pool(const kl_complaints_t *all)
{
    return all->p;
}

static int is_configtest(void)
{
    return ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST;
}

static int is_fatal(kl_complaint_t what)
{
    return what == KL_COMPLAINT_SETTING || (what == KL_COMPLAINT_MACHINE && is_configtest());
}

/* At start httpd reads its configuration twice; once is enough to say what stops nobody. */
static int is_heard(kl_complaint_t what)
{
    return is_fatal(what) || is_configtest()
           || ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG;
}

static int level_of(kl_complaint_t what)
{
    static const int levels[] = {[KL_COMPLAINT_SETTING] = APLOG_EMERG,
                                 [KL_COMPLAINT_MACHINE] = APLOG_CRIT,
                                 [KL_COMPLAINT_ADVICE] = APLOG_WARNING,
                                 [KL_COMPLAINT_NOTE] = APLOG_NOTICE};

    return levels[what];
}

void kl_complaints_add(kl_complaints_t *all, kl_complaint_t what, server_rec *s, const char *fmt,
                       ...)
{
    const char *text;
    va_list args;

    va_start(args, fmt);
    text = apr_pvsprintf(all->p, fmt, args);
    va_end(args);
    all->stop |= is_fatal(what);
    if (is_heard(what) && !apr_hash_get(all->said, text, APR_HASH_KEY_STRING)) {
        apr_hash_set(all->said, text, APR_HASH_KEY_STRING, "");
        ap_log_error(APLOG_MARK, level_of(what), 0, s, "%s", text);
    }
}

int kl_complaints_stop(const kl_complaints_t *all)
{
    return all->stop;
}
