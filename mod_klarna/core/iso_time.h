/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Klarna's points in time: ISO 8601 with a zone ("2026-11-22T10:00:00.000Z").
 */
#ifndef KL_ISO_TIME_H
#define KL_ISO_TIME_H

#include <apr_time.h>

/**
 * Reads a date and time with zone: Z, +hh:mm, +hhmm or +hh; seconds may have a fraction, of
 * which microseconds are kept.
 * @return microseconds since 1970 UTC, or 0 when s is NULL, no such text, or before 1970
 */
apr_time_t kl_iso_time(const char *s);

#endif
