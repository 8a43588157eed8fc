# SPDX-License-Identifier: Apache-2.0
"""`apachectl configtest`: each wrong or missing setting is told with its directive and its cure,
and no secret is shown; right ones say Syntax OK."""
import glob
import os
import re
import subprocess

import pytest

import carts
import confidential
import stores
from httpd import CONF, ENVIRONMENT, RUN_AS, Home, Httpd
from sandbox_client import ROOT

LIVE = confidential.keep("klarna_live_api_3f9d")
TEST = confidential.keep("klarna_test_api_71c4")
SHORT = confidential.keep("a-short-cart-key")
INLINE = confidential.keep("PK1:inline-password-93b1")
FROM_PROGRAM = confidential.keep("from-a-program-7f1e")
FROM_ENVIRONMENT = confidential.keep("from-the-environment-51aa")

FILES = {"live": f"PK1:{LIVE}\n", "test": f"PK1:{TEST}\n", "empty": "", "newline": "\n",
         "no-colon": confidential.keep("no-colon-in-here-88") + "\n",
         "no-user": f":{TEST}\n", "no-password": "PK1:\n", "short-key": SHORT + "\n"}
URL = "http://127.0.0.1:9"
# One white pixel.
LOGO = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
                     "0000000a49444154789c63f80f0001010100b138f6140000000049454e44ae426082")


@pytest.fixture(scope="module")
def home():
    home = Home(URL)
    for name, text in FILES.items():
        home.write(name, text)
    home.write("open-to-all", f"PK1:{TEST}\n", 0o644)
    home.write("writable-by-all", f"PK1:{TEST}\n", 0o642)
    home.write("program", f"#!/bin/sh\necho 'PK1:{FROM_PROGRAM}'\n", 0o755)
    home.write("silent-program", "#!/bin/sh\nexit 3\n", 0o755)
    for name, raw in {"latin-1.conf": "KlarnaInStoreProfile Åre\n".encode("latin-1"),
                      "logo.png": LOGO}.items():
        with open(os.path.join(home.dir, name), "wb") as file:
            file.write(raw)
    home.hand_over()
    yield home
    home.remove()


def instead(pattern, text):
    """The demo's configuration with other text in the place of what matches."""
    def change(conf):
        conf, found = re.subn(pattern, lambda _: text, conf, flags=re.M)
        assert found
        return conf
    return change


def without(*starts):
    """The demo's configuration without the lines that begin so."""
    return lambda text: "".join(line for line in text.splitlines(True)
                                if not line.lstrip().startswith(starts))


def credentials(source):
    return without("KlarnaCredentials"), f"KlarnaCredentials {source}\n"


def key(arguments):
    return None, f"KlarnaCartKey {arguments}\n"


def store(name, *lines):
    return None, "".join(f"{line}\n" for line in (f"<KlarnaStore {name}>", *lines,
                                                  "</KlarnaStore>"))


def plus(*lines):
    return None, "".join(f"{line}\n" for line in lines)


def department(*lines):
    """In the demo's store."""
    return plus("<KlarnaDepartment desk>", *lines, "</KlarnaDepartment>")


TILLS = ("<Location /till>", "SetHandler klarna-instore")
CLINIC = ("<KlarnaStore clinic>", "KlarnaCredentials file:${DIR}/test", "<KlarnaDepartment eyes>",
          "</KlarnaDepartment>", "</KlarnaStore>")
ADDRESS = 'KlarnaInStoreAddress 4711 "Storgatan 1" "111 22" Stockholm SE'

