# SPDX-License-Identifier: Apache-2.0
"""What Klarna's description says of one call: whether a body fits, both ways, and examples.

What we send must be known to the description, member by member; what Klarna shows in its own
examples may be more than that.
"""
import json
import re

import jsonschema

import spec

FILLING = {     # for members that must be there and have no example: one line of 10.00
    "name": "Headphones", "unit_price": 1000, "total_amount": 1000, "order_amount": 1000,
    "captured_amount": 1000, "refunded_amount": 1000, "interval": "MONTH",
    "interval_count": 1, "number_of_days": 14, "currency": "usd", "amount": 1000, "options": [],
    "description": "Subscription", "intended_use": "SUBSCRIPTION", "price": 0,
    "street_address": "Apartment 10", "country": "us",
    "order_id": "f3392f8b-6116-4073-ab96-e330819e2c07", "type": "invoice",
    "error_messages": ["No."], "error_code": "NOT_ALLOWED", "correlation_id": "c0ffee",
}


class Call:
    """One method on one path of the description."""

    def __init__(self, components, method, path, operation):
        self.components, self.method, self.path = components, method.upper(), path
        self.operation = operation
        self.pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))

    def __str__(self):
        return f"{self.method} {self.path}"

    def request_schema(self):
        body = self.operation.get("requestBody")
        return body["content"]["application/json"]["schema"] if body else None

    def answer_schema(self, status):
        answer = self.operation["responses"].get(str(status), {})
        return answer.get("content", {}).get("application/json", {}).get("schema")

    # --- does it fit? ----------------------------------------------------------------------

    def _wrong(self, schema, value, strict=False):
        schema = {"allOf": [spec.closed(schema) if strict else schema],
                  "components": self.components[strict]}
        checker = jsonschema.Draft7Validator(schema)
        return [f"{self}: {'.'.join(str(step) for step in error.absolute_path)}: {error.message}"
                for error in checker.iter_errors(value)]

    def wrong_request(self, body):
        """What is wrong with it as a request, in words."""
        schema = self.request_schema()
        if schema is None:
            return [f"{self}: takes no body"] if body else []
        return self._wrong(schema, body)

    def wrong_answer(self, answer, strict=True):
        """The same for an answer (with status and raw); strict: nothing beside what is described."""
        if str(answer.status) not in self.operation["responses"]:
            return [f"{self}: {answer.status} is not described"]
        schema = self.answer_schema(answer.status)
        if schema is None:
            return []
        if not answer.raw:
            return [f"{self}: {answer.status} without a body"]
        return self._wrong(schema, json.loads(answer.raw), strict)

    # --- examples --------------------------------------------------------------------------

    def request_example(self):
        """Put together from the examples of its members, as Klarna's pages show it; None where the
        call takes no body or nothing must be in it."""
        schema = self.request_schema()
        if schema is None:
            return None
        return self._example(schema) or self._object(self._named(schema), {}) or None

    def answer_example(self, status):
        """None where there is nothing to show."""
        schema = self.answer_schema(status)
        return None if schema is None else self._example(schema)

    def _named(self, schema):
        if "$ref" in schema:
            return self.components[False]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema

    def _example(self, schema):
        schema = self._named(schema)
        if "example" in schema:
            return schema["example"]
        if "items" in schema:
            entry = self._example(schema["items"])
            return None if entry is None else [entry]
        shown = {name: self._example(member)
                 for name, member in schema.get("properties", {}).items()}
        shown = {name: value for name, value in shown.items() if value is not None}
        return self._object(schema, shown) if shown else None

    def _object(self, schema, shown):
        """With a value for what must be there and has no example."""
        for name in schema.get("required", ()):
            if name not in shown:
                shown[name] = FILLING[name]
        return shown


class Description:
    def __init__(self):
        whole = spec.document()
        # By strictness: as they are, and with nothing beside what they name.
        components = {False: whole["components"], True: spec.closed(whole["components"])}
        self.schemas = whole["components"]["schemas"]
        self.calls = [Call(components, *parts) for parts in spec.operations(whole)
                      if parts[1] != "/"]

    def find(self, method, path):
        """The call that this is, or None."""
        path = path.partition("?")[0]
        # What is written out comes before what may be anything: {id}/order is no {id}.
        for call in sorted(self.calls, key=lambda call: call.path.count("{")):
            if call.method == method and call.pattern.fullmatch(path):
                return call
        return None
