/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Books a final operation into its order, once: whoever finds a stored outcome that is not booked
 * books it.
 */
#ifndef KL_BOOK_H
#define KL_BOOK_H

#include "service/service.h"

/**
 * Books a final operation into its order and passes the claim on; nothing to do when that
 * happened before. What follows a refused step is discarded.
 * What cannot be booked is a broken contract: the order is marked.
 * @param order as kl_change_order takes it; the order as stored after the booking
 */
kl_kind_t kl_book_operation(kl_service_t *svc, const kl_operation_t *op, kl_order_t **order,
                            kl_error_t *err);

#endif
