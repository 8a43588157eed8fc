/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: any bytes as a capture request. First byte: the order it is asked of; the
 * rest: the document. What is planned must be bookable, obey Klarna's line rule and come
 * to its sum; what is refused must say why.
 */
#include "core/plan_lines.h"
#include "core/plan_capture.h"
#include "core/plan_json.h"
#include "orders.h"

#include "core/order_view.h"

static void try_request(apr_pool_t *p, const unsigned char *data, size_t size)
{
    kl_order_t *order = make_order(p, data[0]);
    kl_error_t *err = kl_error_make(p);
    kl_json_t *v = kl_json_parse(p, (const char *)data + 1, size - 1, err);
    kl_capture_request_t want;
    kl_movement_t m;

    if (v == NULL) {
        return;
    }
    if (kl_plan_json_capture(&want, p, v, err) != KL_OK
        || kl_plan_capture(&m, p, order, &want, err) != KL_OK) {
        check_refusal(err);
        return;
    }
    check(m.amount > 0 && m.amount <= order->remaining_amount);
    check_lines(kl_plan_lines_klarna(p, order, &m), m.amount);
    book_movement(order, p, KL_OP_CAPTURE, &m);
    kl_json_text(p, kl_order_view(p, order, 1));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    apr_pool_t *p = new_pool();

    if (size > 0) {
        try_request(p, data, size);
    }
    apr_pool_destroy(p);
    return 0;
}
