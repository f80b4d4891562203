"""Input of a hostile or unlucky person: texts, files, headers, bodies, all drawn from a `Random`."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO
from random import Random
from urllib.parse import quote_from_bytes

from PIL import Image

Pairs = list[tuple[str, str]]

# Each of these has broken some web application.
# fmt: off
TEXTS = (
    *("", " ", "\t\n", "\0", "a\0b", "\ud800", "a\udfffb"),
    *("\u202eabc", "\u200b", "\ufeff", "\u2028", "\x1b[31m", "\x7f"),
    *("😀", "👩‍👩‍👧‍👦" * 50, "é", "e\u0301" * 200, "ß", "İ", "ı", "ﬁ", "١٢٣", "²", "Ⅷ", "中文", "שלום"),
    *("0", "-0", "-1", "1", "+1", " 1 ", "1_000", "0x10", "1.5", "1,5", "1e5", "1e9999", "-1e9999", "NaN", "sNaN"),
    *("Infinity", "-Infinity", "9" * 18, "9" * 19, "9" * 400, "9" * 5000, str(2**31), str(2**63), str(-(2**63) - 1)),
    *("0.001", "0.0000000000001", "1E-400", "99999999999999999999.99", "true", "on", "None", "null", "undefined"),
    *("[]", "{}", "[1,2]", '{"a": 1}', "[" * 3000, '"', "'", "\\"),
    *("`", ";", "%", "%00", "%s%n", "%(x)s", "{0}", "{{7*7}}"),
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>"),
    *("</textarea><b>", "'; DROP TABLE x; --", "' OR 1=1 --"),
    *("../../../etc/passwd", "..\\..\\x", "/", "//evil.example/"),
    *("\\\\evil.example", "https://evil.example/", "http://[", "http://a:b"),
    *("javascript:alert(1)", "data:text/html,x", "\r\nSet-Cookie: a=b", "a\nb", "a" * 300, "a" * 6000, "a" * 70_000),
    *("2026-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "99999999999", "-99999999999", "24:00"),
    *("2026-03-29T02:30", "2026-10-25T02:30", "31/12/2026", "2026-12-31T23:59:60", "00:00:00", "12:00+99:00"),
    *("@", "a@b", "a@b.c", "a@" + "b" * 300 + ".fr", "A@EXAMPLE.ORG"),
    *("é@exämple.org", '"a b"@example.org', "a@[127.0.0.1]"),
    *("a@example.org\nBcc: b@example.org", "a@example.org,b@example.org"),
    *("<a@example.org>", "xn--a@xn--.org", "*", "_", "FR00"),
)
# Parameters read by at least one page.
NAMES = (
    *("page", "q", "o", "e", "p", "all", "id__exact", "pk__in", "next", "older", "newer", "state", "seen", "version"),
    *("course", "session", "account", "entry", "language", "term", "app_label", "model_name", "_to_field"),
)

HEADERS: tuple[tuple[str, Sequence[str]], ...] = (
    ("HTTP_HOST", ("evil.example", "testserver:99999", "testserver:", "[::1", "", "a" * 3000, "testserver\t", "é")),
    ("HTTP_ACCEPT_LANGUAGE", ("fr;q=NaN", "x" * 5000, "en-;q=1", "fr," * 2000, "*", "\x00", "i-klingon")),
    ("HTTP_X_FORWARDED_FOR", ("1.2.3.4", "a, b", "::1, ::ffff:1.2.3.4", "," * 1000, "1" * 5000, "'", "999.1.1.1")),
    ("HTTP_X_FORWARDED_PROTO", ("https", "http,https", "javascript", "x" * 2000)),
    ("HTTP_X_FORWARDED_HOST", ("evil.example", "\xff", "a" * 3000)),
    ("HTTP_X_REQUEST_ID", ("a" * 65, "a b", "<b>", "\x00", "é")),
    ("HTTP_REFERER", ("https://evil.example/", "http://[", "javascript:1", "a" * 5000, "\xff")),
    ("HTTP_ORIGIN", ("null", "https://evil.example", "http://[", "://")),
    ("HTTP_COOKIE", ("sessionid=" + "a" * 4000, "sessionid=\x00", "=;=;;", "a" * 8000, "messages=W1tdXQ:x:y")),
    ("HTTP_COOKIE", ("django_language=" + "x" * 600, "django_language=../../x", "messages=[[]]", '"; $Path=x')),
    ("HTTP_HX_REQUEST", ("true", "false", "\xff")),
    ("HTTP_HX_CURRENT_URL", ("http://[", "//evil.example", "a" * 5000, "http://testserver/é")),
    ("HTTP_HX_TRIGGER", ("{", "é", "a" * 3000)),
    ("HTTP_HX_TARGET", ("#x", "'")),
    ("HTTP_ACCEPT", ("application/json", "image/*", "x", "*/*;q=2", "a" * 5000)),
    ("HTTP_AUTHORIZATION", ("Basic ", "Bearer x", "\xff")),
    ("HTTP_IF_MODIFIED_SINCE", ("0", "Sat, 99 Foo 99999999999 00:00:00 GMT", "-1", "a" * 1000)),
    ("HTTP_IF_NONE_MATCH", ("*", '"x', "W/", "," * 500)),
    ("HTTP_RANGE", ("bytes=0-", "bytes=99999999999999999999-", "bytes=-1", "x")),
    ("HTTP_USER_AGENT", ("", "\xff" * 100, "a" * 8000)),
    ("HTTP_X_SANDBOX_SIGNATURE", ("", "é", "0" * 64, "a" * 5000)),
    ("HTTP_TRANSFER_ENCODING", ("chunked",)),
    ("HTTP_X_HTTP_METHOD_OVERRIDE", ("DELETE", "PUT")),
    ("REMOTE_ADDR", ("", "::1", "fe80::1%eth0", "not an address", "256.1.1.1")),
)
TYPES = (
    *("application/json", "text/plain", "multipart/form-data"),
    *("multipart/form-data; boundary=" + "x" * 300, "", "/", "é"),
    *("multipart/form-data; boundary=\xff"),
    *("multipart/form-data; boundary=b; charset=utf-99", "multipart/mixed; boundary=b"),
    *("application/x-www-form-urlencoded; charset=utf-16", "application/x-www-form-urlencoded; charset=nonsense"),
    *("application/x-www-form-urlencoded; charset=utf-7", "multipart/form-data; boundary=b; charset=utf-16"),
    *("application/x-www-form-urlencoded", "multipart/form-data; boundary=b"),
)
# fmt: on


def text(rng: Random, usual: str = "") -> str:
    """Return a hostile text, half of them derived from the `usual` one, if any; it may hold lone surrogates."""
    if usual and rng.random() < 0.4:
        return _spoiled(rng, usual)
    if rng.random() < 0.15:
        ranges = [(0, 0x7F), (0x80, 0x2FF), (0x300, 0xFFFF), (0x10000, 0x10FFFF), (0, 0x1F), (0xD800, 0xDFFF)]
        return "".join(chr(rng.randint(*rng.choice(ranges))) for _ in range(rng.randint(1, 30)))
    return rng.choice(TEXTS)


def _spoiled(rng: Random, usual: str) -> str:
    at = rng.randrange(len(usual))
    changes: tuple[Callable[[], str], ...] = (
        lambda: usual[:at],
        lambda: usual[at:],
        lambda: usual * 2,
        lambda: usual.swapcase(),
        lambda: f" {usual} ",
        lambda: f"{usual}\0",
        lambda: usual[:at] + rng.choice("09aZ-_.:/%é\u202e") + usual[at + 1 :],
        lambda: usual[:at] + rng.choice(TEXTS) + usual[at:],
        lambda: usual[::-1],
        lambda: str(int(usual) + rng.choice((-1, 1, 10**30))) if usual.isdecimal() and len(usual) < 40 else usual,
    )
    return rng.choice(changes)()


def raw(value: str) -> bytes:
    """Return the bytes of a text, lone surrogates included, as a careless program would send them."""
    return value.encode("utf-8", "surrogatepass")


def escaped(value: str) -> str:
    return quote_from_bytes(raw(value), safe="")


def urlencoded(pairs: Pairs) -> bytes:
    return b"&".join(f"{escaped(name)}={escaped(value)}".encode() for name, value in pairs)


def multipart(pairs: Pairs, files: Sequence[tuple[str, str, bytes]] = ()) -> bytes:
    """Return a body with the boundary `b`, names and values unescaped."""
    parts = [b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (raw(n), raw(v)) for n, v in pairs]
    parts += [
        b'--b\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: image/png\r\n\r\n%s\r\n'
        % (raw(field), raw(name), content)
        for field, name, content in files
    ]
    return b"".join(parts) + b"--b--\r\n"


def body(rng: Random, usual: Pairs) -> tuple[bytes, str]:
    """Return a malformed body and its content type."""
    content = rng.choice(
        (
            b"",
            b"\xff\xfe\x00",
            b"{" * 100,
            b'{"a": 1e9999}',
            b"&&==&=&a",
            b"a=%",
            b"a=%ff%fe&a=%C0%80",
            b"&".join(b"a%d=" % number for number in range(5001)),
            b"--b\r\n",
            b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
            b'--b\r\nContent-Disposition: form-data; name="a"; filename="../../x"\r\n\r\n',
            b'--b\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--b--',
            b"--b\r\nContent-Disposition: form-data; name*=utf-8''%ff; filename*=x\r\n\r\nx\r\n--b--",
            urlencoded(usual)[: rng.randint(0, 500)],
            multipart(usual)[: rng.randint(0, 500)],
            multipart(usual),
            bytes(rng.randrange(256) for _ in range(rng.randint(1, 300))),
        )
    )
    return content, rng.choice(TYPES)


def headers(rng: Random) -> dict[str, str]:
    return {name: rng.choice(values) for name, values in rng.sample(HEADERS, rng.randint(1, 4))}


# --- Files -----------------------------------------------------------------------------------------------------------


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_claims(width: int, height: int) -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(b"\0")) + png_chunk(b"IEND", b"")


def _picture(kind: str, mode: str = "RGB", **options: object) -> bytes:
    written = BytesIO()
    Image.new(mode, (12, 8)).save(written, kind, **options)
    return written.getvalue()


def _frames(kind: str) -> bytes:
    written = BytesIO()
    frames = [Image.new("RGB", (9, 9), color) for color in ("red", "green", "blue")]
    frames[0].save(written, kind, save_all=True, append_images=frames[1:])
    return written.getvalue()


SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
# fmt: off
GOOD_FILES = (
    *(_picture("PNG"), _picture("PNG", "P"), _picture("PNG", "LA"), _picture("PNG", "I;16"), _picture("PNG", "1")),
    *(_picture("JPEG"), _picture("JPEG", "L"), _picture("JPEG", "CMYK")),
    *(_picture("WEBP"), _frames("PNG"), _frames("WEBP")),
)
BAD_FILES = (
    *(b"", b"\0" * 100, SVG, _frames("GIF"), _picture("GIF")),
    *(_picture("BMP"), _picture("TIFF"), _picture("ICO"), b"%PDF-1.4"),
    *(b"GIF89a/*" + SVG, _picture("PNG")[:8] + SVG, b"%!PS\n(x) print"),
    *(b"<html><script>alert(1)</script>", b"PK\x03\x04"),
    *(png_that_claims(2**31 - 1, 1), png_that_claims(65_000, 65_000)),
    *(png_that_claims(0, 0), png_that_claims(3000, 3000)),
)
# fmt: on


def file(rng: Random) -> tuple[str, bytes]:
    """Return name and content of an upload: a picture, a damaged picture, or no picture."""
    name = rng.choice(("a.png", "a.svg", "a.php", "../../a.png", "a.png\0.html", "", "é\u202e.gpj", "a" * 300 + ".png"))
    if rng.random() < 0.3:
        return name, rng.choice(BAD_FILES)
    content = bytearray(rng.choice(GOOD_FILES))
    for _ in range(rng.choice((0, 1, 1, 3, 20))):
        content[rng.randrange(len(content))] = rng.randrange(256)
    if rng.random() < 0.3:
        del content[rng.randrange(len(content)) :]
    if rng.random() < 0.2:
        content += SVG
    return name, bytes(content)
