/* SPDX-License-Identifier: Apache-2.0 */
/* What Klarna is told of an order beside its money: how the shop calls it, where it goes. */
#ifndef KL_DETAILS_H
#define KL_DETAILS_H

#include "service/act.h"

/** Sets the merchant references. ask->details names at least one.
 *  @return as kl_act; KL_CONFLICT "not_changeable" */
extern const kl_action_t kl_details_references_action;

/** Changes the shipping address. It is with the operation until that has ended, and nowhere else.
 *  @return as kl_act; KL_CONFLICT "not_changeable" */
extern const kl_action_t kl_details_address_action;

#endif
