"""Form data as a merchant's browser posts it from an entry's page."""

import re
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.urls import reverse

from catalog.models.entries import Entry
from tests.factories.accounts import UserFactory
from tests.factories.catalog import CategoryFactory, TaxFactory

ADD = "/admin/catalog/entry/add/"


def change_url(entry: Entry) -> str:
    return reverse("admin:catalog_entry_change", args=[entry.pk])


def merchant(language: str = "en", **fields: Any) -> Client:
    """Return the browser of a superuser."""
    client = Client(headers={"accept-language": language})
    client.force_login(UserFactory(is_staff=True, is_superuser=True, language=language, **fields))
    return client


def typed(**changes: Any) -> dict[str, Any]:
    """Return a complete form of a new entry without handler."""
    return {
        "code": "FIRST-AID",
        "category": CategoryFactory().pk,
        "state": "available",
        "tax": TaxFactory().pk,
        "vocational": "no",
        "supply": "on_site",
        "min_quantity": "1",
        "max_quantity": "",
        "audience": "everyone",
        "position": "0",
        "name_en": "First aid",
        "name_fr": "Premiers secours",
        "handler": "",
        "parameter_string": "",
        "tiers-TOTAL_FORMS": "1",
        "tiers-INITIAL_FORMS": "0",
        "tiers-0-from_quantity": "1",
        "tiers-0-unit_net": "100.00",
        "fields-TOTAL_FORMS": "0",
        "fields-INITIAL_FORMS": "0",
        **changes,
    }


def shown(client: Client, entry: Entry) -> dict[str, Any]:
    """Return the form of the entry's page as posted when nothing was changed."""
    response = client.get(change_url(entry))
    assert response.status_code == 200
    return controls(response)


def controls(response: Any, form: str = "entry_form") -> dict[str, Any]:
    """The controls of a form on a page, as a browser would send them."""
    reader = _Controls(form)
    reader.feed(response.content.decode())
    return reader.sent


class _Controls(HTMLParser):
    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form
        self.sent: dict[str, Any] = {}
        self.in_form = False
        self.select: dict[str, Any] | None = None
        self.chosen: list[str] = []
        self.textarea: str | None = None

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        attributes = dict(attrs)
        name = attributes.get("name")
        if tag == "form":
            self.in_form = attributes.get("id") == self.form
        elif not self.in_form or "disabled" in attributes:
            return
        elif tag == "input" and name:
            self._input(attributes)
        elif tag == "select":
            self.select, self.chosen = attributes, []
        elif tag == "option" and self.select and "selected" in attributes:
            self.chosen.append(attributes.get("value") or "")
        elif tag == "textarea":
            self.textarea = name
            self.sent[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.in_form = False
        elif tag == "select" and self.select:
            is_multiple = "multiple" in self.select
            if self.chosen or not is_multiple:
                self.sent[self.select["name"]] = self.chosen if is_multiple else (self.chosen or [""])[0]
            self.select = None
        elif tag == "textarea":
            self.textarea = None

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.sent[self.textarea] += data.removeprefix("\n").removeprefix("\r\n")

    def _input(self, attributes: dict[str, Any]) -> None:
        kind = attributes.get("type", "text")
        if kind in ("submit", "button", "file") or (kind in ("checkbox", "radio") and "checked" not in attributes):
            return
        default = "on" if kind == "checkbox" else ""
        self.sent[attributes["name"]] = attributes.get("value", default) or ""


def errors(response: Any) -> dict[str, list[str]]:
    """Return the errors of a page that was not saved, by field."""
    assert response.status_code == 200, response.status_code
    found = {
        name: [str(error) for error in messages] for name, messages in response.context["adminform"].form.errors.items()
    }
    for inline in response.context["inline_admin_formsets"]:
        part = inline.formset.prefix
        for row in inline.formset.errors:
            found.update({f"{part}.{name}": [str(error) for error in messages] for name, messages in row.items()})
        if inline.formset.non_form_errors():
            found[part] = [str(error) for error in inline.formset.non_form_errors()]
    return found


def told(response: Any) -> list[tuple[str, str]]:
    """Return level and text of the messages on a page."""
    return [(message.level_tag, str(message)) for message in response.context["messages"]]


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())
