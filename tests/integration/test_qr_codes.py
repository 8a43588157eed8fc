# SPDX-License-Identifier: Apache-2.0
"""A payment's link as a QR code: both ways, SVG and PNG, read by decoders that know nothing of the
module; its parameters, and who may see it."""
import pytest

from httpd import Httpd
from readers import by_zbar, by_zxing, rendered
from sandbox import klarna_url
from shop import EXTRA, problem
from till import EXTRA as TILLS, SCREEN, TILL, Till

# Four grey pixels.
LOGO = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000200000002080000000057dd52f80000000e494441"
    "5478da63686860686800000606020131a91ea10000000049454e44ae426082")
WITH_LOGO = """
<KlarnaStore default>
    <KlarnaDepartment shoes>
        KlarnaInStore hosted_page
        KlarnaInStoreLogo {}
    </KlarnaDepartment>
</KlarnaStore>
"""


@pytest.fixture(scope="module")
def httpd(box, tmp_path_factory):
    logo = tmp_path_factory.mktemp("logo") / "logo.png"
    logo.write_bytes(LOGO)
    server = Httpd(klarna_url(box), EXTRA + TILLS + WITH_LOGO.format(logo))
    yield server
    server.stop()


@pytest.fixture(params=["clinic", "bikes", "shoes"])
def till(httpd, box, request):
    return Till(httpd, box, request.param)


def code(till, payment, query="", kind="svg"):
    return till.httpd.get(f"{TILL}/payments/{payment['payment_id']}/qr.{kind}{query}")


def check(folder, answer, kind, link):
    """It is an image of that kind, and says the link."""
    assert answer.status == 200, answer.raw
    assert answer.headers["Content-Type"] == {"svg": "image/svg+xml", "png": "image/png"}[kind]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    path = folder / f"code.{kind}"
    path.write_bytes(answer.raw)
    picture = rendered(path) if kind == "svg" else path
    assert by_zbar([picture]) == by_zxing([picture]) == [link]


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_every_way_and_look_leads_to_the_link(till, tmp_path, kind):
    payment = till.begun()
    for query in ("", "?size=300&quiet=6", "?dark=%2317120f&light=ffa8cd", "?logo=0&size=1200"):
        check(tmp_path, code(till, payment, query, kind), kind, payment["link"])


def test_the_logo_is_there_unless_it_is_not_wanted(httpd, box):
    shoes, clinic = Till(httpd, box, "shoes"), Till(httpd, box, "clinic")
    payment = shoes.begun()
    assert b"data:image/png;base64," in code(shoes, payment).raw
    assert code(shoes, payment).raw == code(shoes, payment, "?logo=1").raw
    assert b"<image" not in code(shoes, payment, "?logo=0").raw
    other = clinic.begun()
    assert b"<image" not in code(clinic, other).raw
    assert problem(code(clinic, other, "?logo=1"), 400, "qr_logo")["field"] == "logo"


def test_what_could_not_be_read_is_refused(till):
    payment = till.begun()
    for query, name, field in (("?size=63", "out_of_range", "size"),
                               ("?size=x", "out_of_range", "size"),
                               ("?size=64", "qr_size", "size"),
                               ("?quiet=33", "out_of_range", "quiet"),
                               ("?dark=red", "qr_colour", "dark"),
                               ("?dark=808080&light=999999", "qr_contrast", "dark"),
                               ("?dark=ffffff&light=000000", "qr_contrast", "dark"),
                               ("?size=200&size=300", "repeated_parameter", "size"),
                               ("?colour=red", "unknown_parameter", "colour")):
        found = problem(code(till, payment, query, "png"), 400, name)
        assert found["field"] == field and found["got"] and found["expected"], query


def test_a_head_has_no_body(httpd, box):
    till = Till(httpd, box)
    payment = till.begun()
    path = f"{TILL}/payments/{payment['payment_id']}/qr.png"
    whole, head = httpd.get(path), httpd.ask("HEAD", path, user="clerk")
    assert head.status == 200 and not head.raw
    assert head.headers["Content-Length"] == str(len(whole.raw))


def test_nothing_is_shown_of_a_payment_that_ended(till):
    payment = till.begun()
    till.end(payment)
    problem(code(till, payment), 409, "no_link")


def test_on_the_customers_screen(httpd, box, tmp_path):
    for department in ("clinic", "shoes"):
        till = Till(httpd, box, department)
        payment = till.begun()
        made = httpd.post(TILL + "/displays", {"till": till.name, "department": department})
        key = {"Authorization": f"Bearer {made.json['key']}"}
        answer = httpd.get(SCREEN + "/qr.svg", user=None, headers=key)
        check(tmp_path, answer, "svg", payment["link"])
        assert (b"<image" in answer.raw) == (department == "shoes")
        till.end(payment)
        problem(httpd.get(SCREEN + "/qr.svg", user=None, headers=key), 404, "no_link")
    assert httpd.get(SCREEN + "/qr.svg", user=None).status == 403
