/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration as it was read, line by line: for what other modules keep to themselves
 * (mod_dbd's settings, a Location's SetHandler). It must never change a line.
 */
#ifndef KL_CONFTREE_H
#define KL_CONFTREE_H

#include <httpd.h>
#include <http_config.h>

/** The line after this one, into and out of containers; NULL after the last. Begin with
 *  ap_conftree. */
const ap_directive_t *kl_conftree_after(const ap_directive_t *line);

/** 1 when the line is that directive; a container's name begins with '<'. */
int kl_conftree_says(const ap_directive_t *line, const char *directive);

/** Its first argument, without the bracket that ends a container. */
const char *kl_conftree_argument(apr_pool_t *p, const ap_directive_t *line);

/** The directive directly inside a container, or NULL. */
const ap_directive_t *kl_conftree_inside(const ap_directive_t *container, const char *directive);

/** The server that a line belongs to; s is the main one. */
server_rec *kl_conftree_server(server_rec *s, const ap_directive_t *line);

/** 1 when what stands in that section can be inherited by the Location. */
int kl_conftree_reaches(apr_pool_t *p, const ap_directive_t *section,
                        const ap_directive_t *location);

#endif
