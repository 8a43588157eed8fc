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
#include <apr_lib.h>
#include <apr_strings.h>
#include <curl/curl.h>
#include <limits.h>
#include <openssl/ssl.h>
#include <string.h>

#include "api/http_curl.h"
#include "api/kept.h"
#include "api/tls_sessions.h"
#include "api/trust_store.h"
#include "core/limits.h"

#define DEFAULT_MAX_IDLE 16
#define ONE_CONNECTION 1L /* kept by a handle, so that who has the handle knows which */
#define FIRST_BODY 4096   /* bytes, doubled when the answer does not say how many it has */
#define MAX_WHY 200

typedef struct impl_t {
    kl_tls_sessions_t *sessions;
    kl_kept_t *kept;   /* of CURL * */
    X509_STORE *store; /* each SSL_CTX takes a reference of its own */
    kl_http_curl_config_t cfg;
} impl_t;

/* One exchange; lives on its own stack. */
typedef struct exchange_t {
    apr_pool_t *p; /* the answer's */
    CURL *handle;
    impl_t *impl;
    const kl_http_request_t *req;
    char *body;
    size_t len, room;
    apr_table_t *headers; /* of the answer */
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

/* Room for n more bytes and a NUL. */
static void make_room(exchange_t *x, size_t n)
{
    size_t room = x->room ? x->room : FIRST_BODY;
    curl_off_t told = -1;
    char *body;

    if (x->len + n < x->room) {
        return;
    }
    curl_easy_getinfo(x->handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &told);
    while (room <= x->len + n) {
        room *= 2;
    }
    if (told >= (curl_off_t)(x->len + n) && told <= (curl_off_t)x->req->max_body) {
        room = (size_t)told + 1;
    }
    body = apr_palloc(x->p, room);
    if (x->len > 0) {
        memcpy(body, x->body, x->len);
    }
    x->body = body;
    x->room = room;
}

static size_t take_body(char *data, size_t one, size_t n, void *self)
{
    exchange_t *x = self;

    (void)one;
    if (n > x->req->max_body - x->len) {
        x->fault = "the answer is too large";
        return 0;
    }
    make_room(x, n);
    memcpy(x->body + x->len, data, n);
    x->len += n;
    return n;
}

/* Without the blanks around it. */
static const char *trimmed(apr_pool_t *p, const char *text, size_t n)
{
    while (n > 0 && apr_isspace(*text)) {
        text++;
        n--;
    }
    while (n > 0 && apr_isspace(text[n - 1])) {
        n--;
    }
    return apr_pstrmemdup(p, text, n);
}

/* A line "name: value", or more of the value before it: folded, as servers once did. (libcurl's own
 * list of headers compares each with each, a tenth of the whole call.) */
static void keep_header(exchange_t *x, const char *line, size_t n)
{
    const apr_array_header_t *list = apr_table_elts(x->headers);
    const char *colon = memchr(line, ':', n);
    int is_folded = *line == ' ' || *line == '\t';
    size_t name = is_folded || !colon ? 0 : (size_t)(colon + 1 - line);
    const char *value = trimmed(x->p, line + name, n - name);

    if (is_folded && list->nelts > 0) {
        apr_table_entry_t *last = &APR_ARRAY_IDX(list, list->nelts - 1, apr_table_entry_t);

        last->val = apr_pstrcat(x->p, last->val, " ", value, NULL);
    }
    else if (name > 0) {
        apr_table_addn(x->headers, apr_pstrmemdup(x->p, line, name - 1), value);
    }
}

/* libcurl is content with headers that break off, which may lack an id or hold half of one: the
 * empty line that ends them is noted. What comes after it are trailers. */
static size_t take_header(char *data, size_t one, size_t n, void *self)
{
    exchange_t *x = self;

    (void)one;
    x->header_bytes += n;
    if (n > KL_MAX_REPLY_HEADER || x->header_bytes > KL_MAX_REPLY_HEADERS) {
        x->fault = "the answer's headers are too large";
        return 0;
    }
    if (n >= 5 && strncmp(data, "HTTP/", 5) == 0) {
        x->headers_ended = 0; /* a 1xx may have come before */
        apr_table_clear(x->headers);
    }
    else if (n > 0 && (data[0] == '\r' || data[0] == '\n')) {
        x->headers_ended = 1;
    }
    else if (!x->headers_ended) {
        keep_header(x, data, n);
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

/* As curl_slist_append, but in the pool: libcurl only reads the list. */
static void add_line(exchange_t *x, struct curl_slist ***end, const char *line)
{
    struct curl_slist *more = apr_palloc(x->p, sizeof(*more));

    *more = (struct curl_slist){.data = (char *)line};
    **end = more;
    *end = &more->next;
}

static void set_headers(exchange_t *x)
{
    const apr_table_t *headers = x->req->headers;
    const apr_array_header_t *list = headers ? apr_table_elts(headers) : NULL;
    struct curl_slist *lines = NULL, **end = &lines;

    add_line(x, &end, "Expect:"); /* libcurl's own, and its type for a body, are not wanted */
    if (!headers || !apr_table_get(headers, "Content-Type")) {
        add_line(x, &end, "Content-Type:");
    }
    for (int i = 0; list && i < list->nelts; i++) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(list, i, apr_table_entry_t);

        add_line(x, &end, apr_pstrcat(x->p, entry->key, ": ", entry->val, NULL));
    }
    SET(x, CURLOPT_HTTPHEADER, lines);
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

/* A handle, or NULL with the fault. A host to which a connection is kept was allowed once. */
static CURL *borrow(exchange_t *x)
{
    CURL *handle = kl_kept_take(x->impl->kept, x->req->url, apr_time_now());

    if (!handle && !kl_http_curl_allows(x->req->url)) {
        x->fault = "the address must be https (http only on loopback)";
    }
    else if (!handle) {
        handle = curl_easy_init();
        x->fault = handle ? NULL : "no memory for a connection";
    }
    return handle;
}

/* The reset drops every option with its secrets and keeps the connection, unless the server
 * wanted it closed. */
static void give_back(exchange_t *x)
{
    curl_socket_t fd = CURL_SOCKET_BAD;

    curl_easy_getinfo(x->handle, CURLINFO_ACTIVESOCKET, &fd);
    if (fd == CURL_SOCKET_BAD) {
        curl_easy_cleanup(x->handle);
        return;
    }
    curl_easy_reset(x->handle);
    kl_kept_put(x->impl->kept, x->req->url, x->handle, fd, apr_time_now());
}

/* --- the answer --------------------------------------------------------------------- */

/* Seconds; libcurl reads Retry-After in both of its forms, and a date may have passed. */
static int retry_after(CURL *handle)
{
    curl_off_t seconds = 0;

    curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &seconds);
    return seconds < 0 ? 0 : seconds > INT_MAX ? INT_MAX : (int)seconds;
}

static void read_answer(exchange_t *x, kl_http_response_t *resp)
{
    long status = 0;

    curl_easy_getinfo(x->handle, CURLINFO_RESPONSE_CODE, &status);
    resp->status = (int)status;
    resp->headers = x->headers;
    resp->body = "";
    if (x->len > 0) {
        x->body[x->len] = '\0'; /* make_room left room for it */
        resp->body = x->body;
    }
    resp->body_len = x->len;
    resp->retry_after = retry_after(x->handle);
}

/* --- the exchange ------------------------------------------------------------------- */

/* libcurl's words, which may quote the other side: printable and short. */
static const char *reason(exchange_t *x, CURLcode rc)
{
    char *text;

    if (x->fault) {
        return x->fault;
    }
    text = apr_pstrndup(x->p, *x->words ? x->words : curl_easy_strerror(rc), MAX_WHY);
    for (char *c = text; *c; c++) {
        if (*c < ' ' || *c > '~') {
            *c = '?';
        }
    }
    return text;
}

static void set_options(exchange_t *x, long total_ms)
{
    set_security(x);
    set_connection(x, total_ms);
    set_answer(x);
    set_headers(x);
    set_credentials(x);
    set_request(x);
}

/* Sends it, once every option is set. */
static void send_it(exchange_t *x, kl_http_response_t *resp)
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
        read_answer(x, resp);
        return;
    }
    if (rc == CURLE_OK) {
        x->fault = "the answer's headers broke off";
    }
    resp->why = reason(x, rc);
    resp->delivery = x->started > 0 ? KL_LOST : KL_NOT_SENT;
    if (x->started == 0) {
        kl_tls_sessions_forget(x->impl->sessions, x->req->url);
    }
}

static kl_http_response_t exchange(kl_http_t *self, apr_pool_t *p, const kl_http_request_t *req)
{
    apr_interval_time_t left_ms = apr_time_as_msec(req->deadline - apr_time_now());
    exchange_t x = {.p = p, .headers = apr_table_make(p, 16), .impl = self->impl, .req = req};
    kl_http_response_t resp = {.delivery = KL_NOT_SENT};

    resp.why = left_ms < 1 ? "the deadline has passed" : fault_of(req);
    if (resp.why) {
        return resp;
    }
    x.handle = borrow(&x);
    if (!x.handle) {
        resp.why = x.fault;
        return resp;
    }
    set_options(&x, (long)left_ms);
    send_it(&x, &resp);
    if (resp.delivery == KL_ANSWERED) {
        give_back(&x);
    }
    else {
        curl_easy_cleanup(x.handle); /* its connection is in a state nobody knows */
    }
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