WRONG_DEPARTMENT = {
    "a department with a strange name": (plus("<KlarnaDepartment a.b>", "</KlarnaDepartment>"),
                                         ["KlarnaDepartment", "letters, digits", "a.b"]),
    "a department without a name": (plus("<KlarnaDepartment>", "</KlarnaDepartment>"),
                                    ["KlarnaDepartment", "1 to 64"]),
    "a department in a department": (department("<KlarnaDepartment b>", "</KlarnaDepartment>"),
                                     ["<KlarnaDepartment is not a setting of a department"]),
    "a store in a department": (department("<KlarnaStore b>", "</KlarnaStore>"),
                                ["<KlarnaStore is not a setting of a department"]),
    "a department in a Location": (plus("<Location /x>", "<KlarnaDepartment a>",
                                        "</KlarnaDepartment>", "</Location>"),
                                   ["KlarnaDepartment", "not allowed"]),
    "a region of a department": (department("KlarnaRegion eu"),
                                 ["KlarnaRegion is not a setting of a department", "outside"]),
    "the server's time-out in a department": (
        department("KlarnaTimeout 3s"), ["KlarnaTimeout is not a setting of a department"]),
    "wrong credentials of a department": (
        department("KlarnaCredentials file:${DIR}/no-colon"),
        ["KlarnaCredentials", "username:password"]),
    "live credentials of a department": (
        department("KlarnaCredentials file:${DIR}/live"),
        ["KLA0001", "store 'default.desk'", "live credentials", "playground"]),
    "a way nobody knows": (department("KlarnaInStore sms"),
                           ["KlarnaInStore", "hosted_page, qr or off", "'sms'"]),
    "a market without its currency": (department("KlarnaInStoreMarkets SE"),
                                      ["KlarnaInStoreMarkets", "such as SE/SEK", "'SE'"]),
    "a market with another currency": (department("KlarnaInStoreMarkets SE/SEK NO/EUR"),
                                       ["KlarnaInStoreMarkets", "expected NO/NOK", "'NO/EUR'"]),
    "a market of nowhere": (department("KlarnaInStoreMarkets JP/JPY"),
                            ["KlarnaInStoreMarkets", "in which Klarna sells", "'JP/JPY'"]),
    "a market in small letters": (department("KlarnaInStoreMarkets se/sek"),
                                  ["KlarnaInStoreMarkets", "such as SE/SEK", "'se/sek'"]),
    "the same market twice": (department("KlarnaInStoreMarkets SE/SEK SE/SEK"),
                              ["KlarnaInStoreMarkets", "SE/SEK is given twice"]),
    "a market of another region": (
        department("KlarnaInStoreMarkets SE/SEK AU/AUD"),
        ["KLA0008", "'desk'", "AU/AUD", "region, eu", "SE/SEK", "or another KlarnaRegion"]),
    "an account of another region than its markets": (
        store("south", "KlarnaCredentials file:${DIR}/test", "KlarnaRegion oc",
              "<KlarnaDepartment desk>", "KlarnaInStoreMarkets SE/SEK", "</KlarnaDepartment>"),
        ["KLA0008", "'desk' of store 'south'", "SE/SEK", "AU/AUD or NZ/NZD"]),
    "a way of placing": (department("KlarnaInStorePlace later"),
                         ["KlarnaInStorePlace", "CAPTURE_ORDER or PLACE_ORDER", "'later'"]),
    "placing only, in a QR session": (
        department("KlarnaInStore qr", ADDRESS, "KlarnaInStorePlace PLACE_ORDER"),
        ["KLA0008", "KlarnaInStorePlace PLACE_ORDER", "leave it out"]),
    "refunds agreed or not": (department("KlarnaInStoreRefunds maybe"),
                              ["KlarnaInStoreRefunds", "On or Off"]),
    "sent by pigeon": (department("KlarnaInStoreSend sms pigeon"),
                       ["KlarnaInStoreSend", "sms, email or none", "'pigeon'"]),
    "a till that does not wait": (department("KlarnaTillTimeout 999ms"),
                                  ["KlarnaTillTimeout", "1s to 46h", "'999ms'"]),
    "a till that waits too long": (department("KlarnaTillTimeout 47h"),
                                   ["KlarnaTillTimeout", "1s to 46h", "off", "'47h'"]),
    "a till that waits for no time": (department("KlarnaTillTimeout soon"),
                                      ["KlarnaTillTimeout", "such as 30m", "'soon'"]),
    "a long profile": (department("KlarnaInStoreProfile " + 256 * "a"),
                       ["KlarnaInStoreProfile", "1 to 255 bytes"]),
    "a profile in another encoding": (department("Include ${DIR}/latin-1.conf"),
                                      ["KlarnaInStoreProfile", "UTF-8"]),
    "half an address": (department("KlarnaInStoreAddress 4711 Storgatan 1 11122 Stockholm SE"),
                        ["KlarnaInStoreAddress", "store-id street postal-code city country",
                         "in quotes"]),
    "an address with a long postal code": (
        department('KlarnaInStoreAddress 4711 "Storgatan 1" "SE-111 22 X" Stockholm SE'),
        ["KlarnaInStoreAddress", "postal code", "10 bytes"]),
    "an address nowhere": (department('KlarnaInStoreAddress 4711 "Main St" 1 Tokyo JP'),
                           ["KlarnaInStoreAddress", "in which Klarna sells", "'JP'"]),
    "a QR session of no store": (department("KlarnaInStore qr"),
                                 ["KLA0008", "'desk' of store 'default'",
                                  "add KlarnaInStoreAddress"]),
    "a logo that is not there": (department("KlarnaInStoreLogo ${DIR}/nothing.png"),
                                 ["KlarnaInStoreLogo", "/nothing.png cannot be read",
                                  "No such file"]),
    "a logo that is no picture": (department("KlarnaInStoreLogo ${DIR}/no-user"),
                                  ["KlarnaInStoreLogo", "/no-user", "PNG"]),
    "a logo that is a folder": (department("KlarnaInStoreLogo ${DIR}"),
                                ["KlarnaInStoreLogo", "cannot be read"]),
    "a logo that is too large": (department("KlarnaInStoreLogo /usr/sbin/apache2"),
                                 ["KlarnaInStoreLogo", "PNG file of 1 to"]),
    "a program on another server": (department("KlarnaInvoiceFinalize http://host.example/f"),
                                    ["KlarnaInvoiceFinalize", "path of this server"]),
    "a program on another server in disguise": (department("KlarnaInvoiceFinalize //host/f"),
                                                ["KlarnaInvoiceFinalize", "'//host/f'"]),
    "tills of a store without a department": (
        plus(*TILLS, "KlarnaUseStore default", "</Location>"),
        ["KLA0012", "<Location /till>", "'default'", "add <KlarnaDepartment NAME>",
         "KlarnaUseStore"]),
    "tills of another store than the departments'": (
        plus(*CLINIC, *TILLS, "KlarnaUseStore default", "</Location>"),
        ["KLA0012", "<Location /till>", "'default' has no department"]),
    "tills that name no store": (plus(*CLINIC, *TILLS, "</Location>"),
                                 ["KLA0012", "'default' has no department"]),
    "two departments of one name": (
        plus(*CLINIC, "<KlarnaDepartment eyes>", "</KlarnaDepartment>", *TILLS,
             "KlarnaUseStore clinic default", "</Location>"),
        ["KLA0012", "'clinic' and 'default'", "a department 'eyes'", "another name"]),
    "tills of a virtual host": (
        plus(*CLINIC, "<VirtualHost *>", "ServerName b.example.test", *TILLS,
             "KlarnaUseStore default", "</Location>", "</VirtualHost>"),
        ["KLA0012", "'default' has no department"]),
    "a screen without a department": (
        plus(*CLINIC, "<Location /screen>", "SetHandler klarna-display", "</Location>"),
        ["KLA0012", "<Location /screen>"]),
} | {
    f"{name} outside a department": (plus(f"{name} {value}"),
                                     [f"{name} belongs into a <KlarnaDepartment>"])
    for name, value in {"KlarnaInStore": "qr", "KlarnaInStoreMarkets": "SE/SEK",
                        "KlarnaInStorePlace": "PLACE_ORDER", "KlarnaInStoreRefunds": "On",
                        "KlarnaInStoreSend": "sms", "KlarnaTillTimeout": "5m",
                        "KlarnaInStoreProfile": "1", "KlarnaInStoreLogo": "x.png", "KlarnaInvoiceFinalize": "/f",
                        "KlarnaInStoreAddress": "1 2 3 4 SE"}.items()
}

