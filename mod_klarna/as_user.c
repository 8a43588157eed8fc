/* SPDX-License-Identifier: Apache-2.0 */
/* See as_user.h. */
#include "as_user.h"

#include <apr_strings.h>
#include <apr_user.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <httpd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unixd.h>

typedef int try_fn(const char *path);

static int open_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);

    return fd < 0 ? errno : close(fd);
}

static int enter_folder(const char *path)
{
    return access(path, R_OK | W_OK | X_OK) == 0 ? 0 : errno;
}

/* In the child: nothing but system calls. */
static int become_user(void)
{
    const unixd_config_rec *user = &ap_unixd_config;

    if (geteuid() != 0) {
        return 0;
    }
    return initgroups(user->user_name, user->group_id) == 0 && setgid(user->group_id) == 0
                   && setuid(user->user_id) == 0
               ? 0
               : errno;
}

/* The child ends with an errno, which fits into an exit status. */
static apr_status_t try_as_user(try_fn *try, const char *path)
{
    int status = 0, failed;
    pid_t pid = fork();

    if (pid < 0) {
        return errno;
    }
    if (pid == 0) {
        failed = become_user();
        _exit(failed ? failed : try(path));
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

apr_status_t kl_as_user_open(const char *path)
{
    return try_as_user(open_file, path);
}

apr_status_t kl_as_user_enter(const char *folder)
{
    return try_as_user(enter_folder, folder);
}

const char *kl_as_user_name(apr_pool_t *p)
{
    char *name = NULL;

    if (geteuid() == 0) {
        return ap_unixd_config.user_name;
    }
    return apr_uid_name_get(&name, geteuid(), p) == APR_SUCCESS ? name : "this user";
}
