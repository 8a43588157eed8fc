/* SPDX-License-Identifier: Apache-2.0 */
/* See answer.h. */
#include "handlers/answer.h"
#include "handlers/handlers.h"

#include <apr_buckets.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>
#include "handlers/stranger.h"
#include "klarna_module.h"
#include "settings.h"

static void set_head(request_rec *r, int status, const char *type)
{
    r->status = status;
    ap_set_content_type(r, type);
    /* err_headers_out: httpd keeps them for error statuses too. */
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->err_headers_out, "X-Content-Type-Options", "nosniff");
}

static int send_json(kl_request_t *req, int status, const char *type, const kl_json_t *v)
{
    const char *text = kl_json_text(req->r->pool, v);

    set_head(req->r, status, type);
    ap_set_content_length(req->r, (apr_off_t)strlen(text));
    kl_answer_write(req, text);
    return OK;
}

int kl_answer_image(kl_request_t *req, const char *type, const char *bytes, apr_size_t len)
{
    set_head(req->r, HTTP_OK, type);
    ap_set_content_length(req->r, (apr_off_t)len);
    if (!req->r->header_only) {
        ap_rwrite(bytes, (int)len, req->r);
    }
    return OK;
}

void kl_answer_as_file(kl_request_t *req, const char *name)
{
    apr_table_setn(req->r->headers_out, "Content-Disposition",
                   apr_psprintf(req->r->pool, "attachment; filename=\"%s\"", name));
}

void kl_answer_stream(kl_request_t *req, const char *type)
{
    set_head(req->r, HTTP_OK, type);
}

void kl_answer_write(kl_request_t *req, const char *text)
{
    if (!req->r->header_only) {
        ap_rputs(text, req->r);
    }
}

int kl_answer_break_off(kl_request_t *req)
{
    request_rec *r = req->r;
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, alloc);

    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "KLA0023: an export broke off: %s: %s",
                  req->err->code, req->err->detail);
    r->connection->keepalive = AP_CONN_CLOSE;
    APR_BRIGADE_INSERT_TAIL(bb, ap_bucket_error_create(HTTP_BAD_GATEWAY, NULL, r->pool, alloc));
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(alloc));
    ap_pass_brigade(r->output_filters, bb);
    return OK;
}

int kl_answer(kl_request_t *req, int status, const kl_json_t *v, const char *location)
{
    if (location) {
        apr_table_setn(req->r->headers_out, "Location", location);
    }
    return send_json(req, status, "application/json", v);
}