WRONG = WRONG_DEPARTMENT | {
    # what: (change of the demo and lines after it), what must be told
    "bad environment": (plus("KlarnaEnvironment production"),
                        ["KlarnaEnvironment", "playground or live", "production"]),
    "bad region": (plus("KlarnaRegion us"), ["KlarnaRegion", "eu, na or oc", "us"]),
    "http to another host": (plus("KlarnaEndpoint http://klarna.example.test"),
                             ["KlarnaEndpoint", "https://", "only to this machine"]),
    "http to a lookalike": (plus("KlarnaEndpoint http://127.0.0.1.example.test/"),
                            ["KlarnaEndpoint", "https://"]),
    "credentials in the address": (plus("KlarnaEndpoint https://user:word@klarna.example.test"),
                                   ["KlarnaEndpoint", "https://"]),
    "no address": (plus("KlarnaEndpoint sandbox"), ["KlarnaEndpoint", "https://"]),
    "no credentials": ((without("KlarnaCredentials"), ""),
                       ["KLA0001", "'default'", "KlarnaCredentials is missing",
                        "add KlarnaCredentials file:"]),
    "credentials written in": (credentials(INLINE), ["KlarnaCredentials", "file:", "exec:",
                                                     "env:"]),
    "missing file": (credentials("file:${DIR}/nothing"),
                     ["KlarnaCredentials", "/nothing cannot be opened (No such file"]),
    "a folder in the place of a file": (credentials("file:${DIR}"),
                                        ["KlarnaCredentials", "(Is a directory)"]),
    "readable by everybody": (credentials("file:${DIR}/open-to-all"),
                              ["KlarnaCredentials", "open to everybody", "chmod o-rw"]),
    "writable by everybody": (credentials("file:${DIR}/writable-by-all"),
                              ["KlarnaCredentials", "open to everybody", "chmod o-rw"]),
    "empty file": (credentials("file:${DIR}/empty"), ["KlarnaCredentials", "empty"]),
    "empty line": (credentials("file:${DIR}/newline"), ["KlarnaCredentials", "empty"]),
    "no colon": (credentials("file:${DIR}/no-colon"), ["KlarnaCredentials",
                                                       "username:password"]),
    "no user name": (credentials("file:${DIR}/no-user"), ["KlarnaCredentials",
                                                          "username:password"]),
    "no password": (credentials("file:${DIR}/no-password"), ["KlarnaCredentials",
                                                             "username:password"]),
    "program by a relative path": (credentials('"exec:program"'), ["KlarnaCredentials",
                                                                   "absolute path"]),
    "program without output": (credentials('"exec:${DIR}/silent-program"'),
                               ["KlarnaCredentials", "empty"]),
    "missing program": (credentials('"exec:${DIR}/nothing"'), ["KlarnaCredentials"]),
    "unset variable": (credentials("env:KLARNA_TEST_NOT_SET"), ["KlarnaCredentials", "empty"]),
    "short cart key": (key("old file:${DIR}/short-key"),
                       ["KlarnaCartKey old", "32 bytes", "openssl rand -hex 32"]),
    "cart key written in": (key(f"old {carts.KEYS['demo']}"), ["KlarnaCartKey old", "file:"]),
    "cart key without a source": (key("old"), ["KlarnaCartKey", "two arguments"]),
    "the same key id twice": (key("demo file:${DIR}/next-key"),
                              ["KlarnaCartKey", "'demo' is given twice"]),
    "store without credentials": (store("nordic", "KlarnaRegion eu"),
                                  ["KLA0001", "'nordic'", "KlarnaCredentials is missing"]),
    "store with a strange name": (store("a/b"), ["KlarnaStore", "letters, digits", "a/b"]),
    "store without a name": (store(""), ["KlarnaStore"]),
    "store in a store": (store("a", "<KlarnaStore b>", "</KlarnaStore>"),
                         ["<KlarnaStore> cannot be nested in another"]),
    "store in a Location": (plus("<Location /x>", "<KlarnaStore a>", "</KlarnaStore>",
                                 "</Location>"), ["KlarnaStore", "not allowed"]),
    "unknown store": (plus("<Location /x>", "SetHandler klarna-orders", "KlarnaUseStore nordic",
                           "</Location>"),
                      ["KLA0002", "KlarnaUseStore nordic", "add <KlarnaStore nordic>"]),
    "one unknown store of several": (plus("<Location /x>", "SetHandler klarna-operator",
                                          "KlarnaUseStore default nordic", "</Location>"),
                                     ["KLA0002", "KlarnaUseStore nordic"]),
    "the same store twice": (plus("<Location /x>", "KlarnaUseStore default default",
                                  "</Location>"),
                             ["KlarnaUseStore", "'default' is named twice"]),
    "a store with a strange name": (plus("<Location /x>", "KlarnaUseStore default a/b",
                                         "</Location>"),
                                    ["KlarnaUseStore", "letters, digits", "a/b"]),
    "no store at all": (plus("<Location /x>", "KlarnaUseStore", "</Location>"),
                        ["KlarnaUseStore", "requires at least one argument"]),
    "KlarnaUseStore outside a Location": (plus("KlarnaUseStore default"),
                                          ["KlarnaUseStore", "not allowed"]),
    "connecting takes longer than all": (plus("KlarnaTimeout 5s", "KlarnaConnectTimeout 6s"),
                                         ["KLA0003", "KlarnaConnectTimeout", "KlarnaTimeout",
                                          "shorter"]),
    "a time too long": (plus("KlarnaTimeout 46s"), ["KlarnaTimeout", "100ms to 45s", "46s"]),
    "a time too short": (plus("KlarnaTimeout 99ms"), ["KlarnaTimeout", "100ms to 45s"]),
    "no time": (plus("KlarnaConnectTimeout soon"), ["KlarnaConnectTimeout", "soon"]),
    "no trust store": (plus("KlarnaTrustStore ${DIR}/nothing.pem"),
                       ["KlarnaTrustStore", "/nothing.pem cannot be opened (No such file",
                        "CA certificates", "ca-certificates.crt"]),
    "a trust store that is a folder": (plus("KlarnaTrustStore ${DIR}"),
                                       ["KlarnaTrustStore", "cannot be opened (Is a directory)"]),
    "proxy of another kind": (plus("KlarnaProxy socks5://127.0.0.1:1080"),
                              ["KlarnaProxy", "http://host:port", "none"]),
    "callbacks by http": (plus("KlarnaCallbackBase http://shop.example.test/k"),
                          ["KlarnaCallbackBase", "https://"]),
    "callbacks with a query": (plus("KlarnaCallbackBase https://shop.example.test/k?a=b"),
                               ["KlarnaCallbackBase", "without ?"]),
    "live with the sandbox": (plus("KlarnaEnvironment live"),
                              ["KLA0001", "KlarnaEndpoint http://127.0.0.1:9", "live",
                               "remove KlarnaEndpoint"]),
    "playground with the live host": (plus("KlarnaEndpoint https://api.klarna.com"),
                                      ["KLA0001", "KlarnaEnvironment live"]),
    "live with test credentials": ((without("KlarnaEndpoint", "KlarnaCredentials"),
                                    "KlarnaEnvironment live\n"
                                    "KlarnaCredentials file:${DIR}/test\n"),
                                   ["KLA0001", "KlarnaCredentials file:", "/test:",
                                    "test credentials", "Klarna's portal",
                                    "KlarnaEnvironment playground"]),
    "playground with live credentials": (credentials("file:${DIR}/live"),
                                         ["KLA0001", "file:", "/live:", "live credentials",
                                          "KlarnaEnvironment live"]),
    "no mod_dbd": ((without("LoadModule dbd_module", "DBD"), ""),
                   ["KLA0004", "mod_dbd", "LoadModule dbd_module", "DBDriver"]),
    "a directive too many arguments": (plus("KlarnaRegion eu na"), ["KlarnaRegion",
                                                                   "one argument"]),
    "a worker neither on nor off": (plus("KlarnaWorker maybe"), ["KlarnaWorker", "On or Off"]),
    "a retention without its unit": (plus("KlarnaRetention 30"), ["KlarnaRetention", "7d to 3650d",
                                                                 "'30'"]),
    "a retention too short": (plus("KlarnaRetention 6d"), ["KlarnaRetention", "7d", "'6d'"]),
    "a retention too long": (plus("KlarnaRetention 3651d"), ["KlarnaRetention", "'3651d'"]),
    "a retention without an end": (plus("KlarnaRetention 99999999999999999999d"),
                                   ["KlarnaRetention", "3650d"]),
    "a link to another scheme": (plus('KlarnaOrderLink Shop "http://x.example/{id}"'),
                                 ["KlarnaOrderLink", "https address", "'http://x.example/{id}'"]),
    "a link with what is unknown": (plus('KlarnaOrderLink Shop "/{order}"'),
                                    ["KlarnaOrderLink", "{klarna_order_id}", "'/{order}'"]),
    "no retention": (plus("KlarnaRetention Off"), ["KlarnaRetention", "number of days", "'Off'"]),
    "a retention in hours": (plus("KlarnaRetention 240h"), ["KlarnaRetention", "'240h'"]),
    "a retention in a Location": (plus("<Location /x>", "KlarnaRetention 30d", "</Location>"),
                                  ["KlarnaRetention", "not allowed"]),
    "a worker without threads": (plus("KlarnaWorker 0"), ["KlarnaWorker", "1 to 256", "'0'"]),
    "a worker with too many threads": (plus("KlarnaWorker 257"), ["KlarnaWorker", "'257'"]),
    "a worker with half a thread": (plus("KlarnaWorker 1.5"), ["KlarnaWorker", "'1.5'"]),
    "a worker with fewer than no threads": (plus("KlarnaWorker -1"), ["KlarnaWorker", "'-1'"]),
}


