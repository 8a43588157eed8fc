/* SPDX-License-Identifier: Apache-2.0 */
/* Notes and labels in rows; what each function does says store.h. */
#ifndef KL_DBD_NOTES_H
#define KL_DBD_NOTES_H

#include "store/store.h"

/** Puts those of notes and labels into the table. */
void kl_dbd_notes_functions(kl_store_t *store);

#endif
