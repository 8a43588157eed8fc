/* SPDX-License-Identifier: Apache-2.0 */
/* What <KlarnaStore NAME> and <KlarnaDepartment NAME> have in common: the name. */
#ifndef KL_CONTAINER_H
#define KL_CONTAINER_H

#include <httpd.h>
#include <http_config.h>

/** The name in a container's arguments, in cmd->pool. @return NULL, or what is wrong with it */
const char *kl_container_name(cmd_parms *cmd, const char *arguments, const char **name);

/** NULL, or why that is no container's name. */
const char *kl_container_check(cmd_parms *cmd, const char *name);

#endif
