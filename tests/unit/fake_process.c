/* SPDX-License-Identifier: Apache-2.0 */
/* See fake_process.h. */
#include "fake_process.h"

static apr_time_t now;
static apr_interval_time_t slept;
static test_random_t dice;

void fake_step_begins(fake_process_t *process)
{
    if (process->in_hook) {
        return;
    }
    process->steps++;
    if (process->hook) {
        process->in_hook = 1;
        process->hook(process->baton);
        process->in_hook = 0;
    }
    if (process->die_at == process->steps && !process->die_after) {
        longjmp(process->death, 1);
    }
}

void fake_step_ends(fake_process_t *process)
{
    if (!process->in_hook && process->die_at == process->steps && process->die_after) {
        longjmp(process->death, 1);
    }
}

void fake_process_calm(fake_process_t *process)
{
    process->steps = process->die_at = 0;
    process->hook = NULL;
}

void fake_clock_set(apr_time_t t)
{
    now = t;
    slept = 0;
}

void fake_clock_advance(apr_interval_time_t t)
{
    now += t;
}

apr_time_t fake_clock_now(void)
{
    return now;
}

void fake_clock_sleep(apr_interval_time_t t)
{
    now += t;
    slept += t;
}

apr_interval_time_t fake_clock_slept(void)
{
    return slept;
}

void fake_random_seed(uint64_t seed)
{
    dice.state = seed;
}

int fake_random(unsigned char *buf, apr_size_t len)
{
    for (apr_size_t i = 0; i < len; i++) {
        buf[i] = (unsigned char)test_random(&dice);
    }
    return 1;
}

int fake_random_none(unsigned char *buf, apr_size_t len)
{
    (void)buf;
    (void)len;
    return 0;
}
