/* SPDX-License-Identifier: Apache-2.0 */
/* See notes.h. */
#include "handlers/notes.h"

#include <apr_strings.h>
#include <string.h>
#include "core/reader.h"
#include "handlers/answer.h"
#include "service/notes.h"

static kl_json_t *view_note(apr_pool_t *p, const kl_note_t *note)
{
    kl_json_t *v = kl_json_object(p);

    kl_json_set_str(v, "id", note->id);
    kl_view_time(p, v, "at", note->created_at);
    kl_json_set_str(v, "by", note->actor);
    kl_json_set_str(v, "text", note->text);
    return v;
}

/* --- how they are shown -------------------------------------------------------------------- */

kl_kind_t kl_notes_show(kl_request_t *req, const kl_order_t *order, kl_json_t *v)
{
    apr_pool_t *p = req->r->pool;
    kl_json_t *list = kl_json_array(p);
    apr_array_header_t *notes = NULL;
    kl_kind_t rv = kl_notes_of(&req->svc, order->id, &notes, req->err);

    for (int i = 0; rv == KL_OK && i < notes->nelts; i++) {
        kl_json_append(list, view_note(p, APR_ARRAY_IDX(notes, i, kl_note_t *)));
    }
    kl_json_set(v, "notes", list);
    return rv;
}

kl_kind_t kl_notes_show_tags(kl_request_t *req, const apr_array_header_t *orders, kl_json_t *views)
{
    apr_pool_t *p = req->r->pool;
    apr_array_header_t *tags = NULL;
    kl_kind_t rv = kl_notes_tags_of(&req->svc, orders, &tags, req->err);

    for (int i = 0; rv == KL_OK && i < orders->nelts; i++) {
        const char *id = APR_ARRAY_IDX(orders, i, kl_order_t *)->id;
        kl_json_t *list = kl_json_array(p);

        for (int n = 0; n < tags->nelts; n++) {
            const kl_label_t *tag = &APR_ARRAY_IDX(tags, n, kl_label_t);

            if (strcmp(tag->order_id, id) == 0) {
                kl_json_append_str(list, tag->value);
            }
        }
        kl_json_set(kl_json_at(views, i), "tags", list);
    }
    return rv;
}

/* --- notes --------------------------------------------------------------------------------- */

/* Several lines, but nothing else that no keyboard types. NULL: the fault is in req->err. */
static const char *read_text(kl_request_t *req)
{
    const char *text = kl_json_str(req->body, "text");
    apr_size_t len = text ? strlen(text) : 0;

    if (len == 0 || len > KL_MAX_NOTE || strspn(text, " \n\t") == len) {
        kl_error_field(req->err, "out_of_range", "text", len ? "blanks, or more" : NULL,
                       "1 to " APR_STRINGIFY(KL_MAX_NOTE) " bytes of text");
        return NULL;
    }
    for (const char *c = text; *c; c++) {
        if (((unsigned char)*c < 0x20 && !strchr("\n\t", *c)) || *c == 0x7f) {
            kl_error_field(req->err, "control_character", "text", "a control character",
                           "text, in lines");
            return NULL;
        }
    }
    return text;
}

int kl_notes_create(kl_request_t *req)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    const char *text = read_text(req);
    kl_note_t *note = NULL;

    kl_reader_only(&rd, "text", NULL);
    if (req->err->kind != KL_OK
        || kl_notes_add(&req->svc, req->segment[0], text, &req->client, &note, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    return kl_answer(req, HTTP_CREATED, view_note(req->r->pool, note), NULL);
}

/* --- tags ---------------------------------------------------------------------------------- */

static kl_kind_t read_tags(kl_request_t *req, apr_array_header_t *tags)
{
    kl_reader_t rd = kl_reader(req->r->pool, req->body, "", req->err);
    const kl_json_t *list = kl_reader_array(&rd, "tags", KL_REQUIRED, 0, KL_MAX_TAGS);

    kl_reader_only(&rd, "tags", NULL);
    for (apr_size_t i = 0; req->err->kind == KL_OK && i < kl_json_size(list); i++) {
        const char *tag = kl_json_str_at(list, i);
        apr_size_t len = tag ? strlen(tag) : 0;

        if (len == 0 || len > KL_MAX_TAG || tag[0] == ' ' || tag[len - 1] == ' '
            || strcspn(tag, ",\n\r\t") != len) {
            kl_error_field(req->err, "not_a_tag",
                           apr_psprintf(req->r->pool, "tags[%" APR_SIZE_T_FMT "]", i),
                           "something else",
                           "1 to " APR_STRINGIFY(KL_MAX_TAG) " bytes, without a comma and without"
                                                             " spaces around it");
        }
        APR_ARRAY_PUSH(tags, const char *) = tag;
    }
    return req->err->kind;
}

int kl_notes_tag(kl_request_t *req)
{
    apr_pool_t *p = req->r->pool;
    apr_array_header_t *tags = apr_array_make(p, KL_MAX_TAGS, sizeof(const char *));
    kl_json_t *v = kl_json_object(p), *list = kl_json_array(p);

    if (read_tags(req, tags) != KL_OK
        || kl_notes_set_tags(&req->svc, req->segment[0], tags, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    for (int i = 0; i < tags->nelts; i++) {
        kl_json_append_str(list, APR_ARRAY_IDX(tags, i, const char *));
    }
    kl_json_set(v, "tags", list);
    return kl_answer(req, HTTP_OK, v, NULL);
}

int kl_notes_tags(kl_request_t *req)
{
    apr_pool_t *p = req->r->pool;
    kl_json_t *v = kl_json_object(p), *list = kl_json_array(p);
    apr_array_header_t *tags = NULL;

    if (kl_notes_all_tags(&req->svc, &tags, req->err) != KL_OK) {
        return kl_answer_error(req);
    }
    for (int i = 0; i < tags->nelts; i++) {
        const kl_label_count_t *tag = &APR_ARRAY_IDX(tags, i, kl_label_count_t);
        kl_json_t *one = kl_json_object(p);

        kl_json_set_str(one, "tag", tag->value);
        kl_json_set_int(one, "count", tag->count);
        kl_json_append(list, one);
    }
    kl_json_set(v, "tags", list);
    return kl_answer(req, HTTP_OK, v, NULL);
}
