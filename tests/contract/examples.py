# SPDX-License-Identifier: Apache-2.0
"""Klarna's examples: what each file in samples/ is, and those of the description itself.

A file that is not named here fails test_description.py: none is forgotten.
"""
import json
import os

import spec

PAYMENTS, ORDER = "/payments/v1", "/ordermanagement/v1/orders/{order_id}"
SESSION, PLACE = PAYMENTS + "/sessions/{session_id}", (
    PAYMENTS + "/authorizations/{authorizationToken}/order")
SESSIONS = PAYMENTS + "/sessions"
PAGES, PAGE = "/hpp/v1/sessions", "/hpp/v1/sessions/{session_id}"
RESULT = "/iss/v1/distributions/{session_id}"
CAPTURE, REFUND = ORDER + "/captures/{capture_id}", ORDER + "/refunds/{refund_id}"

REQUESTS = {    # file: the calls that it is a body of
    "docs/om-authorization-patch.request.json": [("PATCH", ORDER + "/authorization")],
    "docs/om-capture.request.json": [("POST", ORDER + "/captures")],
    "docs/om-customer-details-patch.request.json": [("PATCH", ORDER + "/customer-details")],
    "docs/om-merchant-references-patch.request.json": [("PATCH", ORDER + "/merchant-references")],
    "docs/om-refund.request.json": [("POST", ORDER + "/refunds")],
    "docs/om-shipping-info.request.json": [("POST", ORDER + "/shipping-info"),
                                           ("POST", CAPTURE + "/shipping-info")],
}
ANSWERS = {     # file: the call that it answers, and the status
    "docs/om-get-capture.200.json": ("GET", CAPTURE, 200),
    "docs/om-get-order-captured.200.json": ("GET", ORDER, 200),
    "docs/om-error-capture.404.json": ("POST", ORDER + "/captures", 404),
    "docs/om-error-customer-details.403.json": ("PATCH", ORDER + "/customer-details", 403),
    "docs/om-error-invalid-order-id.400.json": ("GET", ORDER, 400),
    "docs/om-error-merchant-references.404.json": ("PATCH", ORDER + "/merchant-references", 404),
    "docs/om-error-shipping-info.404.json": ("POST", CAPTURE + "/shipping-info", 404),
    "docs/om-error-update-authorization.403.json": ("PATCH", ORDER + "/authorization", 403),
    "kco_rest_php/ConnectorTest-testSendError.json": ("POST", ORDER + "/refunds", 403),
    "kco_rest_php/OrdersTest-testCreate.json": ("POST", PLACE, 200),
    "kco_rest_php/SessionsTest-testCreate-2.json": ("POST", PAYMENTS + "/sessions", 200),
    "tuutti/create-credit-session.json": ("POST", PAYMENTS + "/sessions", 200),
    "tuutti/create-order-authorization.json": ("POST", PLACE, 200),
}
# The same for payments in a store.
IN_STORE_REQUESTS = {
    "docs/hpp-create-kp-place-order.request.json": ("POST", PAGES),
    "docs/hpp-create-kp.request.json": ("POST", PAGES),
    "docs/hpp-distribute-email.request.json": ("POST", PAGE + "/distribution"),
    "docs/hpp-distribute-sms.request.json": ("POST", PAGE + "/distribution"),
    "docs/instore-one-qr-session.RECONSTRUCTED.request.json": ("POST", SESSIONS),
    "turn2/instore-one-qr-session-shortcode.request.json": ("POST", SESSIONS),
    "turn2/instore-one-qr-session.request.json": ("POST", SESSIONS),
}
IN_STORE_ANSWERS = {
    "docs/hpp-create.201.json": ("POST", PAGES, 201),
    "docs/instore-one-qr-result-completed.RECONSTRUCTED.200.json": ("GET", RESULT, 200),
    "docs/instore-one-qr-result-failed.RECONSTRUCTED.200.json": ("GET", RESULT, 200),
    "docs/instore-one-qr-session.RECONSTRUCTED.200.json": ("POST", SESSIONS, 200),
    "turn2/instore-one-qr-session.200.json": ("POST", SESSIONS, 200),
}
# A callback's part, and what answers in the same words.
IN_STORE_CALLBACKS = {
    "docs/callback-hpp-status-update.RECONSTRUCTED.json": ("session", "GET", PAGE)}
# A part of a request, of which there is the whole.
FRAGMENTS = ("docs/instore-one-qr-session-shortcode.RECONSTRUCTED.fragment.json",)
CALLBACKS = ("docs/callback-fraud-notification-accepted.json",
             "docs/callback-fraud-notification-rejected.json",
             "docs/callback-kp-authorization.json")
# facts.md 4.3: generated for the tests of a client, or with 0 and "string" throughout. Their sums
# contradict each other, and there are members that no page knows: no valid bodies, though a module
# must not fall over them.
ILLUSTRATIVE = {
    "kco_rest_php/CaptureTest-testFetch.json": ("GET", CAPTURE),
    "kco_rest_php/OrderTest-testFetch-2.json": ("GET", ORDER),
    "kco_rest_php/OrderTest-testFetch.json": ("GET", ORDER),
    "kco_rest_php/OrderTest-testFetchCapture.json": ("GET", CAPTURE),
    "kco_rest_php/OrderTest-testFetchCaptureExisting.json": ("GET", CAPTURE),
    "kco_rest_php/OrderTest-testFetchCaptureNew.json": ("GET", CAPTURE),
    "kco_rest_php/OrderTest-testFetchCaptures.json": ("GET", ORDER + "/captures"),
    "kco_rest_php/OrderTest-testFetchExistingRefund-2.json": ("GET", REFUND),
    "kco_rest_php/OrderTest-testFetchExistingRefund.json": ("GET", REFUND),
    "kco_rest_php/OrderTest-testFetchRefund.json": ("GET", REFUND),
    "kco_rest_php/OrderTest-testUpdate.json": ("GET", ORDER),
    "kco_rest_php/RefundTest-testFetch.json": ("GET", REFUND),
    "kco_rest_php/SessionsTest-testFetch-2.json": ("GET", SESSION),
    "tuutti/get-order-no-captures.json": ("GET", ORDER),
    "tuutti/get-order-two-captures.json": ("GET", ORDER),
    "tuutti/get-order.json": ("GET", ORDER),
}
# APIs that neither module nor sandbox speaks: Klarna Network, the in-store API of before, disputes,
# messaging, instant shopping, customer tokens, settlements, virtual cards, and the button's keys.
OTHER_APIS = ("network-v2/", "turn2/dispute-", "turn2/network-", "turn2/osm-", "instore-legacy/",
              "kco_rest_php/ButtonKeysTest-", "kco_rest_php/PayoutsTest-",
              "kco_rest_php/TokensTest-", "kco_rest_php/TransactionsTest-",
              "kco_rest_php/VCCSettlementsTest-", "kco_rest_php/OrdersTest-testApprove.",
              "kco_rest_php/OrdersTest-testRetrive.",
              "kco_rest_php/OrdersTest-testGenerateCutomerToken.",
              "kco_rest_php/SessionsTest-testCreate.", "kco_rest_php/SessionsTest-testFetch.")
SAMPLES = os.path.join(spec.FILES, "samples")


def sample(name):
    with open(os.path.join(SAMPLES, name), encoding="utf-8") as file:
        return json.load(file)


def every_sample():
    for folder, _, names in os.walk(SAMPLES):
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), SAMPLES)
