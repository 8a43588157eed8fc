# SPDX-License-Identifier: Apache-2.0
"""Klarna's own examples agree with Klarna's own description, and none of them is forgotten."""
import json

import pytest

import spec

if spec.MISSING:
    pytest.skip(spec.MISSING, allow_module_level=True)

import examples
from description import Description
from sandbox_client import Answer

KLARNA = Description()


def answered(status, body):
    return Answer(status, {}, json.dumps(body).encode())


def test_every_sample_is_one_of_these():
    named = {*examples.REQUESTS, *examples.ANSWERS, *examples.CALLBACKS, *examples.ILLUSTRATIVE,
             *examples.IN_STORE_REQUESTS, *examples.IN_STORE_ANSWERS,
             *examples.IN_STORE_CALLBACKS, *examples.FRAGMENTS}
    others = {name for name in examples.every_sample() if name.startswith(examples.OTHER_APIS)}
    assert not named & others
    assert named | others == set(examples.every_sample())


def test_choices_in_one_string_are_split():
    line = KLARNA.schemas["om_order_line"]
    assert {"discount", "return_fee"} <= set(line["properties"]["type"]["enum"])


@pytest.mark.parametrize("name", examples.REQUESTS)
def test_an_example_of_a_request(name):
    for method, path in examples.REQUESTS[name]:
        assert KLARNA.find(method, path).wrong_request(examples.sample(name)) == []


@pytest.mark.parametrize("name", examples.IN_STORE_REQUESTS)
def test_an_example_of_a_request_in_a_store(name):
    call = KLARNA.find(*examples.IN_STORE_REQUESTS[name])
    assert call.wrong_request(examples.sample(name)) == []


@pytest.mark.parametrize("name", examples.IN_STORE_CALLBACKS)
def test_an_example_of_a_callback_in_a_store(name):
    member, method, path = examples.IN_STORE_CALLBACKS[name]
    assert KLARNA.find(method, path).wrong_answer(
        answered(200, examples.sample(name)[member])) == []


@pytest.mark.parametrize("name", [*examples.ANSWERS, *examples.IN_STORE_ANSWERS])
def test_an_example_of_an_answer(name):
    method, path, status = {**examples.ANSWERS, **examples.IN_STORE_ANSWERS}[name]
    answer = answered(status, examples.sample(name))
    assert KLARNA.find(method, path).wrong_answer(answer, strict=False) == []


def test_the_examples_in_the_description():
    """What is put together from them is neither empty nor wrong."""
    requests = [call for call in KLARNA.calls if call.request_example()]
    assert len(requests) >= 11
    assert [wrong for call in requests for wrong in call.wrong_request(call.request_example())] == []
    answers = [(call, answered(int(status), call.answer_example(status))) for call in KLARNA.calls
               for status in call.operation["responses"] if call.answer_example(status)]
    assert len(answers) >= 30
    assert [wrong for call, answer in answers for wrong in call.wrong_answer(answer)] == []


def test_what_does_not_fit_is_seen():
    """A check that cannot fail checks nothing."""
    capture = KLARNA.find("POST", "/ordermanagement/v1/orders/1/captures")
    right = capture.request_example()
    assert capture.wrong_request(right) == []
    for wrong in ({**right, "captured_amount": "1000"}, {**right, "captured_amont": 1000},
                  {**right, "order_lines": [{**right["order_lines"][0], "type": "gift"}]},
                  {name: value for name, value in right.items() if name != "captured_amount"}):
        assert capture.wrong_request(wrong)
    session = KLARNA.find("POST", "/payments/v1/sessions")
    assert session.wrong_request({**session.request_example(), "client_token": "read only"})
    assert capture.wrong_answer(answered(418, {}))
    assert session.wrong_answer(answered(200, {"client_token": 1}))
