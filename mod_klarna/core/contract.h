/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contracts: what holds at a place unless this module has a defect or a row was damaged. They
 * judge our own work, never what a caller or Klarna sent: that has errors of its own.
 *
 * A broken contract stops the work at hand: nothing more is sent or stored for this order, the
 * process and every other order go on. It travels as an error value (KL_INTERNAL "contract"), and
 * whoever logs the error logs `where` too. Unit tests abort.
 */
#ifndef KL_CONTRACT_H
#define KL_CONTRACT_H

#include "core/error.h"

/**
 * Returns KL_INTERNAL from the function it stands in unless cond holds. Nothing may have been
 * taken yet that the function must give back.
 */
#define KL_CONTRACT(cond, err) \
    do { \
        if (!(cond)) { \
            return kl_contract_broken((err), #cond, __FILE__, __LINE__); \
        } \
    } while (0)

/** Sets the error of a broken contract, in the place of any other. @return KL_INTERNAL */
kl_kind_t kl_contract_broken(kl_error_t *err, const char *what, const char *file, int line);

/* Unit tests define it (tests/unit/support.c); the module has none. */
void kl_contract_test(const char *where) __attribute__((weak, visibility("hidden")));

#endif