WRONG |= {
    "no DBDriver": ((without("DBDriver"), ""),
                    ["KLA0014", "DBDriver is missing", "add DBDriver sqlite3"]),
    "no DBDParams": ((without("DBDParams"), ""),
                     ["KLA0014", "DBDParams is missing", "/var/lib/klarna/klarna.db"]),
    "a database without DBDParams": ((lambda text: instead("^DBDriver .*", "DBDriver pgsql")(
        without("DBDParams")(text)), ""), ["KLA0014", "DBDParams is missing", "dbname=klarna"]),
    "a driver of another name": ((instead("^DBDriver .*", "DBDriver sqlite"), ""),
                                 ["KLA0013", "httpd.conf line", "DBDriver sqlite is not supported",
                                  "use sqlite3, pgsql or mysql"]),
    "a database file by a relative path": ((instead("^DBDParams .*", "DBDParams klarna.db"), ""),
                                           ["KLA0014", "klarna.db is no absolute path"]),
    "more connections kept than there may be": (
        (instead("^DBDKeep .*", "DBDKeep 9"), ""),
        ["KLA0014", "DBDKeep 9, DBDMax 8", "to the same number"]),
    "a virtual host with a database of its own": (
        plus("<VirtualHost *>", "ServerName b.example.test", "DBDParams other.db", "</VirtualHost>"),
        ["KLA0014", "other.db is no absolute path"]),
    "a misspelt handler": ((instead("SetHandler klarna-checkout", "SetHandler klarna-chekout"), ""),
                           ["KLA0025", "httpd.conf line", "no handler 'klarna-chekout'",
                            "'klarna-checkout' is meant"]),
    "a handler in capitals": ((instead("SetHandler klarna-checkout", "SetHandler Klarna-Checkout"),
                               ""), ["KLA0025", "'klarna-checkout' is meant"]),
    "a handler with another hyphen": (
        (instead("SetHandler klarna-checkout", "SetHandler klarna_checkout"), ""),
        ["KLA0025", "no handler 'klarna_checkout'"]),
    "a handler that mod_klarna has not": (
        plus("<Location /pay>", "SetHandler klarna-payments-of-all-kinds-and-more", "</Location>"),
        ["KLA0025", "klarna-payments-of-all-kinds-and-more", "mod_klarna has klarna-checkout"]),
}


