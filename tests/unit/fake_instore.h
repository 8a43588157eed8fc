/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the small Klarna (fake_klarna.h) knows of payments in a store: hosted pages, QR sessions,
 * the messages that it sent, and the customer.
 */
#ifndef KL_TEST_FAKE_INSTORE_H
#define KL_TEST_FAKE_INSTORE_H

#include "fake_klarna.h"

typedef struct fake_sale_t {
    const char *session_id; /* of Klarna Payments */
    const char *page_id;    /* of the hosted page, "" = a QR session */
    const char *link;
    const char *status;   /* Klarna's word; NULL while it is a mere session */
    const char *order_id; /* "" = not paid */
    apr_int64_t amount;
    const char *reference1, *reference2, *lines;
    int shown;    /* 1: on the customer's phone as soon as it is made */
    int captures; /* 1: the order is captured at once */
    int messages; /* sent with its link */
    apr_time_t until;
} fake_sale_t;

struct fake_instore_t {
    fake_klarna_t *klarna;
    apr_array_header_t *sales; /* of fake_sale_t * */
};

/** From now on klarna takes payments in a store. */
fake_instore_t *fake_instore_make(fake_klarna_t *klarna);

fake_sale_t *fake_instore_sale(const fake_instore_t *fake, int i);

/** The customer opens it, pays, or says no; 0 when Klarna lets them do that no more. */
int fake_instore_open(fake_instore_t *fake, fake_sale_t *sale);
int fake_instore_pay(fake_instore_t *fake, fake_sale_t *sale);
int fake_instore_refuse(fake_instore_t *fake, fake_sale_t *sale);

/** How many of all sales were paid, and how many messages were sent. */
int fake_instore_paid(const fake_instore_t *fake);
int fake_instore_messages(const fake_instore_t *fake);

#endif
