/* SPDX-License-Identifier: Apache-2.0 */
/* The fake store's batches. */
#ifndef KL_TEST_FAKE_BATCH_H
#define KL_TEST_FAKE_BATCH_H

#include "fake_store.h"

/** Puts them into the table. */
void fake_batch_functions(kl_store_t *store);

/** The row itself, or NULL. */
kl_batch_item_t *fake_batch_item(const fake_store_t *fake, const char *batch_id,
                                 const char *order_id);

#endif
