/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the operator's routes show, as JSON values, so that the support bundle is made of the
 * same (operator.c, charts.c, support.c). Each gives NULL with call->err set when the
 * database cannot be read. All of them span the Location's stores.
 */
#ifndef KL_HANDLERS_OPERATOR_H
#define KL_HANDLERS_OPERATOR_H

#include "handlers/handlers.h"

/* What of an operation or a setting may be told to strangers: codes, no words, no names. */
typedef enum { KL_FOR_OPERATOR, KL_FOR_STRANGERS } kl_audience_t;

#define KL_MAX_ERRORS 50

kl_json_t *kl_overview_view(kl_call_t *call, kl_audience_t audience);
/** Operations with their store's name. show: "open", "failing" or "refused". */
kl_json_t *kl_operations_view(kl_call_t *call, const char *show, kl_audience_t audience);
kl_json_t *kl_callbacks_view(kl_call_t *call);

/** {"from","hours":[...]}: hours rows up to the one that runs now (charts.c). */
kl_json_t *kl_charts_view(kl_call_t *call, int hours);

/** The last KL_MAX_ERRORS operations that Klarna refused or that failed (support.c). */
kl_json_t *kl_errors_view(kl_call_t *call);

/**
 * Operations of all stores in one of the states, the last changed first (support.c).
 * @param states ends with -1
 * @return of kl_operation_t *, at most `most`, or NULL
 */
apr_array_header_t *kl_last_operations(kl_call_t *call, const int *states, int most);

/* Routes of support.c and charts.c, listed in operator.c. */
int kl_charts(kl_call_t *call);
int kl_errors(kl_call_t *call);
int kl_support_bundle(kl_call_t *call);
/* credential_test.c */
int kl_credential_test(kl_call_t *call);

#endif