def _says(home, change, extra, **environment):
    home.configure(URL, extra, change)
    log = os.path.join(home.dir, "error_log")
    if os.path.exists(log):
        os.remove(log)
    status, told = home.check(**environment)
    assert not confidential.leaks(told, is_log=True), told
    return status, told


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_setting(home, what):
    (change, extra), words = WRONG[what]
    status, told = _says(home, change, extra)
    assert status != 0, told
    assert "Syntax OK" not in told
    for word in words:
        assert word in told, told


RIGHT = {
    "the demo": (None, ""),
    "environment": plus("KlarnaEnvironment playground", "KlarnaRegion na"),
    "live": (without("KlarnaEndpoint", "KlarnaCredentials"),
             "KlarnaEnvironment live\nKlarnaCredentials file:${DIR}/live\n"),
    "Klarna's own hosts": (without("KlarnaEndpoint"), "KlarnaRegion oc\n"),
    "a program": credentials('"exec:${DIR}/program with arguments"'),
    "a variable": credentials("env:KLARNA_TEST_CREDENTIALS"),
    "two keys": key("next file:${DIR}/next-key"),
    "two stores": store("nordic", "KlarnaCredentials file:${DIR}/other-credentials",
                        "KlarnaRegion eu", "KlarnaCartKey demo file:${DIR}/other-key"),
    "a back office over two stores": store(
        "nordic", "KlarnaCredentials file:${DIR}/other-credentials", "</KlarnaStore>",
        "<Location /both>", "SetHandler klarna-orders", "KlarnaUseStore nordic default",
        "</Location>", "<Location /both/operator>", "SetHandler klarna-operator",
        "KlarnaUseStore default", "KlarnaUseStore nordic", "</Location>",
        "<KlarnaStore unused>", "KlarnaCredentials file:${DIR}/test"),
    "a virtual host of its own": plus(
        "<VirtualHost *>", "ServerName b.example.test", "KlarnaTimeout 7s",
        "KlarnaCredentials file:${DIR}/test", "<Location /k>", "SetHandler klarna-checkout",
        "KlarnaUseStore default", "</Location>", "</VirtualHost>"),
    "everything": plus("KlarnaTimeout 45s", "KlarnaConnectTimeout 100ms", "KlarnaProxy none",
                       "KlarnaTrustStore /etc/ssl/certs/ca-certificates.crt",
                       "KlarnaCallbackBase https://shop.example.test/klarna/callbacks/",
                       "KlarnaWorker Off", "KlarnaAutoExtend On"),
    "a short retention": plus("KlarnaRetention 7d"),
    "a long retention": plus("KlarnaRetention 3650D"),
    "a worker of few threads": plus("KlarnaWorker 1"),
    "a worker of many threads": plus("KlarnaWorker 256"),
    "a worker in small letters": plus("KlarnaWorker on"),
    "a clinic": store(
        "clinic", "KlarnaCredentials file:${DIR}/test",
        "<KlarnaDepartment eyes>", "KlarnaInStore hosted_page", "KlarnaInStoreMarkets SE/SEK NO/NOK",
        "KlarnaInStoreSend email", "KlarnaInStorePlace PLACE_ORDER", "</KlarnaDepartment>",
        "<KlarnaDepartment dental>", "KlarnaCredentials file:${DIR}/other-credentials",
        "KlarnaInStore hosted_page", "KlarnaInStoreRefunds On", "KlarnaTillTimeout off",
        "KlarnaInStoreProfile 87ab3565-5e06-4006-9ada-8eedc6926703",
        "KlarnaInvoiceFinalize /host/finalize", "</KlarnaDepartment>", "</KlarnaStore>", *TILLS,
        "KlarnaUseStore clinic", "</Location>", "<KlarnaStore more>",
        "KlarnaCredentials file:${DIR}/test"),
    "a bicycle shop": department("KlarnaInStore qr", ADDRESS, "KlarnaTillTimeout 15m",
                                 "KlarnaInStoreSend none", "KlarnaInStoreMarkets SE/SEK",
                                 "KlarnaInStoreLogo ${DIR}/logo.png"),
    "a department of defaults": department(),
    "tills without a department on the whole server": plus(*TILLS, "</Location>"),
    "tills of a clinic": plus(*CLINIC, *TILLS, "KlarnaUseStore clinic", "</Location>"),
    "tills of two stores": plus(*CLINIC, "<KlarnaDepartment desk>", "</KlarnaDepartment>", *TILLS,
                                "KlarnaUseStore clinic", "KlarnaUseStore default", "</Location>"),
    "tills of the default store": plus("<KlarnaDepartment desk>", "</KlarnaDepartment>", *TILLS,
                                       "</Location>"),
    "tills that inherit their store": plus(
        *CLINIC, "<Location />", "KlarnaUseStore clinic", "</Location>", *TILLS, "</Location>"),
    "tills that inherit their store from a pattern": plus(
        *CLINIC, "<LocationMatch ^/t>", "KlarnaUseStore clinic", "</LocationMatch>", *TILLS,
        "</Location>"),
    "tills of a pattern": plus(
        *CLINIC, "<Location />", "KlarnaUseStore clinic", "</Location>", '<Location ~ "^/t">',
        "SetHandler klarna-instore", "</Location>"),
    "tills of a virtual host's own department": plus(
        "<VirtualHost *>", "ServerName b.example.test", "<KlarnaDepartment desk>",
        "</KlarnaDepartment>", *TILLS, "</Location>", "</VirtualHost>"),
    "a virtual host that changes a department": plus(
        *CLINIC, "<VirtualHost *>", "ServerName b.example.test", "<KlarnaStore clinic>",
        "<KlarnaDepartment eyes>", "KlarnaCredentials file:${DIR}/other-credentials",
        "</KlarnaDepartment>", "</KlarnaStore>", *TILLS, "KlarnaUseStore clinic", "</Location>",
        "</VirtualHost>"),
    "a department that is off": department("KlarnaInStore off"),
    "the longest and the shortest wait": plus(
        "<KlarnaDepartment a>", "KlarnaTillTimeout 46h", "</KlarnaDepartment>",
        "<KlarnaDepartment b>", "KlarnaTillTimeout 1s", "</KlarnaDepartment>"),
    "not used at all": (without("Klarna", "KlarnaC", "LoadModule dbd_module", "DBD"), ""),
}


