# SPDX-License-Identifier: Apache-2.0
"""Signed carts as other programs make them: PyJWT, and the openssl command in a shell."""
import json
import subprocess
import time

import jwt
import pytest

import carts
import confidential
from shop import CHECKOUT, Payment, problem

SHELL = r"""
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
text=$(printf %s '{"alg":"HS256","kid":"demo"}' | base64url).$(base64url)
printf '%s.%s' "$text" "$(printf %s "$text" | openssl dgst -sha256 -hmac "$KEY" -binary | base64url)"
"""


def _claims():
    return {"exp": int(time.time()) + 600, "cart": carts.personal_cart()}


def _pyjwt(algorithm="HS256", **header):
    return confidential.keep_from_logs(
        jwt.encode(_claims(), carts.KEYS["demo"], algorithm, {"kid": "demo"} | header))


def _openssl():
    return subprocess.run(["sh", "-euc", SHELL], input=json.dumps(_claims()), check=True,
                          capture_output=True, text=True, timeout=30,
                          env={"PATH": "/usr/bin:/bin", "KEY": carts.KEYS["demo"]}).stdout


MAKERS = {"PyJWT": _pyjwt, "openssl": _openssl}


def _send(httpd, token):
    confidential.keep_from_logs(token)
    return httpd.post(CHECKOUT + "/sessions", {"signed_cart": token}, None)


def _changed(text, at):
    """Another character of base64url at this place."""
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:]


@pytest.mark.parametrize("maker", MAKERS)
def test_it_opens(httpd, maker):
    answer = _send(httpd, MAKERS[maker]())
    assert answer.status == 201 and Payment(answer)
    assert answer.json["order_amount"] == 81600


@pytest.mark.parametrize("maker", MAKERS)
def test_mangled_it_does_not(shop, httpd, maker):
    token = MAKERS[maker]()
    head, payload, signature = (len(part) for part in token.split("."))
    second = head + 1 + payload
    places = [0, head // 2, head + 1, head + payload // 2, second - 1, second + 1,
              second + signature // 2, len(token) - 1]
    with shop.nothing_happens():
        for at in places:
            problem(_send(httpd, _changed(token, at)), 403, "cart_signature")
        for cut in (head, second, len(token) - 1):
            problem(_send(httpd, token[:cut]), 403, "cart_signature")


SPELLINGS = {  # of the same body
    "as browsers do": '{"signed_cart":"%s"}',
    "blanks": ' {  "signed_cart" :\n"%s" }\t',
    "a blank at the end": '{"signed_cart":"%s"} ',
    "an escaped name": '{"signed\\u005fcart":"%s"}',
}
WRONG = {
    "cut off": '{"signed_cart":"%s"', "cut off in the token": '{"signed_cart":"%s',
    "twice": '{"signed_cart":"%s","signed_cart":""}', "something after it": '{"signed_cart":"%s"}x',
    "two of them": '{"signed_cart":"%s"}{}', "a character too many": '{"signed_cart":"%s""}',
}


def _send_raw(httpd, text, token):
    return httpd.post(CHECKOUT + "/sessions", None, None, raw=(text % token).encode())


@pytest.mark.parametrize("how", SPELLINGS)
def test_the_body_may_be_spelt_in_any_way(shop, httpd, how):
    assert _send_raw(httpd, SPELLINGS[how], _pyjwt()).status == 201
    escaped = _pyjwt().replace(".", "\\u002e")
    assert _send_raw(httpd, SPELLINGS[how], escaped).status == 201
    with shop.nothing_happens():
        problem(_send_raw(httpd, SPELLINGS[how], _changed(_pyjwt(), 30)), 403, "cart_signature")
        problem(_send_raw(httpd, SPELLINGS[how], ""), 400, "too_short", "signed_cart")
        problem(_send_raw(httpd, SPELLINGS[how], "Ü"), 403, "cart_signature")


@pytest.mark.parametrize("how", WRONG)
def test_a_body_that_only_looks_like_one(shop, httpd, how):
    with shop.nothing_happens():
        problem(_send_raw(httpd, WRONG[how], _pyjwt()), 400, "not_json")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_rightly_signed_another_way(shop, httpd, algorithm):
    with shop.nothing_happens():
        problem(_send(httpd, _pyjwt(algorithm)), 403, "cart_signature")


def test_of_another_type(shop, httpd):
    with shop.nothing_happens():
        problem(_send(httpd, _pyjwt(typ="at+jwt")), 403, "cart_signature")


def test_signed_but_no_claims(shop, httpd):
    """What the shop signed is the shop's to know: where it is no JSON, the answer says so."""
    token = jwt.PyJWS().encode(b'{"cart":', carts.KEYS["demo"], "HS256", {"kid": "demo"})
    with shop.nothing_happens():
        problem(_send(httpd, token), 400, "not_json")
