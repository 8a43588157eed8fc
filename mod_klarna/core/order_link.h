/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of an order elsewhere (the shop's own system, Klarna's portal), made from a template.
 */
#ifndef KL_ORDER_LINK_H
#define KL_ORDER_LINK_H

#include "core/order.h"

typedef struct kl_order_link_t {
    const char *name; /* for people */
    const char *url;  /* with placeholders: "https://shop.example/{merchant_reference1}" */
} kl_order_link_t;

/** What is wrong with a template, for people; NULL when it is an https address or a path of this
 *  server, with placeholders that are known. */
const char *kl_order_link_fault(apr_pool_t *p, const char *url);

/** The address for an order, its values percent-encoded; NULL when the order lacks one of them. */
const char *kl_order_link_url(apr_pool_t *p, const char *url, const kl_order_t *order);

#endif
