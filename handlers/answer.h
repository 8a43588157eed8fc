/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one writer of answers. Errors become RFC 9457 problem documents with Klarna's members
 * and the next step, and are logged here, once, with their tag.
 */
#ifndef KL_HANDLERS_ANSWER_H
#define KL_HANDLERS_ANSWER_H

#include "handlers/handlers.h"

/** The answer that follows is one to be saved under that name. */
void kl_answer_as_file(kl_request_t *req, const char *name);

/** Begins an answer of unknown length; kl_answer_write goes on with it, and does nothing for a
 *  HEAD. */
void kl_answer_stream(kl_request_t *req, const char *type);

void kl_answer_write(kl_request_t *req, const char *text);

/** For req->err while the status is on its way already: the answer ends without its end, so
 *  that no client takes a part for the whole. Logs why. Returns what a handler returns. */
int kl_answer_break_off(kl_request_t *req);

/** Sends v with status; location (a path) may be NULL. Returns what a handler returns. */
int kl_answer(kl_request_t *req, int status, const kl_json_t *v, const char *location);

/** Sends the whole file of an image. Returns what a handler returns. */
int kl_answer_image(kl_request_t *req, const char *type, const char *bytes, apr_size_t len);

/** The problem document's HTTP status for a kind of error. */
int kl_answer_status(kl_kind_t kind);

/** Sends req->err as a problem document (RFC 9457) and logs it once. */
int kl_answer_error(kl_request_t *req);

#endif
