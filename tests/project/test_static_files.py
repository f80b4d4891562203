"""Static files of pages that another release drew."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.http import Http404
from django.test import Client, RequestFactory

from project.static_files import file_of_another_release


@pytest.fixture
def collected(settings, tmp_path: Path) -> None:
    """Collect the files under names by content, as in production."""
    settings.STATIC_ROOT = str(tmp_path)
    settings.STATICFILES_DIRS = [str(tmp_path / "sources")]
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "of_test.css").write_text("p { margin: 0 }")
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    storage = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}
    call_command("collectstatic", verbosity=0, interactive=False)


def test_the_page_of_another_release_gets_the_file_of_this_one(collected):
    answer = Client().get("/static/of_test.0123456789ab.css")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/static/of_test.")
    assert answer["Location"] != "/static/of_test.0123456789ab.css"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("name", ["none.0123456789ab.css", "of_test.css", "x" * 300, "../of_test.0123456789ab.txt"])
def test_a_file_that_no_release_has_is_not_found(collected, name):
    with pytest.raises(Http404):
        file_of_another_release(RequestFactory().get(f"/static/{name}"), name)
