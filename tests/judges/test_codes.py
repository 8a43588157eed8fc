# SPDX-License-Identifier: Apache-2.0
"""QR codes, by the judgement of zbar and of ZXing: what the module draws, as PNG or as SVG that librsvg
has rendered, decodes to exactly the link. No code of the module's takes part in the reading."""
import itertools
import struct
import sys
import zlib

import pytest

from judged import ROOT, ask

sys.path.insert(0, str(ROOT / "tests"))

from readers import by_zbar, by_zxing, rendered  # noqa: E402

LINKS = {
    "short": "https://pay.klarna.com/s/1ZKmxg7",
    "usual": "https://pay.playground.klarna.com/eu/hpp/payments/2f6d0c1e-1f1b-4d0e-9f0a-5d0c7e6b1a2f",
    "query": "https://pay.klarna.com/x?a=1&b=%20%22&c=<>'#/?:@!$()*+,;=~_-.",
    "capitals": "HTTPS://PAY.KLARNA.COM/1ZKMXG7",
    "unicode": "https://pay.klarna.com/köp/å?名=日本&x=🛒",
    "long": "https://pay.klarna.com/" + "0123456789abcdef" * 32,
    "longest": "https://pay.klarna.com/" + "aB3-_~" * 166 + "12345",
}
COLOURS = [("000000", "ffffff"), ("949494", "ffffff"), ("000000", "5a5a5a"), ("17120f", "ffa8cd"),
           ("00009c", "ffff00"), ("0b3d2e", "f6f1e7"), ("c00000", "ffffff")]
LOGOS = {  # (width, height, pixel): what a shop may have, and the worst there is
    "-": None,
    "black": (64, 64, lambda x, y: (0, 0, 0, 255)),
    "white": (64, 64, lambda x, y: (255, 255, 255, 255)),
    "chess": (64, 64, lambda x, y: (255 * ((x // 8 + y // 8) % 2),) * 3 + (255,)),
    "wide": (120, 30, lambda x, y: (200, 0, 100, 255)),
    "round": (65, 65, lambda x, y: (20, 60, 160, 255 * ((x - 32) ** 2 + (y - 32) ** 2 < 1024))),
}


def png(width, height, pixel):
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))
    rows = b"".join(b"\0" + b"".join(bytes(pixel(x, y)) for x in range(width))
                    for y in range(height))
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


@pytest.fixture(scope="module")
def logos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logos")
    for name, drawing in LOGOS.items():
        if drawing:
            (folder / name).write_bytes(png(*drawing))
    return {name: str(folder / name) if drawing else "-" for name, drawing in LOGOS.items()}


def check(folder, looks):
    """looks: (size, quiet, dark, light, logo, link). Draws each both ways and has it read."""
    paths = [folder / f"{i}.{kind}" for i in range(len(looks)) for kind in ("png", "svg")]
    commands = [("draw", path, *look) for path, look in
                zip(paths, itertools.chain.from_iterable(zip(looks, looks)))]
    answers = ask(commands)
    assert {words[0] for words in answers} == {"ok"}, list(zip(commands, answers))
    pictures = [rendered(path) if path.suffix == ".svg" else path for path in paths]
    expected = [command[-1] for command in commands]
    for judge in (by_zbar, by_zxing):
        if judge(pictures) != expected:
            for picture, command in zip(pictures, commands):  # which one?
                assert judge([picture]) == [command[-1]], (judge.__name__, command)
            assert False, "each alone is read, but not all together"


def least(quiet, link, logo="-"):
    """The smallest size that is drawn, as the module tells the side of the code."""
    modules = int(ask([("draw", "/dev/null", 1200, 0, "000000", "ffffff", logo, link)])[0][1])
    return 2 * (modules + 2 * quiet)


@pytest.mark.parametrize("name", LINKS)
def test_every_link_at_every_size(tmp_path, name):
    link = LINKS[name]
    smallest = max(least(4, link), 64)
    sizes = sorted({smallest, smallest + 37, 401, 1200})
    check(tmp_path, [(size, 4, "000000", "ffffff", "-", link)
                     for size in sizes if size >= smallest])


@pytest.mark.parametrize("quiet", [0, 1, 2, 4, 7, 16, 32])
def test_every_quiet_zone(tmp_path, quiet):
    check(tmp_path, [(size, quiet, "000000", "ffffff", "-", LINKS["usual"])
                     for size in (least(quiet, LINKS["usual"]), 400)])


@pytest.mark.parametrize("colours", COLOURS)
def test_every_colour(tmp_path, colours, logos):
    check(tmp_path, [(size, 4, *colours, logos[logo], LINKS["usual"])
                     for size in (200, 400) for logo in ("-", "round")])


@pytest.mark.parametrize("name", ["short", "usual", "long", "longest"])
@pytest.mark.parametrize("logo", [name for name in LOGOS if name != "-"])
def test_every_logo(tmp_path, logos, logo, name):
    link = LINKS[name]
    check(tmp_path, [(max(400, least(4, link, logos[logo])), 4, "000000", "ffffff", logos[logo],
                      link)])


def test_the_logo_covers_no_more_than_the_code_bears(tmp_path, logos):
    """With every module under the logo wrong, which is the worst a logo can do, in each size of
    code that a link can have."""
    links = ["https://klarna.com/" + "x" * n for n in range(0, 1005, 14)]
    paths = [tmp_path / f"{i}.pgm" for i in range(len(links))]
    answers = ask([("worst", path, logos["black"], link) for path, link in zip(paths, links)])
    assert {words[0] for words in answers} == {"ok"}
    assert len({words[1] for words in answers}) > 30
    assert by_zxing(paths) == links
