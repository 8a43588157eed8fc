# SPDX-License-Identifier: Apache-2.0
"""Klarna's own description of its APIs, as these tests read it.

The files are Klarna's and not part of this project: they lie in shared/klarna beside the clone, or
where KLARNA_FILES says. Where they are not, who needs them is skipped and says so.
"""
import copy
import os

import yaml

import qr_session

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FILES = os.environ.get("KLARNA_FILES") or os.path.join(os.path.dirname(ROOT), "shared", "klarna")
PAYMENTS = os.path.join(FILES, "openapi", "payments-api-openapi.yml")
ORDER_MANAGEMENT = os.path.join(FILES, "openapi", "order-management-api-openapi.yml")
HOSTED_PAGE = os.path.join(FILES, "openapi", "hosted-payment-page-api-openapi.yml")
MISSING = None if os.path.exists(PAYMENTS) else f"Klarna's files are not in {FILES}"

METHODS = ("get", "post", "patch", "put", "delete")
REFERENCE = "#/components/schemas/"
ERROR = {"type": "object", "required": ["error_code", "error_messages", "correlation_id"],
         "properties": {"error_code": {"type": "string"}, "correlation_id": {"type": "string"},
                        "error_messages": {"type": "array", "items": {"type": "string"}}}}
# What the pages "Error codes" of the products and "Rate limiting" name for every call, and the files
# for some or none. A 401 is a page of HTML.
EVERYWHERE = {"400": ERROR, "401": None, "403": ERROR, "404": ERROR, "409": ERROR, "413": ERROR,
              "422": ERROR, "429": ERROR, "500": ERROR, "502": None, "503": None, "504": None}

NO_BODY = {"application/json": {"schema": {"type": "string"}}}
# What keeps a connection open: no call of any API, without credentials, and any answer will do.
WARM = {"get": {"responses": {"default": {"description": "anything"}}}}


def _mend(node, prefix=""):
    """A part of the description as it is meant: choices written as one string with bars are split,
    [null] is no choice, an answer that is "a string" has no body (so say the pages, and 204 itself),
    and references name what all files together hold."""
    if isinstance(node, list):
        return [_mend(entry, prefix) for entry in node]
    if not isinstance(node, dict):
        return node
    node = {name: _mend(value, prefix) for name, value in node.items()}
    if isinstance(node.get("$ref"), str):
        name = node["$ref"].removeprefix(REFERENCE)
        node["$ref"] = REFERENCE + prefix + name.replace(" ", "_")
    if isinstance(node.get("enum"), list):
        node["enum"] = [choice for entry in node["enum"] if entry is not None
                        for choice in entry.split("|")]
        if not node["enum"]:
            del node["enum"]
    if node.get("content") == NO_BODY:
        del node["content"]
    return node


def _load(path, prefix):
    with open(path, encoding="utf-8") as file:
        # Dates stay the strings that they are in JSON.
        document = _mend(yaml.load(file, _Strings), prefix)
    schemas = document["components"]["schemas"]
    document["components"]["schemas"] = {
        prefix + name.replace(" ", "_"): schema for name, schema in schemas.items()}
    return document


class _Strings(yaml.SafeLoader):
    """YAML without its idea of dates."""


_Strings.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:timestamp"]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def closed(node, sending=False):
    """The same with nothing beside what it names. Who sends leaves out what is read only; so that
    answers stay open, schemas of what is sent have names of their own."""
    if isinstance(node, list):
        return [closed(entry, sending) for entry in node]
    if not isinstance(node, dict):
        return node
    node = {name: closed(value, sending) for name, value in node.items()}
    if sending and isinstance(node.get("$ref"), str):
        node["$ref"] = node["$ref"].replace(REFERENCE, REFERENCE + "sent_")
    if isinstance(node.get("properties"), dict):
        node.setdefault("additionalProperties", False)
    if sending and node.get("readOnly") is True:
        return {"not": {}}
    return node


def document():
    """All APIs in one OpenAPI document, with the answers that may come everywhere, and requests
    closed to what they do not name: Klarna would pass that over, but we mean what we send."""
    whole = _load(PAYMENTS, "")
    for other in (_load(ORDER_MANAGEMENT, "om_"), _load(HOSTED_PAGE, "hpp_")):
        whole["paths"].update(other["paths"])
        whole["components"]["schemas"].update(other["components"]["schemas"])
    qr_session.add(whole)
    schemas = whole["components"]["schemas"]
    schemas.update({"sent_" + name: closed(schema, True) for name, schema in schemas.items()})
    for _, _, operation in operations(whole):
        if "requestBody" in operation:
            operation["requestBody"] = closed(operation["requestBody"], True)
        for status, schema in EVERYWHERE.items():
            answer = operation["responses"].setdefault(status, {"description": "see the pages"})
            if schema and not answer.get("content"):
                answer["content"] = {"application/json": {"schema": copy.deepcopy(schema)}}
    whole["paths"]["/"] = WARM
    return whole


def operations(whole):
    """(method, path, operation) of everything in it."""
    for path, item in whole["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]
