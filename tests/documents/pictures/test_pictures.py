"""Logos in documents: kept once, never changed, and printed."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from documents.invoices.template import make
from documents.invoices.values import Look
from documents.pictures.models import Picture
from documents.pictures.selectors import picture_as_svg
from documents.pictures.services import NoPicture, keep_picture
from tests.constraints import broken, copy, run
from tests.documents.invoices.given import as_issued, invoice

pytestmark = pytest.mark.django_db


def picture(width: int = 1200, height: int = 300, form: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, form)
    return out.getvalue()


def test_is_kept_once_as_a_small_png():
    digest = keep_picture(picture())

    assert keep_picture(picture()) == digest
    kept = Picture.objects.get()
    assert kept.digest == digest
    assert Image.open(io.BytesIO(bytes(kept.content))).size == (600, 150)


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n" + b"x" * 40, picture()[:200]])
def test_nothing_else_is_a_picture(content):
    with pytest.raises(NoPicture):
        keep_picture(content)

    assert not Picture.objects.exists()


def test_stands_in_the_document():
    look = Look(logo=keep_picture(picture()))
    with_logo = make(as_issued("invoice", replace(invoice(), look=look)))["pdf"]

    assert len(with_logo) > len(make(as_issued("invoice", invoice()))["pdf"])
    assert picture_as_svg("") == ""
    with pytest.raises(Picture.DoesNotExist):
        picture_as_svg("0" * 64)


def test_constraints():
    keep_picture(picture())
    kept = Picture.objects.get().pk
    with broken("documents_picture_once"):
        copy("documents_picture", kept)
    with broken("documents_picture_as_digested"):
        copy("documents_picture", kept, digest="0" * 64)
    with broken("documents_picture_frozen"):
        run("UPDATE documents_picture SET kept_at = now()")
    with broken("documents_picture_frozen"):
        run("DELETE FROM documents_picture")
