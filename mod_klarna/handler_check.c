/* SPDX-License-Identifier: Apache-2.0 */
/* See handler_check.h. */
#include "handler_check.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include "conftree.h"
#include "klarna_module.h"

#define MAX_NAME 32
#define NEAR 2 /* so many letters wrong, missing or too many */
#define PREFIX "klarna-"

static const char *const handlers[] = {KL_HANDLERS, NULL};

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* How many letters differ between two words, whatever their case; both shorter than MAX_NAME. */
static int distance(const char *a, const char *b)
{
    int row[MAX_NAME + 1] = {0};
    size_t n = strlen(b);

    for (size_t j = 1; j <= n; j++) {
        row[j] = (int)j;
    }
    for (int i = 1; a[i - 1]; i++) {
        int corner = row[0];

        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            int above = row[j];
            int same = apr_tolower(a[i - 1]) == apr_tolower(b[j - 1]);

            row[j] = smaller(corner + !same, smaller(above, row[j - 1]) + 1);
            corner = above;
        }
    }
    return row[n];
}

/* The handler that is meant, or NULL: it is none of ours. */
static const char *nearest(const char *name)
{
    int least = NEAR + 1;
    const char *found = NULL;

    for (int i = 0; strlen(name) <= MAX_NAME && handlers[i]; i++) {
        int apart = distance(name, handlers[i]);

        if (apart < least) {
            least = apart;
            found = handlers[i];
        }
    }
    return found;
}

static int is_handler(const ap_directive_t *line)
{
    return kl_conftree_says(line, "SetHandler") || kl_conftree_says(line, "AddHandler");
}

/* 1 when it names one of ours. */
static int check_name(kl_complaints_t *wrong, server_rec *s, const ap_directive_t *line)
{
    const char *name = kl_conftree_argument(kl_complaints_pool(wrong), line);
    const char *meant = nearest(name);

    if (meant && strcmp(meant, name) == 0) {
        return 1;
    }
    if (meant || strncasecmp(name, PREFIX, strlen(PREFIX)) == 0) {
        kl_complaints_add(wrong, KL_COMPLAINT_SETTING, s,
                          "KLA0025: %s line %d: there is no handler '%s'%s%s%s: nothing answers "
                          "there; mod_klarna has %s",
                          line->filename, line->line_num, name, meant ? ", '" : "",
                          meant ? meant : "", meant ? "' is meant" : "", KL_HANDLERS_TEXT);
    }
    return 0;
}

/* The handler that a Location seems to be for: it is called as the documentation calls it. */
static const char *named_after(apr_pool_t *p, const ap_directive_t *location)
{
    const char *path = kl_conftree_says(location, "<Location") ? kl_conftree_argument(p, location)
                                                               : "";
    const char *last = strrchr(path, '/');

    if (!last || !last[1]
        || (!strstr(path, "klarna") && !kl_conftree_inside(location, "KlarnaUseStore"))) {
        return NULL;
    }
    for (int i = 0; handlers[i]; i++) {
        if (strcmp(handlers[i] + strlen(PREFIX), last + 1) == 0) {
            return handlers[i];
        }
    }
    return NULL;
}

/* 1 when something answers at that Location: a handler that stands there or reaches it, or another
 * server behind a proxy. */
static int is_answered(apr_pool_t *p, const ap_directive_t *location)
{
    const char *path = kl_conftree_argument(p, location);

    for (const ap_directive_t *line = ap_conftree; line; line = kl_conftree_after(line)) {
        const char *from = strncasecmp(line->directive, "ProxyPass", 9) == 0
                               ? kl_conftree_argument(p, line)
                               : NULL;

        if (from && (line->parent == location || strncmp(path, from, strlen(from)) == 0)) {
            return 1;
        }
        if (is_handler(line) && kl_conftree_reaches(p, line->parent, location)) {
            return 1;
        }
    }
    return 0;
}

static void check_location(kl_complaints_t *wrong, server_rec *s, const ap_directive_t *line)
{
    apr_pool_t *p = kl_complaints_pool(wrong);
    const char *handler = named_after(p, line);

    if (handler && !is_answered(p, line)) {
        kl_complaints_add(wrong, KL_COMPLAINT_ADVICE, s,
                          "KLA0026: %s line %d: <Location %s> has no SetHandler, and mod_klarna "
                          "does not answer there: add SetHandler %s",
                          line->filename, line->line_num, kl_conftree_argument(p, line), handler);
    }
}

void kl_handler_check(kl_complaints_t *wrong, server_rec *s)
{
    int found = 0;

    for (const ap_directive_t *line = ap_conftree; line; line = kl_conftree_after(line)) {
        if (is_handler(line)) {
            found |= check_name(wrong, s, line);
        }
        check_location(wrong, s, line);
    }
    if (!found) {
        kl_complaints_add(wrong, KL_COMPLAINT_ADVICE, s,
                          "KLA0027: no <Location> has a SetHandler of mod_klarna, so that nothing "
                          "can be paid: add one for each of %s that is needed",
                          KL_HANDLERS_TEXT);
    }
}
