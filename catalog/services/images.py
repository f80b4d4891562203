"""Pictures of entries: every upload is decoded within bounds and written anew.

Writing anew removes hidden contents of the file (place and camera, scripts, other formats).
"""

from io import BytesIO
from secrets import token_hex
from threading import Lock
from typing import IO

from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from catalog.services.errors import ImageRefused

FORMATS = ("JPEG", "PNG", "WEBP")
BYTES_AT_MOST = 8 * 1024 * 1024
PIXELS_AT_MOST = 24_000_000
# JPEG is decoded at a fraction of its size; of others several copies of the full size are in memory for a moment.
PIXELS_AT_MOST_IN_FULL = 12_000_000
SIDE_AT_MOST = 1600
# A picture of that many pixels takes up to 250 MB while it is read.
_one_at_a_time = Lock()


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
            at_most = PIXELS_AT_MOST if picture.format == "JPEG" else min(PIXELS_AT_MOST, PIXELS_AT_MOST_IN_FULL)
            if picture.width * picture.height > at_most:
                raise ImageRefused(
                    _("The picture has more than %(number)s million pixels. Make it smaller and try again.")
                    % {"number": at_most // 1_000_000}
                )
            with _one_at_a_time:
                plain = _small(picture)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as problem:
        raise ImageRefused(_("This is not a picture the shop can read. Choose a JPEG, PNG or WebP file.")) from problem
    written = BytesIO()
    # A fresh canvas, without profile, metadata or a second frame.
    clean = Image.new(plain.mode, plain.size)
    clean.paste(plain)
    clean.save(written, "WEBP", quality=82, method=4)
    return PreparedImage(written.getvalue(), name=f"{token_hex(12)}.webp")


def _small(picture: Image.Image) -> Image.Image:
    """Return the picture upright, in plain colours and within SIDE_AT_MOST. It is made small before anything
    else is done to it."""
    # Photographs are decoded at a fraction of their size where that is enough.
    picture.draft("RGB", (SIDE_AT_MOST * 2, SIDE_AT_MOST * 2))
    has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    plain = "RGBA" if has_alpha else "RGB"
    if picture.mode not in ("L", "LA", "RGB", "RGBA") or "transparency" in picture.info:
        # Colours of a palette cannot be mixed.
        orientation = picture.getexif()
        picture = picture.convert(plain)
        picture.info["exif"] = orientation.tobytes()
    picture.thumbnail((SIDE_AT_MOST, SIDE_AT_MOST))
    return ImageOps.exif_transpose(picture).convert(plain)


def _size(file: IO[bytes]) -> int:
    known = getattr(file, "size", None)
    if isinstance(known, int):
        return known
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    return size
