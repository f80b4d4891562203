"""Pictures of entries: every upload is decoded within bounds and written anew.

Writing anew removes hidden contents of the file (place and camera, scripts, other formats).
"""

from io import BytesIO
from secrets import token_hex
from typing import IO

from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from catalog.services.errors import ImageRefused

FORMATS = ("JPEG", "PNG", "WEBP")
BYTES_AT_MOST = 8 * 1024 * 1024
PIXELS_AT_MOST = 24_000_000
SIDE_AT_MOST = 1600


class PreparedImage(ContentFile):
    """An image that the shop has written, under a name nobody can guess or collide with."""


def prepare_image(file: IO[bytes]) -> PreparedImage:
    """Return ``file`` as WebP with no side above 1600 pixels. Raises ``ImageRefused``."""
    if isinstance(file, PreparedImage):
        return file
    if _size(file) > BYTES_AT_MOST:
        raise ImageRefused(_("The file is larger than 8 MB. Make the picture smaller and try again."))
    try:
        with Image.open(file, formats=FORMATS) as picture:
            if picture.width * picture.height > PIXELS_AT_MOST:
                raise ImageRefused(_("The picture has more than 24 million pixels. Make it smaller and try again."))
            # Photographs are decoded at a fraction of their size where that is enough.
            picture.draft("RGB", (SIDE_AT_MOST * 2, SIDE_AT_MOST * 2))
            upright = ImageOps.exif_transpose(picture)
            has_alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
            plain = upright.convert("RGBA" if has_alpha else "RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as problem:
        raise ImageRefused(_("This is not a picture the shop can read. Choose a JPEG, PNG or WebP file.")) from problem
    plain.thumbnail((SIDE_AT_MOST, SIDE_AT_MOST))
    written = BytesIO()
    # A fresh canvas, without profile, metadata or a second frame.
    clean = Image.new(plain.mode, plain.size)
    clean.paste(plain)
    clean.save(written, "WEBP", quality=82, method=4)
    return PreparedImage(written.getvalue(), name=f"{token_hex(12)}.webp")


def _size(file: IO[bytes]) -> int:
    known = getattr(file, "size", None)
    if isinstance(known, int):
        return known
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    return size
