/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the crash tests only: offers mod_klarna the optional function klarna_step, writes down
 * every step that was passed and dies by SIGKILL at the one it was told. `CrashDir PATH`
 * names a directory the server's user may write to:
 *   steps   the names of the steps passed, one a line
 *   arm     "N" = die at the N-th step from now, "name:N" = at the N-th step of that name;
 *           gone as soon as it struck
 *   died    the names of the steps died at, one a line
 * Several processes may share the directory; arm is counted down under a lock.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <httpd.h>
#include <http_config.h>
#include <apr_optional.h>
#include <apr_strings.h>

#define MAX_ORDER 128 /* bytes of what arm holds */

APR_DECLARE_OPTIONAL_FN(void, klarna_step, (const char *name));

static const char *steps_path, *arm_path, *died_path;

/* One write, so that lines of several threads never mix. */
static void note(const char *path, const char *name)
{
    char line[MAX_ORDER + 2];
    int n = snprintf(line, sizeof(line), "%s\n", name);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);

    if (fd >= 0) {
        if (write(fd, line, n) != n) {
            abort(); /* a step that is not written down would look untried */
        }
        close(fd);
    }
}

/* Counts the order down for this step; 1 when it struck. The order is "N" or "name:N". */
static int strikes(int fd, const char *name)
{
    char text[MAX_ORDER] = "", *number = text, *colon;
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    long left;

    colon = n > 0 ? strchr(text, ':') : NULL;
    if (colon) {
        *colon = '\0';
        number = colon + 1;
    }
    left = strtol(number, NULL, 10);
    if (left <= 0 || (colon && strcmp(text, name) != 0)) {
        return 0;
    }
    if (left == 1) {
        return 1;
    }
    n = colon ? snprintf(text, sizeof(text), "%s:%ld", name, left - 1)
              : snprintf(text, sizeof(text), "%ld", left - 1);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, n, 0) != n) {
        abort();
    }
    return 0;
}

static void klarna_step(const char *name)
{
    int fd;

    if (!arm_path) {
        return;
    }
    note(steps_path, name);
    fd = open(arm_path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    flock(fd, LOCK_EX);
    if (access(arm_path, F_OK) == 0 && strikes(fd, name)) {
        unlink(arm_path);
        note(died_path, name);
        kill(getpid(), SIGKILL);
    }
    close(fd);
}

static const char *set_dir(cmd_parms *cmd, void *unused, const char *dir)
{
    (void)unused;
    steps_path = apr_pstrcat(cmd->pool, dir, "/steps", NULL);
    arm_path = apr_pstrcat(cmd->pool, dir, "/arm", NULL);
    died_path = apr_pstrcat(cmd->pool, dir, "/died", NULL);
    return NULL;
}

static const command_rec directives[] = {AP_INIT_TAKE1("CrashDir", set_dir, NULL, RSRC_CONF,
                                                       "where orders to die are left"),
                                         {NULL}};

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    APR_REGISTER_OPTIONAL_FN(klarna_step);
}

module AP_MODULE_DECLARE_DATA crash_module = {STANDARD20_MODULE_STUFF,
                                              NULL,
                                              NULL,
                                              NULL,
                                              NULL,
                                              directives,
                                              register_hooks,
#ifdef AP_MODULE_HAS_FLAGS
                                              0
#endif
};
