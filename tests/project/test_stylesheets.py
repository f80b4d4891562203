"""The stylesheet lies in files by component, each linked by every page, in the order of the cascade."""

import re

import pytest
from django.template.loader import render_to_string

from tests.servers import PROJECT

FOLDER = PROJECT / "static" / "css"
LINK = re.compile(r'<link rel="stylesheet" href="/static/css/([\w-]+)\.css">')


def linked(page: str) -> list[str]:
    return LINK.findall(page)


def test_each_file_is_linked_once_and_nothing_else_is():
    files = {file.stem for file in FOLDER.glob("*.css")} - {"admin"}

    assert sorted(linked(render_to_string("stylesheets.html"))) == sorted(files)


def test_tokens_come_first_and_paper_last():
    order = linked(render_to_string("stylesheets.html"))

    assert (order[0], order[-1]) == ("tokens", "print")


@pytest.mark.django_db
def test_every_page_has_all_of_them(client):
    all_of_them = linked(render_to_string("stylesheets.html"))

    assert linked(client.get("/").content.decode()) == all_of_them
    for page in ("500.html", "503.html"):
        assert linked(render_to_string(page)) == all_of_them


def test_a_colour_is_named_among_the_tokens_and_used_by_its_name():
    named = set(re.findall(r"^\s*(--[\w-]+):", (FOLDER / "tokens.css").read_text(), re.MULTILINE))
    for file in sorted(FOLDER.glob("*.css")):
        if file.stem in ("tokens", "admin"):
            continue
        text = file.read_text()
        own = set(re.findall(r"(--[\w-]+):", text))
        assert set(re.findall(r"var\((--[\w-]+)", text)) <= named | own, file.name
