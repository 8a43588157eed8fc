# SPDX-License-Identifier: Apache-2.0
"""The QR session as a description: it is on Klarna's pages only, in none of Klarna's files. What the
pages write in two ways is allowed in both.
"""
TEXT = {"type": "string"}
MOMENT = {"type": "string", "format": "date-time"}
DISTRIBUTION = {"type": "object", "required": ["method"], "properties": {
    "method": {"type": "string", "enum": ["one_qr"]},
    "short_code": {"type": "string", "pattern": "^[0-9]{2,20}$"},
    "callback_urls": {"type": "object", "properties": {"status_update": TEXT}}}}
STARTED = {"type": "object", "required": ["result_url"], "properties": {"result_url": TEXT}}
RESULT = {"type": "object", "required": ["status"], "properties": {
    "status": {"type": "string", "enum": ["WAITING", "DISTRIBUTED", "ACCESSED", "COMPLETED",
                                          "CANCELED", "CANCELLED", "FAILED"]},
    "qr": TEXT, "qr_code": TEXT, "payment_link": TEXT, "expires_at": MOMENT, "order_id": TEXT,
    "klarna_reference": TEXT,
    "error": {"type": "object", "required": ["code"], "properties": {"code": TEXT}}}}
SESSION_ID = [{"name": "session_id", "in": "path", "required": True, "schema": TEXT}]


def _answers(status, schema=None):
    answer = {"description": "see the pages"}
    if schema:
        answer["content"] = {"application/json": {"schema": schema}}
    return {"parameters": SESSION_ID, "responses": {status: answer}}


def add(whole):
    """What a session of Klarna Payments takes and tells besides, and the two calls of its own."""
    schemas = whole["components"]["schemas"]
    created, told = schemas["session_create"], schemas["merchant_session"]
    created["properties"]["distribution"] = DISTRIBUTION
    created["properties"]["acquiring_channel"]["enum"].append("in_store")
    told["properties"]["distribution"] = STARTED
    # The page's answer has no client token: nobody but Klarna's own page shows this payment.
    told["required"] = ["session_id"]
    told["anyOf"] = [{"required": ["client_token"]}, {"required": ["distribution"]}]
    paths = whole["paths"]
    paths["/payments/v1/sessions/{session_id}"]["delete"] = _answers("204")
    schemas["qr_result"] = RESULT
    paths["/iss/v1/distributions/{session_id}"] = {
        "get": _answers("200", {"$ref": "#/components/schemas/qr_result"})}