@pytest.mark.parametrize("what", RIGHT)
def test_a_right_setting(home, what):
    change, extra = RIGHT[what]
    status, told = _says(home, change, extra,
                         KLARNA_TEST_CREDENTIALS=f"PK1:{FROM_ENVIRONMENT}")
    assert status == 0 and "Syntax OK" in told, told


def _examples():
    """What the documentation shows of departments, for this machine."""
    with open(os.path.join(ROOT, "docs", "instore.md"), encoding="utf-8") as file:
        found = [text for text in re.findall(r"^```\w*\n(.*?)^```", file.read(), re.M | re.S)
                 if "<KlarnaDepartment" in text]
    with open(os.path.join(CONF, "mod_klarna.conf"), encoding="utf-8") as file:
        reference = re.search(r"^# --- departments.*?(?=^# --- )", file.read(), re.M | re.S).group(0)
    found.append("".join(re.findall(r"^#((?: {4,})?</?Klarna.*\n|(?: {4,})Klarna.*\n)", reference,
                                    re.M)))
    return [re.sub(r"/etc/klarna/credentials\S*", "${DIR}/test", text)
            .replace("/etc/klarna/", "${DIR}/") for text in found]


@pytest.mark.parametrize("example", _examples(), ids=["clinic", "bicycles", "reference"])
def test_an_example_of_the_documentation(home, example):
    assert example.count("KlarnaInStore") >= 3
    tills = "" if "<Location" in example else "\n".join((*TILLS, "KlarnaUseStore clinic",
                                                         "</Location>\n"))
    status, told = _says(home, None, example + tills)
    assert status == 0 and "Syntax OK" in told, told


