"""Uploads, as a shop on one machine serves them."""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client


@pytest.mark.parametrize("name", ["none.webp", "x" * 300, "x/" * 3000, "a%00b", "%ff", "entries/"])
def test_whatever_is_no_upload_is_not_found(name, db):
    assert Client().get(f"/media/{name}").status_code == 404


def test_nothing_outside_the_folder_is_read(db):
    assert Client().get("/media/..%2F..%2Fetc%2Fpasswd").status_code == 400


def test_an_upload_is_served_and_not_taken_for_anything_else(db):
    file = Path(settings.MEDIA_ROOT, "identity", "test-media.webp")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"<script>")
    answer = Client().get("/media/identity/test-media.webp")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    assert answer.getvalue() == b"<script>"
