/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mod_dbd's settings, as far as payments depend on them: mod_dbd itself takes whatever stands
 * there, and fails when the first payment comes. No connection is made here.
 */
#ifndef KL_DATABASE_CHECK_H
#define KL_DATABASE_CHECK_H

#include "complaints.h"
#include "database.h"

/** Before any directive is carried out: a driver that is not installed, with its package. */
void kl_database_check_driver(apr_pool_t *pconf, apr_pool_t *ptemp);

/** The settings of a server that takes payments, and the file that they name. */
void kl_database_check(kl_complaints_t *wrong, server_rec *s, const kl_database_t *database);

#endif
