"""Keeping pictures for documents."""

from __future__ import annotations

import hashlib
import io

from PIL import Image, UnidentifiedImageError

from documents.pictures.models import Picture

WIDEST = 600
MOST_BYTES = 4_000_000


class NoPicture(ValueError):
    """Bytes that are no picture, or too large a one."""


def keep_picture(content: bytes) -> str:
    """Keep a logo as a PNG of at most 600 by 600 dots, without what else the file says; return its digest.

    A picture that is kept already is not kept again. Raises NoPicture.
    """
    png = _as_png(content)
    digest = hashlib.sha256(png).hexdigest()
    Picture.objects.bulk_create([Picture(digest=digest, content=png)], ignore_conflicts=True)
    return digest


def _as_png(content: bytes) -> bytes:
    if len(content) > MOST_BYTES:
        raise NoPicture(f"{len(content)} bytes")
    out = io.BytesIO()
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "GIF", "WEBP")) as picture:
            picture.thumbnail((WIDEST, WIDEST))
            picture.convert("RGBA").save(out, format="PNG")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise NoPicture(str(error)) from error
    return out.getvalue()