static int http_status(kl_kind_t kind)
{
    switch (kind) {
    case KL_OK:
        return HTTP_OK;
    case KL_INVALID:
        return HTTP_BAD_REQUEST;
    case KL_DENIED:
        return HTTP_FORBIDDEN;
    case KL_NOT_FOUND:
        return HTTP_NOT_FOUND;
    case KL_CONFLICT:
    case KL_STALE:
    case KL_TAKEN:
        return HTTP_CONFLICT;
    case KL_REFUSED:
        return HTTP_UNPROCESSABLE_ENTITY;
    case KL_RATE_LIMITED:
        return HTTP_TOO_MANY_REQUESTS;
    case KL_UNKNOWN:
        return HTTP_GATEWAY_TIME_OUT;
    case KL_UNAVAILABLE:
        return HTTP_SERVICE_UNAVAILABLE;
    case KL_PROTOCOL:
        return HTTP_BAD_GATEWAY;
    case KL_INTERNAL:
        break;
    }
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* Codes with a status of their own. */
static int status_of(const kl_error_t *err)
{
    static const struct {
        const char *code;
        int status;
    } special[] = {{"method_not_allowed", HTTP_METHOD_NOT_ALLOWED},
                   {"media_type", HTTP_UNSUPPORTED_MEDIA_TYPE},
                   {"body_too_large", HTTP_REQUEST_ENTITY_TOO_LARGE},
                   {"idempotency_key_reused", HTTP_UNPROCESSABLE_ENTITY},
                   {NULL, 0}};
    int i;

    for (i = 0; special[i].code; i++) {
        if (strcmp(err->code, special[i].code) == 0) {
            return special[i].status;
        }
    }
    return http_status(err->kind);
}

static const char *title_of(kl_kind_t kind)
{
    static const char *const titles[] = {[KL_OK] = "Done",
                                         [KL_INVALID] = "The request is invalid",
                                         [KL_DENIED] = "Not allowed",
                                         [KL_NOT_FOUND] = "Not found",
                                         [KL_CONFLICT] = "Not possible in the current state",
                                         [KL_STALE] = "Not possible in the current state",
                                         [KL_TAKEN] = "Not possible in the current state",
                                         [KL_REFUSED] = "Klarna refused",
                                         [KL_RATE_LIMITED] = "Too many calls to Klarna",
                                         [KL_UNKNOWN] = "The outcome is not yet known",
                                         [KL_UNAVAILABLE] = "Temporarily unavailable",
                                         [KL_PROTOCOL] = "Klarna's answer could not be read",
                                         [KL_INTERNAL] = "Internal error"};

    return titles[kind];
}

static kl_json_t *problem(kl_request_t *req, int status)
{
    const kl_error_t *err = req->err;
    kl_json_t *v = kl_json_object(req->r->pool);
    kl_json_t *messages;
    int i;

    kl_json_set_str(v, "type", apr_pstrcat(req->r->pool, "urn:mod_klarna:", err->code, NULL));
    kl_json_set_str(v, "title", title_of(err->kind));
    kl_json_set_int(v, "status", status);
    kl_json_set_str(v, "code", err->code);
    kl_json_set_str(v, "reason", err->reason);
    kl_json_set_str(v, "detail", err->detail);
    kl_json_set_str(v, "field", err->field);
    kl_json_set_str(v, "got", err->got);
    kl_json_set_str(v, "expected", err->expected);
    kl_json_set_str(v, "next", err->next);
    kl_json_set_str(v, "error_code", err->klarna_code);
    if (err->klarna_messages) {
        messages = kl_json_array(req->r->pool);
        for (i = 0; i < err->klarna_messages->nelts; i++) {
            kl_json_append_str(messages, APR_ARRAY_IDX(err->klarna_messages, i, const char *));
        }
        kl_json_set(v, "error_messages", messages);
    }
    kl_json_set_str(v, "correlation_id", err->correlation_id);
    kl_json_set(v, "candidates", req->candidates);
    return v;
}

/* The caller's mistakes are the caller's affair; an outside fault is a warning for the operator;
 * our own is an error. */
static int level_of(kl_kind_t kind)
{
    switch (kind) {
    case KL_RATE_LIMITED:
    case KL_UNKNOWN:
    case KL_UNAVAILABLE:
    case KL_PROTOCOL:
        return APLOG_WARNING;
    case KL_INTERNAL:
        return APLOG_ERR;
    default:
        return APLOG_INFO;
    }
}

/* The path as a log may show it: that of a callback ends with a secret. */
static const char *shown_path(const kl_request_t *req)
{
    if (strcmp(req->r->handler, "klarna-callbacks") != 0) {
        return req->r->uri;
    }
    return apr_pstrcat(req->r->pool, req->base ? req->base : "", "/",
                       req->segment[0] ? req->segment[0] : "", "/...", NULL);
}

/* What is the matter with a database is told to nobody else but the log. */
static const char *cure(kl_request_t *req, const char *more)
{
    return apr_pstrcat(req->r->pool, " ", req->err->next ? req->err->next : "", more, NULL);
}

/* Of what the database makes fail, one entry of each kind is enough. */
static void log_error(kl_request_t *req, int status)
{
    const kl_error_t *err = req->err;
    kl_trouble_t *trouble = kl_settings_server(req->r->server)->trouble;
    const char *more = kl_error_is_database(err)
                           ? kl_trouble_happened(trouble, req->r->pool,
                                                 apr_pstrcat(req->r->pool, "KLA0020 ", err->code,
                                                             " ", err->reason, NULL))
                           : "";

    if (more) {
        ap_log_rerror(APLOG_MARK, level_of(err->kind), 0, req->r,
                      "KLA0020: %s %s: %d %s%s%s: %s%s%s%s", req->r->method, shown_path(req),
                      status, err->code, err->field ? " at " : "", err->field ? err->field : "",
                      err->detail ? err->detail : "", err->correlation_id ? " correlation " : "",
                      err->correlation_id ? err->correlation_id : "",
                      kl_error_is_database(err) ? cure(req, more) : more);
    }
    if (err->where) {
        ap_log_rerror(APLOG_MARK, APLOG_CRIT, 0, req->r, "KLA0024: broken contract: %s",
                      err->where);
    }
}

int kl_answer_error(kl_request_t *req)
{
    kl_error_t *err = req->err;
    int status = status_of(err);

    log_error(req, status);
    if (!req->r->user || !req->r->user[0]) {
        kl_stranger_hide(err);
    }
    if (err->retry_after > 0) {
        apr_table_setn(req->r->err_headers_out, "Retry-After",
                       apr_itoa(req->r->pool, err->retry_after));
    }
    return send_json(req, status, "application/problem+json", problem(req, status));
}
