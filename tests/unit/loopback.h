/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scripted HTTP(S) server on 127.0.0.1 inside the test process. Each complete request
 * takes the next step of the script, on whichever connection it came.
 */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include <stddef.h>

typedef struct lb_step_t {
    const char *answer; /* sent as it is, NULL: nothing */
    size_t filler;      /* bytes of 'x' sent after it */
    int close;          /* 1: the connection is closed then */
    int hold;           /* 1: the connection stays silent until the server stops */
    int deaf;           /* 1: no further connection is accepted, from before the answer on */
} lb_step_t;

typedef enum {
    LB_PLAIN,
    LB_TLS, /* with a fresh self-signed certificate for 127.0.0.1 */
    LB_MUTE /* accepts and never says a word */
} lb_kind_t;

typedef struct lb_server_t lb_server_t;

lb_server_t *lb_start(lb_kind_t kind, const lb_step_t *steps, int count);
int lb_port(const lb_server_t *s);
/** "http://127.0.0.1:port" or https; lives as long as s. */
const char *lb_base(const lb_server_t *s);
/** PEM file with the certificate of an LB_TLS server; removed by lb_stop. */
const char *lb_ca_file(const lb_server_t *s);
int lb_connections(lb_server_t *s);
/** Returns when the server has closed so many connections. */
void lb_wait_closed(lb_server_t *s, int n);
/** How many of an LB_TLS server's connections resumed a session. */
int lb_resumed(lb_server_t *s);
int lb_requests(lb_server_t *s);
/** The i-th request as received, NUL terminated; "" when there was none. */
const char *lb_request(lb_server_t *s, int i);
void lb_stop(lb_server_t *s);

#endif
