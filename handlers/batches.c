/* SPDX-License-Identifier: Apache-2.0 */
/* See batches.h. */
#include "handlers/batches.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <string.h>
#include "core/batch_view.h"
#include "core/reader.h"
#include "handlers/answer.h"
#include "klarna_module.h"
#include "service/batch.h"

static int show(kl_request_t *req, int status, const char *id)
{
    apr_pool_t *p = req->r->pool;
    apr_array_header_t *items = NULL;
    kl_batch_t *batch = NULL;
    kl_batch_counts_t counts;
    kl_json_t *v;

    if (kl_batch_show(&req->svc, id, &batch, &items, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    counts = kl_batch_counts_of(items);
    v = kl_batch_view(p, batch, &counts);
    kl_json_set(v, "items", kl_batch_view_items(p, items));
    return kl_answer(req, status, v, apr_pstrcat(p, req->base, "/batches/", id, NULL));
}

/* One id of the selection; the same twice would be a mistake in the page. */
static const char *read_id(kl_request_t *req, const kl_json_t *ids, int i, apr_hash_t *seen)
{
    const char *id = kl_json_str_at(ids, i);
    const char *name = apr_psprintf(req->r->pool, "orders[%d]", i);

    if (!id || !kl_id_is_uuid(id)) {
        kl_error_field(req->err, "not_an_id", name, "something else", "the id of an order");
        return NULL;
    }
    if (apr_hash_get(seen, id, APR_HASH_KEY_STRING)) {
        kl_error_field(req->err, "twice", name, "an order that stands there already",
                       "each order once");
        return NULL;
    }
    apr_hash_set(seen, id, APR_HASH_KEY_STRING, id);
    return apr_pstrdup(req->r->pool, id);
}

static kl_kind_t read_request(kl_request_t *req, kl_batch_request_t *want)
{
    apr_pool_t *p = req->r->pool;
    kl_reader_t rd = kl_reader(p, req->body, "", req->err);
    const char *action = kl_reader_str(&rd, "action", KL_REQUIRED, 1, KL_MAX_STRING);
    const kl_json_t *ids = kl_reader_array(&rd, "orders", KL_REQUIRED, 1, KL_MAX_BATCH);
    apr_array_header_t *orders = apr_array_make(p, 32, sizeof(const char *));
    apr_hash_t *seen = apr_hash_make(p);

    kl_reader_only(&rd, "action", "orders", NULL);
    if (req->err->kind == KL_OK && strcmp(action, KL_BATCH_CAPTURE) != 0) {
        kl_error_field(req->err, "unknown_value", "action", "some other word", KL_BATCH_CAPTURE);
    }
    for (int i = 0; req->err->kind == KL_OK && i < (int)kl_json_size(ids); i++) {
        APR_ARRAY_PUSH(orders, const char *) = read_id(req, ids, i, seen);
    }
    *want = (kl_batch_request_t){KL_BATCH_CAPTURE, orders};
    return req->err->kind;
}

/* Who else works it? Another host's worker may, but nobody here knows of one. */
static kl_kind_t need_worker(kl_request_t *req)
{
    if (kl_settings_worker_threads(kl_settings_server(req->r->server)) == 0) {
        kl_error_set(req->err, KL_CONFLICT, "no_worker",
                     "A batch is worked by the background worker, which is off here. Nothing was "
                     "stored.");
        kl_error_next(req->err, "Set KlarnaWorker On, or do it order by order.");
    }
    return req->err->kind;
}

int kl_batches_create(kl_request_t *req)
{
    kl_batch_request_t want;
    kl_batch_t *batch = NULL;

    if (read_request(req, &want) != KL_OK || need_worker(req) != KL_OK
        || kl_batch_create(&req->svc, &want, &req->client, &batch, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return show(req, HTTP_ACCEPTED, batch->id);
}

int kl_batches_one(kl_request_t *req)
{
    return show(req, HTTP_OK, req->segment[1]);
}

int kl_batches_list(kl_request_t *req)
{
    apr_pool_t *p = req->r->pool;
    kl_json_t *v = kl_json_object(p), *list = kl_json_array(p);
    apr_array_header_t *batches = NULL, *counts = NULL;

    if (kl_batch_newest(&req->svc, &batches, &counts, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    for (int i = 0; i < batches->nelts; i++) {
        kl_json_append(list, kl_batch_view(p, APR_ARRAY_IDX(batches, i, kl_batch_t *),
                                           &APR_ARRAY_IDX(counts, i, kl_batch_counts_t)));
    }
    kl_json_set(v, "batches", list);
    return kl_answer(req, HTTP_OK, v, NULL);
}
