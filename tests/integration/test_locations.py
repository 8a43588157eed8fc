# SPDX-License-Identifier: Apache-2.0
"""Who may reach a route is the Location's to say. Where it says Require, no directory is looked at;
where it does not, <Directory> and .htaccess count as for any other path."""
import pytest

from httpd import Httpd
from sandbox import klarna_url

SECTIONS = {
    "own": "Require all granted",
    "any": "<RequireAny>\nRequire ip 127.0.0.1\nRequire user nobody\n</RequireAny>",
    "login": 'AuthType Basic\nAuthName x\nAuthUserFile ${DIR}/users\nRequire valid-user',
    "denied": "Require all denied",
    "nothing": "",
    "settings": "AuthMerging Off",
    "reads": "<Limit GET>\nRequire all granted\n</Limit>",
}
EXTRA = """
LoadModule authz_host_module ${MODULES}/mod_authz_host.so
<Directory ${SHOP}>
    AllowOverride AuthConfig FileInfo
</Directory>
""" + "".join(f"<Location /{name}>\nSetHandler klarna-checkout\n{text}\n</Location>\n"
              for name, text in SECTIONS.items()) + """
<Location /own/other>
    SetHandler default-handler
</Location>
<Location /own/deeper>
    Require all denied
</Location>
"""
PATTERN = """
<LocationMatch "^/elsewhere">
    SetHandler default-handler
</LocationMatch>
"""
DENIED = "AH01630: client denied by server configuration"


def _start(box, extra):
    server = Httpd(klarna_url(box), extra, start=False)
    # Whoever is let in in spite of the first line finds that a directory was looked at.
    server.write("shop/.htaccess", "Require all denied\nRedirect gone /\n", 0o644)
    server.start()
    return server


@pytest.fixture(scope="module")
def closed(box):
    server = _start(box, EXTRA)
    yield server
    server.stop()


def _is_ours(answer):
    return answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/own", "/own/x", "/any/x", "/reads/x"])
def test_a_require_of_its_own(closed, path):
    answer = closed.get(path, None)
    assert answer.status == 404 and _is_ours(answer)


@pytest.mark.parametrize("path", ["/nothing/x", "/index.html"])
def test_without_one_the_directory_decides(closed, path):
    closed.expect_log(DENIED)
    assert closed.get(path, None).status == 403


@pytest.mark.parametrize("path", ["/denied/x", "/own/deeper/x"])
def test_what_a_location_denies(closed, path):
    closed.expect_log(DENIED)
    assert closed.get(path, None).status == 403


@pytest.mark.parametrize("path", ["/settings/x", "/own/other/x"])
def test_looked_at_where_the_section_does_not_say_who_or_is_not_ours(closed, path):
    assert closed.get(path, None).status == 410


def test_a_require_for_other_methods(closed):
    assert closed.post("/reads/sessions", {}, None).status == 410


def test_who_must_log_in(closed):
    assert closed.get("/login/x", None).status == 401
    answer = closed.get("/login/x", "guest")
    assert answer.status == 404 and _is_ours(answer)


def test_a_pattern_that_may_have_a_say(box):
    server = _start(box, EXTRA + PATTERN)
    assert server.get("/own/x", None).status == 410
    server.stop()
