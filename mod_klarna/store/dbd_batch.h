/* SPDX-License-Identifier: Apache-2.0 */
/* Batches and their items in rows; what each function does says store.h. */
#ifndef KL_DBD_BATCH_H
#define KL_DBD_BATCH_H

#include "store/store.h"

/** Puts those of batches into the table. */
void kl_dbd_batch_functions(kl_store_t *store);

#endif
