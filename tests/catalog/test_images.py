"""Pictures are decoded within bounds and written anew."""

import struct
import subprocess
import sys
import zlib
from datetime import UTC, datetime
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from catalog.models.entries import Entry
from catalog.services.entries import save_entry
from catalog.services.errors import ImageRefused
from catalog.services.images import BYTES_AT_MOST, prepare_image
from tests.catalog.admin_pages import change_url, errors, merchant, shown
from tests.factories.catalog import EntryFactory
from tests.servers import PROJECT

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: object) -> bytes:
    written = BytesIO()
    Image.new(mode, size, 120 if mode in ("L", "P") else None).save(written, kind, **options)
    return written.getvalue()


def prepared(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(prepare_image(ContentFile(content)).read()))
    image.load()
    return image


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "L"), ("PNG", "LA"), ("JPEG", "CMYK"), ("WEBP", "RGB")],
)
def test_pictures_become_webp(kind, mode):
    image = prepared(picture(kind, mode=mode))

    assert (image.format, image.size) == ("WEBP", (40, 20))
    assert image.mode == ("RGBA" if mode in ("RGBA", "LA") else "RGB")


def test_a_large_picture_becomes_smaller_and_a_small_one_stays():
    assert prepared(picture("JPEG", (4000, 1000))).size == (1600, 400)
    assert prepared(picture(size=(1, 1))).size == (1, 1)


def test_what_a_camera_writes_beside_the_picture_is_left_behind_but_it_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "camera of Alice"

    image = prepared(picture("JPEG", (40, 20), exif=exif))

    assert image.size == (20, 40)
    assert not image.getexif()
    assert "exif" not in image.info


def bomb(width: int, height: int) -> bytes:
    """Return a PNG that declares a huge size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        picture("GIF"),
        picture("BMP"),
        picture()[:60],
        picture("JPEG")[:200],
        bomb(30_000, 30_000),
        bomb(8000, 8000),
        bomb(0, 5),
        b"\0" * (BYTES_AT_MOST + 1),
    ],
    ids=range(11),
)
def test_whatever_is_no_such_picture_is_refused(content):
    with pytest.raises(ImageRefused):
        prepare_image(ContentFile(content))


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_merchant_is_told_at_the_field(language):
    client = merchant(language)
    entry = EntryFactory()
    data = shown(client, entry)

    for name, content in [("a.png", b"no picture"), ("a.gif", picture("GIF")), ("a.png", bomb(8000, 8000))]:
        response = client.post(change_url(entry), data | {"image": SimpleUploadedFile(name, content)})
        assert list(errors(response)) == ["image"]


@pytest.mark.django_db
def test_a_merchant_uploads_keeps_and_removes_a_picture(django_capture_on_commit_callbacks):
    client = merchant()
    entry = EntryFactory()

    client.post(change_url(entry), shown(client, entry) | {"image": SimpleUploadedFile("../évil.png", picture())})
    first = Entry.objects.get().image
    client.post(change_url(entry), shown(client, entry))
    kept = Entry.objects.get().image
    page = client.get(change_url(entry)).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(change_url(entry), shown(client, entry) | {"image-clear": "on"})

    assert first.name.startswith("entries/")
    assert first.name.endswith(".webp")
    assert "vil" not in first.name
    assert kept.name == first.name
    assert first.url in page
    assert not Entry.objects.get().image
    assert not first.storage.exists(first.name)


@pytest.mark.django_db
def test_the_picture_before_is_removed_once_the_new_one_is_saved(django_capture_on_commit_callbacks):
    entry = EntryFactory()
    entry.image = ContentFile(picture(), name="one.png")
    save_entry(entry=entry, expected_version=1, now=NOW)
    before = Entry.objects.get().image
    entry.image = ContentFile(picture(size=(5, 5)), name="two.png")

    with django_capture_on_commit_callbacks(execute=True):
        save_entry(entry=entry, expected_version=2, now=NOW)

    after = Entry.objects.get().image
    assert after.storage.exists(after.name)
    assert not after.storage.exists(before.name)


# Prints by how many megabytes a process grew for each picture.
MEASURE = """
import os, resource, sys, django
django.setup()
from catalog.services.images import prepare_image
for name in sys.argv[1:]:
    if os.fork() == 0:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with open(name, "rb") as file:
            prepare_image(file)
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, flush=True)
        os._exit(0)
    os.wait()
"""


def test_a_picture_of_many_pixels_and_few_bytes_takes_little_memory(tmp_path):
    files = []
    for kind, mode, options in (
        ("PNG", "RGBA", {}),
        ("PNG", "P", {"transparency": 0}),
        ("WEBP", "RGBA", {}),
        ("JPEG", "RGB", {}),
    ):
        files.append(tmp_path / f"{mode}.{kind}")
        pixels = (6000, 4000) if kind == "JPEG" else (4000, 3000)
        Image.new(mode, pixels).save(files[-1], kind, **options)

    done = subprocess.run([sys.executable, "-c", MEASURE, *files], capture_output=True, text=True, cwd=PROJECT)

    assert done.returncode == 0, done.stderr
    assert max(file.stat().st_size for file in files) < 500_000
    grown = list(map(int, done.stdout.split()))
    assert len(grown) == len(files)
    assert max(grown) < 260, grown


def test_a_picture_with_more_pixels_than_may_be_read_in_full_is_refused_unread():
    for kind in ("PNG", "WEBP"):
        with pytest.raises(ImageRefused, match="12 million"):
            prepare_image(ContentFile(picture(kind, (4001, 3000))))
    assert prepared(picture("JPEG", (4001, 3000))).width == 1600
