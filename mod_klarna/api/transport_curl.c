/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transport over libcurl. Two things decide what an exchange that failed means, and
 * neither is libcurl's error code: the pre-request callback, which runs when a connection
 * stands and just before the first byte of the request goes out (never called = certainly
 * not executed), and whether the answer was read to its end. It must never report
 * KL_NOT_SENT for a request of which a byte went out, on whichever of several connections,
 * and never log or keep a secret: user name and password go to the handle and are wiped
 * from it by the reset that follows.
 *
 * Why one trust store: libcurl parses the CA file once per connection, 16 to 70 ms of CPU
 * with the usual bundle; sharing one parsed X509_STORE makes a new connection cost 1 ms.
 */
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "api/transport_curl.h"
#include "api/url.h"
#include "core/limits.h"

#define DEFAULT_MAX_IDLE 16
#define MAX_CONNECTIONS 4L /* kept by one handle: a region each and one to spare */
#define MAX_IDLE_S 50L     /* Klarna closes an idle connection after 59 s */
#define FIRST_BODY 4096    /* bytes, doubled up to KL_MAX_REPLY */
#define MAX_KEY 255        /* Klarna-Idempotency-Key */
#define MAX_PATH 2048
#define MAX_WHY 200

typedef struct impl_t {
    apr_thread_mutex_t *mutex; /* guards idle and count */
    CURL **idle;               /* a stack: the warmest connection is used first */
    int count, max;
    X509_STORE *store; /* each SSL_CTX takes a reference of its own */
    kl_curl_config_t cfg;
} impl_t;

/* One exchange; lives on the stack of perform. */
typedef struct exchange_t {
    CURL *handle;
    const impl_t *impl;
    const kl_klarna_request_t *req;
    struct curl_slist *headers;
    char *body; /* malloc'd, freed by perform */
    size_t len, room;
    size_t header_bytes;
    int headers_ended; /* the empty line after them was seen */
    int started;       /* times the request began to go out */
    int may_repeat;    /* libcurl may send it again by itself */
    const char *fault; /* ours, static; wins over libcurl's words */
    char words[CURL_ERROR_SIZE];
} exchange_t;

/* --- addresses ---------------------------------------------------------------------- */

/* Parsed by libcurl, which is also who will use the address: no second opinion. */
static char *part_of(CURLU *url, CURLUPart what)
{
    char *s = NULL;

    return curl_url_get(url, what, &s, 0) == CURLUE_OK ? s : NULL;
}

/* 127.x.y.z in plain digits; libcurl has brought other spellings into this form. */
static int is_loopback(const char *host)
{
    int dots = 0;

    if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0) {
        return 1;
    }
    if (strncmp(host, "127.", 4) != 0 || strspn(host, "0123456789.") != strlen(host)) {
        return 0;
    }
    for (const char *c = host; *c; c++) {
        dots += *c == '.';
        if (*c == '.' && (c[1] == '.' || c[1] == '\0')) {
            return 0;
        }
    }
    return dots == 3;
}

int kl_url_is_allowed(const char *url)
{
    CURLU *u = url ? curl_url() : NULL;
    char *scheme = NULL, *host = NULL, *user = NULL, *password = NULL;
    int allowed = 0;

    if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK) {
        scheme = part_of(u, CURLUPART_SCHEME);
        host = part_of(u, CURLUPART_HOST);
        user = part_of(u, CURLUPART_USER);
        password = part_of(u, CURLUPART_PASSWORD);
        if (scheme && host && !user && !password) {
            allowed = strcmp(scheme, "https") == 0
                      || (strcmp(scheme, "http") == 0 && is_loopback(host));
        }
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    curl_free(password);
    curl_url_cleanup(u);
    return allowed;
}

/* 1 when s has 1..max printable ASCII characters without blanks: no way to end a header. */
static int is_token(const char *s, size_t max)
{
    size_t n = 0;

    for (; s && s[n]; n++) {
        if (n == max || s[n] <= ' ' || s[n] > '~') {
            return 0;
        }
    }
    return n > 0;
}

static int is_header_text(const char *s)
{
    for (; *s; s++) {
        if (*s < ' ' || *s > '~') {
            return 0;
        }
    }
    return 1;
}

static int changes_something(const kl_klarna_request_t *req)
{
    return strcmp(req->method, "GET") != 0;
}

