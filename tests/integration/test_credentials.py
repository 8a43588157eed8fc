# SPDX-License-Identifier: Apache-2.0
"""The credential test against Klarna's own six addresses, by the real transport: through the
configured proxy, with the configured trust store."""
import re

import pytest

import confidential
import klarnas_hosts
import sandbox
from httpd import Httpd
from klarnas_hosts import HOSTS, NO_SUCH_ORDER, UNAUTHORIZED
from sandbox_client import basic
from test_configtest import without

OPERATOR = "/klarna/operator"
SECRET = basic(sandbox.USERNAME, sandbox.PASSWORD)
confidential.keep(SECRET.partition(" ")[2])


@pytest.fixture(scope="module")
def klarna(tmp_path_factory):
    proxy = klarnas_hosts.Proxy(tmp_path_factory.mktemp("tls"), {})
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def httpd(klarna):
    server = Httpd("http://127.0.0.1:9", f"""
KlarnaProxy {klarna.url}
KlarnaTrustStore ${{DIR}}/ca.pem
KlarnaEnvironment live
KlarnaRegion na
""", change=without("KlarnaEndpoint"), start=False)
    server.write("ca.pem", klarna.authority, 0o644)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def answers(klarna):
    """What each host says; a test changes it."""
    klarna.answers = {host: UNAUTHORIZED for host in HOSTS.values()}
    klarna.seen.clear()
    return klarna.answers


def results(httpd, server=None):
    answer = (server or httpd).post(f"{OPERATOR}/credential-test", {}, "operator")
    assert answer.status == 200, answer.raw
    told = answer.raw.decode()
    assert sandbox.USERNAME not in told and sandbox.PASSWORD not in told
    assert answer.json["store"] == "default"
    assert answer.json["configured"] == {"environment": "live", "region": "na"}
    found = answer.json["results"]
    assert [(row["environment"], row["region"], row["url"]) for row in found] == [
        (environment, region, f"https://{host}") for (environment, region), host in HOSTS.items()]
    assert all(row["detail"] for row in found)
    return {(row["environment"], row["region"]): (row["result"], row["detail"]) for row in found}


@pytest.mark.parametrize("where", HOSTS)
def test_the_one_system_that_accepts(httpd, klarna, answers, where):
    answers[HOSTS[where]] = NO_SUCH_ORDER
    found = results(httpd)
    assert {place: result for place, (result, _) in found.items()} == {
        place: "accepted" if place == where else "refused" for place in HOSTS}
    # One read each, of an order that cannot be, as the account.
    assert [host for host, _, _ in klarna.seen] == list(HOSTS.values())
    for host, line, headers in klarna.seen:
        assert re.fullmatch(r"GET /ordermanagement/v1/orders/0{8}-0000-4000-8000-0{12} HTTP/1\.1",
                            line)
        assert headers["host"] == host and headers["authorization"] == SECRET


def test_what_does_not_tell(httpd, answers):
    hosts = list(HOSTS.values())
    answers[hosts[0]] = None                                    # the proxy does not get there
    answers[hosts[1]] = (503, "application/json", "{}")
    answers[hosts[2]] = (404, "text/html", "<html>nothing here</html>")
    answers[hosts[3]] = (403, "text/html", "")                  # Klarna's edge
    answers[hosts[4]] = (302, "text/html", "")
    answers[hosts[5]] = (200, "application/json", "{}")
    found = list(results(httpd).values())
    assert [result for result, _ in found] == ["no_answer", "no_answer", "no_answer", "refused",
                                               "no_answer", "no_answer"]
    for (_, detail), said in zip(found[1:], ("503", "404", "403", "302", "200")):
        assert said in detail


def test_a_host_that_is_not_klarna_gets_no_credentials(klarna, answers):
    """Without our authority in the trust store nobody is believed, and nothing is sent."""
    server = Httpd("http://127.0.0.1:9", f"""
KlarnaProxy {klarna.url}
KlarnaEnvironment live
KlarnaRegion na
""", change=without("KlarnaEndpoint"))
    found = results(None, server)
    assert {result for result, _ in found.values()} == {"no_answer"}
    assert klarna.seen == []
    server.stop()
