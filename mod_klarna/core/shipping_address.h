/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an order is delivered, as Order Management takes it; its bounds are others than those of
 * Klarna Payments. Values must never reach an error, a log or an order.
 */
#ifndef KL_SHIPPING_ADDRESS_H
#define KL_SHIPPING_ADDRESS_H

#include "core/reader.h"

/**
 * Reads member "shipping_address" of from: a whole address, since Klarna does not say whether what
 * is left out stays. Of the parts of the place that are left out, the result says that they are
 * empty, so that nothing of the old place is left.
 * @return as it is sent, in from->p; NULL with an error in from->err
 */
kl_json_t *kl_shipping_address_read(const kl_reader_t *from);

#endif