/* What is wrong with the call itself; static, or NULL. */
static const char *fault_of(const kl_account_t *account, const kl_klarna_request_t *req,
                            const char *url)
{
    static const char *const methods[] = {"GET", "POST", "PATCH", "DELETE", NULL};
    int i = 0;

    if (!req->method) {
        return "no request was built";
    }
    while (methods[i] && strcmp(methods[i], req->method) != 0) {
        i++;
    }
    if (!methods[i]) {
        return "unknown method";
    }
    if (!is_token(req->path, MAX_PATH) || req->path[0] != '/') {
        return "the path is not usable";
    }
    if (*req->idempotency_key && !is_token(req->idempotency_key, MAX_KEY)) {
        return "the idempotency key is not usable";
    }
    if (strchr(account->username, ':')) {
        return "a user name can not hold a colon";
    }
    if (!kl_url_is_allowed(url)) {
        return "the address must be https (http only on loopback)";
    }
    return NULL;
}

/* --- libcurl's callbacks ------------------------------------------------------------ */

static CURLcode use_store(CURL *handle, void *ssl_ctx, void *self)
{
    exchange_t *x = self;

    (void)handle;
    SSL_CTX_set1_cert_store(ssl_ctx, x->impl->store);
    return CURLE_OK;
}

/* Runs before each sending of the request, so also before libcurl's own repetition. */
static int about_to_send(void *self, char *remote, char *local, int remote_port, int local_port)
{
    exchange_t *x = self;

    (void)remote;
    (void)local;
    (void)remote_port;
    (void)local_port;
    if (x->started > 0 && !x->may_repeat) {
        x->fault = "the connection broke and the request must not be repeated";
        return CURL_PREREQFUNC_ABORT;
    }
    x->started++;
    return CURL_PREREQFUNC_OK;
}

static int grow(exchange_t *x, size_t need)
{
    size_t room = x->room ? x->room : FIRST_BODY;
    char *bigger;

    while (room < need) {
        room *= 2;
    }
    bigger = room == x->room ? x->body : realloc(x->body, room);
    if (!bigger) {
        return 0;
    }
    x->body = bigger;
    x->room = room;
    return 1;
}

static size_t take_body(char *data, size_t one, size_t n, void *self)
{
    exchange_t *x = self;

    (void)one;
    if (n > KL_MAX_REPLY - x->len) {
        x->fault = "the answer is too large";
        return 0;
    }
    if (!grow(x, x->len + n)) {
        x->fault = "no memory for the answer";
        return 0;
    }
    memcpy(x->body + x->len, data, n);
    x->len += n;
    return n;
}

/* libcurl keeps the headers; here they are only bounded, and their end is noted: libcurl is
 * content with headers that break off, which may lack an id or hold half of one. */
static size_t take_header(char *data, size_t one, size_t n, void *self)
{
    exchange_t *x = self;

    (void)one;
    if (n >= 5 && strncmp(data, "HTTP/", 5) == 0) {
        x->headers_ended = 0; /* a 1xx may have come before */
    }
    else if (n > 0 && (data[0] == '\r' || data[0] == '\n')) {
        x->headers_ended = 1;
    }
    x->header_bytes += n;
    if (n > KL_MAX_REPLY_HEADER || x->header_bytes > KL_MAX_REPLY_HEADERS) {
        x->fault = "the answer's headers are too large";
        return 0;
    }
    return n;
}

/* --- options: each failure is remembered and ends the exchange before it starts ------ */

#define SET(x, option, value) \
    do { \
        if (curl_easy_setopt((x)->handle, option, value) != CURLE_OK) { \
            (x)->fault = "libcurl refuses " #option; \
        } \
    } while (0)

