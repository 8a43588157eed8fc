/* SPDX-License-Identifier: Apache-2.0 */
/* See kept.h. No handle is closed, and no socket asked, under the lock. */
#include "api/kept.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "api/url.h"

typedef struct link_t {
    void *handle; /* NULL: none */
    int fd;
    apr_time_t since; /* idle */
} link_t;

/* Of one origin, the longest idle first. */
typedef struct pile_t {
    int count;
    link_t links[];
} pile_t;

struct kl_kept_t {
    apr_thread_mutex_t *mutex;
    apr_pool_t *p;     /* used under the lock only */
    apr_hash_t *piles; /* origin -> pile_t * */
    int max;
    void (*end)(void *handle);
};

/* Under the lock; made when there is none. */
static pile_t *pile_of(kl_kept_t *kept, const char *url)
{
    apr_ssize_t length = (apr_ssize_t)kl_url_origin(url);
    pile_t *pile = apr_hash_get(kept->piles, url, length);

    if (!pile) {
        pile = apr_pcalloc(kept->p, sizeof(*pile) + (apr_size_t)kept->max * sizeof(link_t));
        apr_hash_set(kept->piles, apr_pstrmemdup(kept->p, url, (apr_size_t)length), length, pile);
    }
    return pile;
}

static int is_old(const link_t *link, apr_time_t now)
{
    return now - link->since >= KL_KEPT_LONGEST;
}

/* A closed connection can be read to its end, and nobody speaks unasked in HTTP/1.1 but to say that
 * it closes. */
static int is_silent(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0
           && (errno == EAGAIN || errno == EWOULDBLOCK);
}

static link_t last_of(kl_kept_t *kept, const char *url)
{
    link_t link = {.handle = NULL};
    pile_t *pile;

    apr_thread_mutex_lock(kept->mutex);
    pile = pile_of(kept, url);
    if (pile->count > 0) {
        link = pile->links[--pile->count];
    }
    apr_thread_mutex_unlock(kept->mutex);
    return link;
}

void *kl_kept_take(kl_kept_t *kept, const char *url, apr_time_t now)
{
    link_t link = last_of(kept, url);

    while (link.handle && (is_old(&link, now) || !is_silent(link.fd))) {
        kept->end(link.handle);
        if (is_old(&link, now)) {
            return NULL; /* and those before it are older */
        }
        link = last_of(kept, url);
    }
    return link.handle;
}

apr_time_t kl_kept_last(kl_kept_t *kept, const char *url)
{
    apr_time_t last;
    pile_t *pile;

    apr_thread_mutex_lock(kept->mutex);
    pile = pile_of(kept, url);
    last = pile->count > 0 ? pile->links[pile->count - 1].since : 0;
    apr_thread_mutex_unlock(kept->mutex);
    return last;
}

/* Under the lock. The one idle for longest, when it is too old or there is no room. */
static link_t surplus(kl_kept_t *kept, pile_t *pile, apr_time_t now)
{
    link_t first = {.handle = NULL};

    if (pile->count > 0 && (pile->count == kept->max || is_old(&pile->links[0], now))) {
        first = pile->links[0];
        pile->count--;
        memmove(pile->links, pile->links + 1, (apr_size_t)pile->count * sizeof(link_t));
    }
    return first;
}

void kl_kept_put(kl_kept_t *kept, const char *url, void *handle, int fd, apr_time_t now)
{
    pile_t *pile;
    link_t gone;

    apr_thread_mutex_lock(kept->mutex);
    pile = pile_of(kept, url);
    gone = surplus(kept, pile, now); /* so that what a burst left goes with the calls after it */
    pile->links[pile->count++] = (link_t){handle, fd, now};
    apr_thread_mutex_unlock(kept->mutex);
    if (gone.handle) {
        kept->end(gone.handle);
    }
}

static apr_status_t end_all(void *v)
{
    kl_kept_t *kept = v;
    apr_hash_index_t *hi;

    for (hi = apr_hash_first(kept->p, kept->piles); hi; hi = apr_hash_next(hi)) {
        pile_t *pile = apr_hash_this_val(hi);

        while (pile->count > 0) {
            kept->end(pile->links[--pile->count].handle);
        }
    }
    apr_pool_destroy(kept->p);
    return APR_SUCCESS;
}

kl_kept_t *kl_kept_make(apr_pool_t *p, int max, void (*end)(void *handle))
{
    kl_kept_t *kept = apr_pcalloc(p, sizeof(*kept));

    kept->max = max;
    kept->end = end;
    /* Memory of its own: p is not for several threads. */
    if (apr_thread_mutex_create(&kept->mutex, APR_THREAD_MUTEX_DEFAULT, p) != APR_SUCCESS
        || apr_pool_create(&kept->p, NULL) != APR_SUCCESS) {
        return NULL;
    }
    kept->piles = apr_hash_make(kept->p);
    apr_pool_cleanup_register(p, kept, end_all, apr_pool_cleanup_null);
    return kept;
}