def test_a_department_without_callbacks_is_warned(home):
    """It works: Klarna is asked. With an address, or off, there is nothing to say."""
    base = "KlarnaCallbackBase https://shop.example.test/klarna/callbacks"
    for change, extra, warned in (
            (*department("KlarnaInStore hosted_page"), True),
            (*department("KlarnaInStore off"), False),
            (*plus(base, "<KlarnaDepartment desk>", "KlarnaInStore hosted_page",
                   "</KlarnaDepartment>"), False)):
        status, told = _says(home, change, extra)
        assert status == 0 and ("KLA0009: department 'desk' of store 'default'" in told) == warned


def test_a_secret_that_only_root_can_read(home):
    """Secrets are read before httpd becomes its own user."""
    if os.geteuid() != 0:
        pytest.skip("only root can read what the server's user cannot")
    home.write("root-only", f"PK1:{TEST}\n", 0o600)
    status, told = _says(home, *credentials("file:${DIR}/root-only"))
    assert status == 0 and "Syntax OK" in told, told


def test_too_few_threads_are_told_at_start(home):
    """A warning, not an error: the site would stop when Klarna is slow."""

    server = Httpd(URL, "KlarnaTimeout 45s\n")
    server.expect_log("KLA0005: 128 workers and KlarnaTimeout 45s .* raise MaxRequestWorkers")
    server.stop()


def test_loaded_and_not_used(home):
    """Enabling the module without a line of configuration disturbs nobody."""
    server = Httpd(URL, change=without("Klarna", "LoadModule dbd_module", "DBD"))
    assert server.ask("GET", "/klarna/status/health").status == 500
    server.expect_log("KLA0020: .* 500 not_configured")
    server.stop()


# --- the machine --------------------------------------------------------------------------------

def _give_to_root(*names):
    def prepare(home):
        for name in names:
            os.chown(os.path.join(home.dir, name), 0, 0)
    return prepare


def _take_away(home):
    os.remove(home.database)


# What is wrong with the file: what makes it so, and what is told.
MACHINE = {
    "no file": (_take_away, None, ["there is no file {dir}/klarna.db",
                                   "klarna-schema sqlite3 {dir}/klarna.db",
                                   "chown {user} {dir}/klarna.db"]),
    "no folder": (lambda home: None, "/nowhere/klarna.db",
                  ["the folder {dir}/nowhere/ cannot be reached (No such file",
                   "install -d -o {user}", "klarna-schema sqlite3 {dir}/nowhere/klarna.db"]),
    "another's file": (_give_to_root("klarna.db"), None,
                       ["{dir}/klarna.db belongs to root", "{user}, as which httpd runs",
                        "Permission denied", "chown {user} {dir}/klarna.db"]),
    "another's folder": (_give_to_root("."), None,
                         ["the folder {dir}/ belongs to root", "Permission denied",
                          "chown {user} {dir}/"]),
    "another's journal": (lambda home: _give_to_root("klarna.db-wal")(
        home if home.write("klarna.db-wal", "", 0o644) else home), None,
        ["{dir}/klarna.db-wal belongs to root", "chown {user}"]),
}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")
@pytest.mark.skipif(stores.CHOSEN != "sqlite3", reason="of a database in a file")
@pytest.mark.parametrize("what", MACHINE)
def test_a_database_file_that_httpd_cannot_use(what):
    """It fails configtest with path, cause and cure; a server starts all the same, because the rest
    of its site does not need the file, and the owner can be put right meanwhile."""
    prepare, path, words = MACHINE[what]
    home = Home(URL, change=path and instead("/klarna.db$", path))
    try:
        prepare(home)
        status, told = home.check()
        assert status != 0 and "KLA0019: DBDParams: " in told, told
        for word in words:
            assert word.format(dir=home.dir, user=RUN_AS) in told, told
        assert told.count("KLA0019") == 1
    finally:
        home.remove()


@pytest.mark.skipif(stores.CHOSEN != "sqlite3", reason="of a database in a file")
def test_a_file_is_no_reason_not_to_start():
    server = Httpd(URL, start=False)
    os.remove(server.database)
    server.start()
    server.expect_log("KLA0019: DBDParams: there is no file ")
    server.stop()