static void set_security(exchange_t *x, const char *url)
{
    int plain = strncmp(url, "https:", 6) != 0; /* loopback only, see fault_of */

    SET(x, CURLOPT_PROTOCOLS_STR, plain ? "http,https" : "https");
    SET(x, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(x, CURLOPT_SSL_VERIFYHOST, 2L);
    SET(x, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(x, CURLOPT_CAINFO, NULL);
    SET(x, CURLOPT_CAPATH, NULL);
    SET(x, CURLOPT_SSL_CTX_FUNCTION, use_store);
    SET(x, CURLOPT_SSL_CTX_DATA, x);
    SET(x, CURLOPT_FOLLOWLOCATION, 0L);
    /* Never from the environment; and never a secret in plain text through a proxy. */
    SET(x, CURLOPT_PROXY, plain ? "" : x->impl->cfg.proxy);
    SET(x, CURLOPT_NOPROXY, "");
    SET(x, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(x, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
}

static void set_connection(exchange_t *x, long total_ms)
{
    long connect_ms = (long)apr_time_as_msec(x->impl->cfg.connect_timeout);

    if (connect_ms < 1 || connect_ms > total_ms) {
        connect_ms = total_ms;
    }
    SET(x, CURLOPT_NOSIGNAL, 1L);
    SET(x, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    SET(x, CURLOPT_TIMEOUT_MS, total_ms);
    SET(x, CURLOPT_QUICK_EXIT, 1L); /* do not wait for a resolver that hangs */
    SET(x, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(x, CURLOPT_MAXAGE_CONN, MAX_IDLE_S);
    SET(x, CURLOPT_MAXCONNECTS, MAX_CONNECTIONS);
    SET(x, CURLOPT_FRESH_CONNECT, x->may_repeat ? 0L : 1L);
    SET(x, CURLOPT_PREREQFUNCTION, about_to_send);
    SET(x, CURLOPT_PREREQDATA, x);
}

static void set_answer(exchange_t *x)
{
    SET(x, CURLOPT_ERRORBUFFER, x->words);
    SET(x, CURLOPT_WRITEFUNCTION, take_body);
    SET(x, CURLOPT_WRITEDATA, x);
    SET(x, CURLOPT_HEADERFUNCTION, take_header);
    SET(x, CURLOPT_HEADERDATA, x);
}

static void add_header(exchange_t *x, const char *line)
{
    struct curl_slist *more = curl_slist_append(x->headers, line);

    if (!more) {
        x->fault = "no memory for the headers";
        return;
    }
    x->headers = more;
}

static void set_headers(exchange_t *x, apr_pool_t *p)
{
    int has_body = *x->req->body != '\0';

    add_header(x, "Accept: application/json");
    add_header(x, "Expect:");
    add_header(x, has_body ? "Content-Type: application/json" : "Content-Type:");
    if (*x->req->idempotency_key) {
        add_header(x, apr_pstrcat(p, "Klarna-Idempotency-Key: ", x->req->idempotency_key, NULL));
    }
    SET(x, CURLOPT_HTTPHEADER, x->headers);
    SET(x, CURLOPT_USERAGENT, x->impl->cfg.user_agent);
}

static void set_request(exchange_t *x, const kl_account_t *account, const char *url)
{
    const kl_klarna_request_t *req = x->req;
    int sends = strcmp(req->method, "POST") == 0 || strcmp(req->method, "PATCH") == 0;

    SET(x, CURLOPT_URL, url);
    SET(x, CURLOPT_PATH_AS_IS, 1L);
    SET(x, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    SET(x, CURLOPT_USERNAME, account->username);
    SET(x, CURLOPT_PASSWORD, account->password);
    if (sends) {
        SET(x, CURLOPT_POST, 1L);
        SET(x, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(req->body));
        SET(x, CURLOPT_POSTFIELDS, req->body); /* not copied: lives until perform is done */
    }
    if (strcmp(req->method, "GET") != 0 && strcmp(req->method, "POST") != 0) {
        SET(x, CURLOPT_CUSTOMREQUEST, req->method);
    }
}

/* --- handles ------------------------------------------------------------------------ */

static CURL *borrow(impl_t *impl)
{
    CURL *handle = NULL;

    apr_thread_mutex_lock(impl->mutex);
    if (impl->count > 0) {
        handle = impl->idle[--impl->count];
    }
    apr_thread_mutex_unlock(impl->mutex);
    return handle ? handle : curl_easy_init();
}

/* The reset drops every option with its secrets and keeps the connections. */
static void give_back(impl_t *impl, CURL *handle)
{
    curl_easy_reset(handle);
    apr_thread_mutex_lock(impl->mutex);
    if (impl->count < impl->max) {
        impl->idle[impl->count++] = handle;
        handle = NULL;
    }
    apr_thread_mutex_unlock(impl->mutex);
    if (handle) {
        curl_easy_cleanup(handle);
    }
}

/* --- the answer --------------------------------------------------------------------- */

/* A header of the final answer (not of a 1xx, a proxy or a trailer), or "". */
static const char *header(exchange_t *x, apr_pool_t *p, const char *name)
{
    struct curl_header *found;

    if (curl_easy_header(x->handle, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) {
        return "";
    }
    return apr_pstrdup(p, found->value);
}

/* An id from its own header, else the segment behind `parent` at the end of location. */
static const char *id_from(exchange_t *x, apr_pool_t *p, const char *name, const char *parent,
                           const char *location)
{
    const char *own = header(x, p, name);
    char *path, *last;

    if (*own) {
        return kl_url_is_plain(own) ? own : "";
    }
    path = apr_pstrmemdup(p, location, strcspn(location, "?#"));
    last = strrchr(path, '/');
    if (!last || !kl_url_is_plain(last + 1)) {
        return "";
    }
    *last = '\0';
    path = strrchr(path, '/');
    return path && strcmp(path + 1, parent) == 0 ? last + 1 : "";
}

static int is_json(const char *content_type)
{
    apr_size_t len = strcspn(content_type, "; \t");

    return len == strlen("application/json")
           && strncasecmp(content_type, "application/json", len) == 0;
}

/* Seconds; libcurl reads Retry-After in both of its forms. */
static int retry_after(exchange_t *x, apr_pool_t *p)
{
    const char *reset = header(x, p, "X-Ratelimit-Reset");
    curl_off_t seconds = 0;

    curl_easy_getinfo(x->handle, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds <= 0 && *reset && strspn(reset, "0123456789") == strlen(reset)) {
        seconds = apr_atoi64(reset);
    }
    return seconds > KL_KEY_LIFETIME_S ? KL_KEY_LIFETIME_S : (int)seconds;
}

static void read_answer(exchange_t *x, apr_pool_t *p, kl_klarna_response_t *resp)
{
    const char *correlation_id = header(x, p, "Klarna-Correlation-Id");
    long status = 0;

    curl_easy_getinfo(x->handle, CURLINFO_RESPONSE_CODE, &status);
    resp->status = (int)status;
    resp->body = x->len > 0 ? apr_pstrmemdup(p, x->body, x->len) : "";
    resp->body_len = x->len;
    resp->is_json = is_json(header(x, p, "Content-Type"));
    resp->correlation_id = is_token(correlation_id, KL_MAX_STRING) ? correlation_id : "";
    resp->location = header(x, p, "Location");
    resp->capture_id = id_from(x, p, "Capture-Id", "captures", resp->location);
    resp->refund_id = id_from(x, p, "Refund-Id", "refunds", resp->location);
    resp->retry_after = retry_after(x, p);
}

/* --- the exchange ------------------------------------------------------------------- */

/* libcurl's words, which may quote the other side: printable and short. */
static const char *reason(exchange_t *x, apr_pool_t *p, CURLcode rc)
{
    char *text;

    if (x->fault) {
        return x->fault;
    }
    text = apr_pstrndup(p, *x->words ? x->words : curl_easy_strerror(rc), MAX_WHY);
    for (char *c = text; *c; c++) {
        if (*c < ' ' || *c > '~') {
            *c = '?';
        }
    }
    return text;
}

static kl_delivery_t exchange(exchange_t *x, apr_pool_t *p, const kl_account_t *account,
                              const char *url, long total_ms, kl_klarna_response_t *resp,
                              const char **why)
{
    CURLcode rc;

    set_security(x, url);
    set_connection(x, total_ms);
    set_answer(x);
    set_headers(x, p);
    set_request(x, account, url);
    if (x->fault) {
        *why = x->fault;
        return KL_NOT_SENT;
    }
    rc = curl_easy_perform(x->handle);
    if (rc == CURLE_OK && x->headers_ended) {
        read_answer(x, p, resp);
        return KL_ANSWERED;
    }
    if (rc == CURLE_OK) {
        x->fault = "the answer's headers broke off";
    }
    *why = reason(x, p, rc);
    return x->started > 0 ? KL_LOST : KL_NOT_SENT;
}

static kl_delivery_t perform(kl_transport_t *self, apr_pool_t *p, const kl_account_t *account,
                             const kl_klarna_request_t *req, apr_time_t deadline,
                             kl_klarna_response_t *resp, const char **why)
{
    impl_t *impl = self->impl;
    const char *url = apr_pstrcat(p, account->base_url, req->path, NULL);
    apr_time_t begin = apr_time_now();
    apr_interval_time_t left_ms = apr_time_as_msec(deadline - begin);
    exchange_t x = {.impl = impl, .req = req};
    kl_delivery_t delivery;

    *why = left_ms < 1 ? "the deadline has passed" : fault_of(account, req, url);
    if (*why) {
        return KL_NOT_SENT;
    }
    x.handle = borrow(impl);
    if (!x.handle) {
        *why = "no memory for a connection";
        return KL_NOT_SENT;
    }
    x.may_repeat = !changes_something(req) || req->repeatable || *req->idempotency_key;
    delivery = exchange(&x, p, account, url, (long)left_ms, resp, why);
    if (delivery == KL_ANSWERED) {
        resp->took = apr_time_now() - begin;
        give_back(impl, x.handle);
    }
    else {
        curl_easy_cleanup(x.handle); /* its connection is in a state nobody knows */
    }
    curl_slist_free_all(x.headers);
    free(x.body);
    return delivery;
}

/* --- making ------------------------------------------------------------------------- */

static int load(X509_STORE *store, const char *file)
{
    return file && X509_STORE_load_locations(store, file, NULL) == 1;
}

static X509_STORE *trust_store(const char *ca_file)
{
    X509_STORE *store = X509_STORE_new();

    if (!store) {
        return NULL;
    }
    if (ca_file ? load(store, ca_file)
                : load(store, X509_get_default_cert_file())
                      || load(store, "/etc/ssl/certs/ca-certificates.crt")) {
        return store;
    }
    X509_STORE_free(store);
    return NULL;
}

/* What is missing in the libcurl at hand; static, or NULL. */
static const char *curl_lacks(void)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

    if (info->version_num < 0x075700) {
        return "version 7.87 or later";
    }
    if (!info->ssl_version || strncmp(info->ssl_version, "OpenSSL/", 8) != 0) {
        return "OpenSSL as its TLS library";
    }
    if (!(info->features & CURL_VERSION_ASYNCHDNS)) {
        return "a resolver that keeps time limits";
    }
    return NULL;
}

static apr_status_t unmake(void *v)
{
    impl_t *impl = v;

    while (impl->count > 0) {
        curl_easy_cleanup(impl->idle[--impl->count]);
    }
    X509_STORE_free(impl->store);
    return APR_SUCCESS;
}

static void copy_config(impl_t *impl, apr_pool_t *p, const kl_curl_config_t *cfg)
{
    impl->cfg = *cfg;
    impl->cfg.proxy = cfg->proxy ? apr_pstrdup(p, cfg->proxy) : "";
    impl->cfg.user_agent = cfg->user_agent ? apr_pstrdup(p, cfg->user_agent) : "";
    impl->max = cfg->max_idle > 0 ? cfg->max_idle : DEFAULT_MAX_IDLE;
    impl->idle = apr_pcalloc(p, (apr_size_t)impl->max * sizeof(CURL *));
}

kl_kind_t kl_transport_curl_make(kl_transport_t **out, apr_pool_t *p, const kl_curl_config_t *cfg,
                                 kl_error_t *err)
{
    impl_t *impl = apr_pcalloc(p, sizeof(*impl));
    kl_transport_t *transport = apr_pcalloc(p, sizeof(*transport));
    /* No curl_global_cleanup to match: other modules of the process use libcurl too. */
    const char *lacks = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_lacks()
                                                                          : "memory to start";

    if (lacks) {
        return kl_error_set(err, KL_UNAVAILABLE, "libcurl", "libcurl lacks %s.", lacks);
    }
    copy_config(impl, p, cfg);
    if (!is_header_text(impl->cfg.user_agent)) {
        return kl_error_set(err, KL_UNAVAILABLE, "user_agent",
                            "The user agent must be printable ASCII.");
    }
    impl->store = trust_store(cfg->ca_file);
    if (!impl->store) {
        return kl_error_set(err, KL_UNAVAILABLE, "trust_store",
                            "No CA certificates could be read from %s.",
                            cfg->ca_file ? cfg->ca_file : "the system's trust store");
    }
    apr_pool_cleanup_register(p, impl, unmake, apr_pool_cleanup_null);
    if (apr_thread_mutex_create(&impl->mutex, APR_THREAD_MUTEX_DEFAULT, p) != APR_SUCCESS) {
        return kl_error_set(err, KL_UNAVAILABLE, "mutex", "No mutex could be made.");
    }
    transport->perform = perform;
    transport->impl = impl;
    *out = transport;
    return KL_OK;
}

const char *kl_transport_curl_version(apr_pool_t *p)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

    return apr_psprintf(p, "%s (%s)", info->version,
                        info->ssl_version ? info->ssl_version : "no TLS");
}
