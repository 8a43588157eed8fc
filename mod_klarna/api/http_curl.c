/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP engine over libcurl. Two things decide what an exchange that failed means, and
 * neither is libcurl's error code: the pre-request callback, which runs when a connection
 * stands and just before the first byte of the request goes out (never called = certainly
 * not executed), and whether the answer was read to its end. It must never report
 * KL_NOT_SENT for a request of which a byte went out, on whichever of several connections,
 * and never log or keep a secret: user name and password go to the handle and are wiped
 * from it by the reset that follows.
 */
#include <apr_strings.h>
#include <curl/curl.h>
#include <limits.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "api/http_curl.h"
#include "api/kept.h"
#include "api/tls_sessions.h"
#include "api/trust_store.h"
#include "core/limits.h"

#define DEFAULT_MAX_IDLE 16
#define ONE_CONNECTION 1L /* kept by a handle, so that who has the handle knows which */
#define FIRST_BODY 4096   /* bytes, doubled up to the request's bound */
#define MAX_WHY 200

typedef struct impl_t {
    kl_tls_sessions_t *sessions;
    kl_kept_t *kept;   /* of CURL * */
    X509_STORE *store; /* each SSL_CTX takes a reference of its own */
    kl_http_curl_config_t cfg;
} impl_t;

/* One exchange; lives on its own stack. */
typedef struct exchange_t {
    CURL *handle;
    const impl_t *impl;
    const kl_http_request_t *req;
    struct curl_slist *headers;
    char *body; /* malloc'd, freed by exchange */
    size_t len, room;
    size_t header_bytes;
    int headers_ended; /* the empty line after them was seen */
    int started;       /* times the request began to go out */
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

int kl_http_curl_allows(const char *url)
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

/* 1 when s is not empty and has only characters from lowest to '~': no way to end a header. */
static int is_printable(const char *s, char lowest)
{
    const char *c = s;

    while (*c >= lowest && *c <= '~') {
        c++;
    }
    return c > s && *c == '\0';
}

static int is_usable(void *baton, const char *name, const char *value)
{
    (void)baton;
    return is_printable(name, '!') && !strchr(name, ':') && is_printable(value, ' ');
}

/* What is wrong with the call itself; static, or NULL. */
static const char *fault_of(const kl_http_request_t *req)
{
    static const char *const methods[] = {"GET", "POST", "PATCH", "DELETE", NULL};
    int i = 0;

    while (methods[i] && strcmp(methods[i], req->method) != 0) {
        i++;
    }
    if (!methods[i]) {
        return "unknown method";
    }
    if (req->headers && !apr_table_do(is_usable, NULL, req->headers, NULL)) {
        return "a header is not usable";
    }
    if (req->username && strchr(req->username, ':')) {
        return "a user name cannot hold a colon";
    }
    if (!kl_http_curl_allows(req->url)) {
        return "the address must be https (http only on loopback)";
    }
    return NULL;
}

/* --- libcurl's callbacks ------------------------------------------------------------ */

static CURLcode prepare_tls(CURL *handle, void *ssl_ctx, void *self)
{
    exchange_t *x = self;

    (void)handle;
    SSL_CTX_set1_cert_store(ssl_ctx, x->impl->store);
    kl_tls_sessions_use(x->impl->sessions, ssl_ctx, x->req->url);
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
    if (x->started > 0 && !x->req->repeatable) {
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
    if (n > x->req->max_body - x->len) {
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

static void set_security(exchange_t *x)
{
    int plain = strncmp(x->req->url, "https:", 6) != 0; /* loopback only, see fault_of */

    SET(x, CURLOPT_PROTOCOLS_STR, plain ? "http,https" : "https");
    SET(x, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(x, CURLOPT_SSL_VERIFYHOST, 2L);
    SET(x, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(x, CURLOPT_CAINFO, NULL);
    SET(x, CURLOPT_CAPATH, NULL);
    SET(x, CURLOPT_SSL_CTX_FUNCTION, prepare_tls);
    SET(x, CURLOPT_SSL_CTX_DATA, x);
    SET(x, CURLOPT_SSL_SESSIONID_CACHE, 0L); /* see tls_sessions.h */
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
    SET(x, CURLOPT_MAXCONNECTS, ONE_CONNECTION);
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

static void add_line(exchange_t *x, const char *line)
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
    const apr_table_t *headers = x->req->headers;
    const apr_array_header_t *list = headers ? apr_table_elts(headers) : NULL;

    add_line(x, "Expect:"); /* libcurl's own, and its type for a body, are not wanted */
    if (!headers || !apr_table_get(headers, "Content-Type")) {
        add_line(x, "Content-Type:");
    }
    for (int i = 0; list && i < list->nelts; i++) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(list, i, apr_table_entry_t);

        add_line(x, apr_pstrcat(p, entry->key, ": ", entry->val, NULL));
    }
    SET(x, CURLOPT_HTTPHEADER, x->headers);
}

static void set_credentials(exchange_t *x)
{
    if (x->req->username) {
        SET(x, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        SET(x, CURLOPT_USERNAME, x->req->username);
        SET(x, CURLOPT_PASSWORD, x->req->password);
    }
}

static void set_request(exchange_t *x)
{
    const kl_http_request_t *req = x->req;
    int sends = strcmp(req->method, "POST") == 0 || strcmp(req->method, "PATCH") == 0;

    SET(x, CURLOPT_URL, req->url);
    SET(x, CURLOPT_PATH_AS_IS, 1L);
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

static CURL *borrow(impl_t *impl, const char *url)
{
    CURL *handle = kl_kept_take(impl->kept, url, apr_time_now());

    return handle ? handle : curl_easy_init();
}

/* The reset drops every option with its secrets and keeps the connection, unless the server
 * wanted it closed. */
static void give_back(impl_t *impl, CURL *handle, const char *url)
{
    curl_socket_t fd = CURL_SOCKET_BAD;

    curl_easy_getinfo(handle, CURLINFO_ACTIVESOCKET, &fd);
    if (fd == CURL_SOCKET_BAD) {
        curl_easy_cleanup(handle);
        return;
    }
    curl_easy_reset(handle);
    kl_kept_put(impl->kept, url, handle, fd, apr_time_now());
}

/* --- the answer --------------------------------------------------------------------- */

static apr_table_t *answer_headers(CURL *handle, apr_pool_t *p)
{
    apr_table_t *headers = apr_table_make(p, 16);
    struct curl_header *header = NULL;

    while ((header = curl_easy_nextheader(handle, CURLH_HEADER, -1, header)) != NULL) {
        apr_table_add(headers, header->name, header->value);
    }
    return headers;
}

/* Seconds; libcurl reads Retry-After in both of its forms, and a date may have passed. */
static int retry_after(CURL *handle)
{
    curl_off_t seconds = 0;

    curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &seconds);
    return seconds < 0 ? 0 : seconds > INT_MAX ? INT_MAX : (int)seconds;
}

static void read_answer(exchange_t *x, apr_pool_t *p, kl_http_response_t *resp)
{
    long status = 0;

    curl_easy_getinfo(x->handle, CURLINFO_RESPONSE_CODE, &status);
    resp->status = (int)status;
    resp->headers = answer_headers(x->handle, p);
    resp->body = x->len > 0 ? apr_pstrmemdup(p, x->body, x->len) : "";
    resp->body_len = x->len;
    resp->retry_after = retry_after(x->handle);
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

static void set_options(exchange_t *x, apr_pool_t *p, long total_ms)
{
    set_security(x);
    set_connection(x, total_ms);
    set_answer(x);
    set_headers(x, p);
    set_credentials(x);
    set_request(x);
}

/* Sends it, once every option is set. */
static void send_it(exchange_t *x, apr_pool_t *p, kl_http_response_t *resp)
{
    curl_off_t took = 0;
    CURLcode rc;

    if (x->fault) {
        resp->why = x->fault;
        return;
    }
    rc = curl_easy_perform(x->handle);
    curl_easy_getinfo(x->handle, CURLINFO_TOTAL_TIME_T, &took);
    resp->took = took;
    if (rc == CURLE_OK && x->headers_ended) {
        resp->delivery = KL_ANSWERED;
        read_answer(x, p, resp);
        return;
    }
    if (rc == CURLE_OK) {
        x->fault = "the answer's headers broke off";
    }
    resp->why = reason(x, p, rc);
    resp->delivery = x->started > 0 ? KL_LOST : KL_NOT_SENT;
    if (x->started == 0) {
        kl_tls_sessions_forget(x->impl->sessions, x->req->url);
    }
}

static kl_http_response_t exchange(kl_http_t *self, apr_pool_t *p, const kl_http_request_t *req)
{
    apr_interval_time_t left_ms = apr_time_as_msec(req->deadline - apr_time_now());
    exchange_t x = {.impl = self->impl, .req = req};
    kl_http_response_t resp = {.delivery = KL_NOT_SENT};

    resp.why = left_ms < 1 ? "the deadline has passed" : fault_of(req);
    if (resp.why) {
        return resp;
    }
    x.handle = borrow(self->impl, req->url);
    if (!x.handle) {
        resp.why = "no memory for a connection";
        return resp;
    }
    set_options(&x, p, (long)left_ms);
    send_it(&x, p, &resp);
    if (resp.delivery == KL_ANSWERED) {
        give_back(self->impl, x.handle, req->url);
    }
    else {
        curl_easy_cleanup(x.handle); /* its connection is in a state nobody knows */
    }
    curl_slist_free_all(x.headers);
    free(x.body);
    return resp;
}

/* --- making ------------------------------------------------------------------------- */

/* What this libcurl lacks; static, or NULL. */
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
        return "a resolver that honours timeouts";
    }
    return NULL;
}

static apr_status_t unmake(void *v)
{
    impl_t *impl = v;

    X509_STORE_free(impl->store);
    return APR_SUCCESS;
}

kl_kind_t kl_http_curl_make(kl_http_t **out, apr_pool_t *p, const kl_http_curl_config_t *cfg,
                            kl_error_t *err)
{
    impl_t *impl = apr_pcalloc(p, sizeof(*impl));
    kl_http_t *http = apr_pcalloc(p, sizeof(*http));
    /* No curl_global_cleanup to match: other modules of the process use libcurl too. */
    const char *lacks = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_lacks()
                                                                          : "memory to start";

    if (lacks) {
        return kl_error_set(err, KL_UNAVAILABLE, "libcurl", "libcurl lacks %s.", lacks);
    }
    impl->cfg = *cfg;
    impl->cfg.proxy = cfg->proxy ? apr_pstrdup(p, cfg->proxy) : "";
    impl->sessions = kl_tls_sessions_make(p); /* before what uses it, to be ended after it */
    impl->kept = kl_kept_make(p, cfg->max_idle > 0 ? cfg->max_idle : DEFAULT_MAX_IDLE,
                              curl_easy_cleanup);
    if (!impl->sessions || !impl->kept) {
        return kl_error_set(err, KL_UNAVAILABLE, "mutex", "A mutex could not be created.");
    }
    impl->store = kl_trust_store_load(cfg->ca_file);
    if (!impl->store) {
        return kl_error_set(err, KL_UNAVAILABLE, "trust_store",
                            "No CA certificates could be read from %s.",
                            cfg->ca_file ? cfg->ca_file : "the system's trust store");
    }
    apr_pool_cleanup_register(p, impl, unmake, apr_pool_cleanup_null);
    http->exchange = exchange;
    http->impl = impl;
    *out = http;
    return KL_OK;
}

apr_time_t kl_http_curl_last_used(kl_http_t *http, const char *url)
{
    impl_t *impl = http->impl;

    return kl_kept_last(impl->kept, url);
}

const char *kl_http_curl_version(apr_pool_t *p)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

    return apr_psprintf(p, "%s (%s)", info->version,
                        info->ssl_version ? info->ssl_version : "no TLS");
}