@pytest.mark.parametrize("driver", ["sqlite3", "pgsql", "mysql"])
def test_a_driver_that_is_not_installed(home, driver, tmp_path):
    """The package is named before mod_dbd says that it cannot load a file. The drivers are found by
    the library's path, which a file system of one's own can hide."""
    found = [os.path.join(path, "apr-util-1") for path in glob.glob("/usr/lib/*-linux-gnu")
             if os.path.isdir(os.path.join(path, "apr-util-1"))]
    if os.geteuid() != 0 or not found or subprocess.run(
            ["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        pytest.skip("a folder cannot be hidden here")
    home.configure(URL, "", instead("^DBDriver .*", f"DBDriver {driver}"))
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", 'mount --bind "$1" "$2" && shift 2 && exec "$@"', "sh",
         str(tmp_path), found[0], *home.command("-t")], env=ENVIRONMENT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    assert done.returncode != 0, done.stdout
    for word in ("KLA0013", "httpd.conf line", f"DBDriver {driver} is not installed",
                 f"apt-get install libaprutil1-dbd-{driver}"):
        assert word in done.stdout, done.stdout


# --- advice -------------------------------------------------------------------------------------

def _prefork(text):
    text = instead("^LoadModule mpm_event_module .*",
                   "LoadModule mpm_prefork_module ${MODULES}/mod_mpm_prefork.so")(text)
    return without("Thread", "MinSpareThreads", "MaxSpareThreads")(text)


ADVICE = {
    "no PRAGMA at all": ((without("DBDInitSQL"), ""),
                         ["KLA0015", "no PRAGMA synchronous", "power cut", "synchronous=FULL",
                          "KLA0016", "no PRAGMA busy_timeout", "busy_timeout=500"]),
    "a database that does not wait for the disk": (
        (instead("synchronous=FULL", "synchronous = off"), ""),
        ["KLA0015: DBDInitSQL has PRAGMA synchronous=off: after a power cut"]),
    "a PRAGMA that mod_dbd does not get to": (
        (instead("^DBDInitSQL .*", 'DBDInitSQL "PRAGMA busy_timeout=500"\n'
                                   'DBDInitSQL "PRAGMA synchronous=FULL"'), ""),
        ["KLA0015: DBDInitSQL has no PRAGMA synchronous", "in one string"]),
    "prefork with SQLite": ((_prefork, ""), ["KLA0017", "mpm_prefork with SQLite", "mpm_event",
                                             "PostgreSQL"]),
    "several children with SQLite": (
        (instead("^(StartServers|ServerLimit) .*", "ServerLimit 4"), "MaxRequestWorkers 512\n"),
        ["KLA0018: SQLite with up to 4 child processes", "MaxRequestWorkers to ThreadsPerChild"]),
    "too few threads": (plus("KlarnaTimeout 45s"),
                        ["KLA0005: 128 workers and KlarnaTimeout 45s", "raise MaxRequestWorkers"]),
    "a Location without a handler": (
        (instead(" *SetHandler klarna-checkout\n", ""), ""),
        ["KLA0026", "httpd.conf line", "<Location /klarna/checkout> has no SetHandler",
         "add SetHandler klarna-checkout"]),
    "a Location of a store without a handler": (
        plus("<Location /pay/status>", "KlarnaUseStore default", "</Location>"),
        ["KLA0026", "<Location /pay/status>", "add SetHandler klarna-status"]),
}


@pytest.mark.skipif(stores.CHOSEN != "sqlite3", reason="of a database in a file")
@pytest.mark.parametrize("what", ADVICE)
def test_what_works_and_should_be_otherwise(home, what):
    """It is said and stops nothing."""
    (change, extra), words = ADVICE[what]
    status, told = _says(home, change, extra)
    assert status == 0 and "Syntax OK" in told, told
    for word in words:
        assert word in told, told


QUIET = {
    "the demo": (None, ""),
    "another way to write it": (instead("PRAGMA synchronous=FULL", "pragma Synchronous(2)"), ""),
    "more than one line of SQL": (
        instead("^DBDInitSQL .*", 'DBDInitSQL "PRAGMA synchronous=EXTRA"\n'
                                  'DBDInitSQL "PRAGMA busy_timeout=100"'), ""),
    "a handler that reaches it": plus("<Location /klarna>", "SetHandler klarna-status",
                                      "</Location>", "<Location /klarna/instore>",
                                      "Require all granted", "</Location>"),
    "a page beside the routes": plus("<Location /klarna/help>", "Require all granted",
                                     "</Location>"),
    "a handler of somebody else": plus("<Location /s>", "SetHandler server-status", "</Location>"),
}


@pytest.mark.skipif(stores.CHOSEN != "sqlite3", reason="of a database in a file")
@pytest.mark.parametrize("what", QUIET)
def test_what_is_right_is_not_spoken_of(home, what):
    status, told = _says(home, *QUIET[what])
    assert status == 0 and "KLA" not in told, told


def test_what_virtual_hosts_inherit_is_said_once(home):
    hosts = "".join(f"<VirtualHost *>\nServerName {name}.example.test\n</VirtualHost>\n"
                    for name in "abc")
    status, told = _says(home, *WRONG["live with test credentials"][0][:1],
                         WRONG["live with test credentials"][0][1] + hosts)
    assert status != 0 and told.count("KLA0001") == 1, told
    status, told = _says(home, without("DBDriver"), hosts)
    assert status != 0 and told.count("KLA0014") == 1, told
