"""Pictures of entries without an image: a motif, its place and a shade of the category's colour, drawn from the code.

An address says all that is drawn, so a picture needs no query, tells nothing about an entry and is kept for good.
"""

from __future__ import annotations

import colorsys
import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

WIDTH, HEIGHT = 320, 140
KEPT_SECONDS = 365 * 24 * 3600

# The colours of the categories, as in `static/css/tokens.css`.
COLOURS = ("#0d5a61", "#7a3f1d", "#2f4f86", "#4b5d1e", "#6b3563", "#7a5b10")


@lru_cache(maxsize=4096)
def picture_url(code: str, *, hue: int) -> str:
    """Return the address of the picture of an entry; `hue` counts the colours from 1."""
    return reverse("picture", args=[hue, sha256(code.lower().encode()).hexdigest()[:8]])


@require_safe
def picture(request: HttpRequest, hue: str, seed: str) -> HttpResponse:
    """Show a picture drawn from the address alone."""
    response = HttpResponse(draw(hue=int(hue), seed=seed), content_type="image/svg+xml")
    response["Cache-Control"] = f"public, max-age={KEPT_SECONDS}, immutable"
    return response


def draw(*, hue: int, seed: str) -> str:
    """Return the picture as SVG, without script and style. `seed` has eight hexadecimal digits."""
    motif, shade, first, second = bytes.fromhex(seed)
    shapes = "".join(MOTIFS[motif % len(MOTIFS)](first / 255, second / 255))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{_shade(COLOURS[(hue - 1) % len(COLOURS)], shade / 255)}"/>'
        f'<g fill="none" stroke="#fff" stroke-width="3">{shapes}</g></svg>'
    )


def _shade(colour: str, part: float) -> str:
    """Turn a colour a little and make it lighter or darker, by a number from 0 to 1."""
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    turn, light, strength = colorsys.rgb_to_hls(red, green, blue)
    turned = colorsys.hls_to_rgb((turn + (part - 0.5) * 0.12) % 1, light * (0.85 + 0.4 * part), strength)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in turned)


def _arcs(first: float, second: float) -> Iterator[str]:
    """Draw rows of seats as arcs around a stage."""
    x, y = WIDTH * (0.1 + 0.8 * first), HEIGHT * (1.1 + 0.15 * second)
    yield f'<circle cx="{x:.0f}" cy="{y:.0f}" r="34" fill="#fff" fill-opacity=".9" stroke="none"/>'
    for row in range(1, 13):
        yield f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{34 + 22 * row}" stroke-width="7" stroke-opacity=".22"/>'


def _seats(first: float, second: float) -> Iterator[str]:
    """Draw each seat as a dot, one of them taken."""
    x, y = WIDTH * (0.25 + 0.5 * first), HEIGHT * 1.25
    taken = 3 + round(second * 8)
    for row in range(1, 7):
        for seat in range(-7, 8):
            angle, radius = math.pi / 2 + seat * 0.17, 40 + 25 * row
            fill = "#ffd27a" if row == 4 and seat + 7 == taken else "#fff"
            yield (
                f'<circle cx="{x + radius * math.cos(angle):.1f}" cy="{y - radius * math.sin(angle):.1f}" r="7" '
                f'fill="{fill}" fill-opacity="{0.26 if fill == "#fff" else 0.95}" stroke="none"/>'
            )


def _waves(first: float, second: float) -> Iterator[str]:
    """Draw waves, one bright."""
    length, bright = 60 + 80 * first, round(second * 6)
    for row in range(7):
        y = 10 + 20 * row
        points = " ".join(
            f"{x},{y + 10 * math.sin(2 * math.pi * (x / length + row * 0.12)):.1f}" for x in range(-4, WIDTH + 8, 8)
        )
        yield f'<polyline points="{points}" stroke-opacity="{0.9 if row == bright else 0.24}"/>'


def _steps(first: float, second: float) -> Iterator[str]:
    """Draw steps that rise to one side."""
    count = 6 + round(4 * first)
    for step in range(count):
        width, place = WIDTH / count, step if second < 0.5 else count - 1 - step
        height = HEIGHT * (step + 1) / (count + 1)
        opacity = 0.85 if step == count - 1 else 0.12 + 0.03 * step
        yield (
            f'<rect x="{place * width + 3:.1f}" y="{HEIGHT - height:.1f}" width="{width - 6:.1f}" '
            f'height="{height:.1f}" fill="#fff" fill-opacity="{opacity:.2f}" stroke="none"/>'
        )


def _circles(first: float, second: float) -> Iterator[str]:
    """Draw circles that overlap, like circles of people."""
    for number in range(6):
        x, y = WIDTH * ((first + 0.37 * number) % 1), HEIGHT * (0.2 + 0.6 * ((second + 0.53 * number) % 1))
        yield (
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{26 + 9 * number}" fill="#fff" fill-opacity=".1" '
            f'stroke-opacity=".45"/>'
        )


def _slants(first: float, second: float) -> Iterator[str]:
    """Draw slanted beams of light, one bright."""
    lean, bright = 40 + 90 * first, round(second * 9)
    for beam in range(-2, 11):
        x = beam * 32
        yield (
            f'<polygon points="{x},{HEIGHT} {x + 14},{HEIGHT} {x + 14 + lean:.0f},0 {x + lean:.0f},0" fill="#fff" '
            f'fill-opacity="{0.8 if beam == bright else 0.17}" stroke="none"/>'
        )


MOTIFS: tuple[Callable[[float, float], Iterator[str]], ...] = (_arcs, _seats, _waves, _steps, _circles, _slants)
