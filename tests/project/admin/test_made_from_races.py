"""Two people save one form of the administration at the same moment, with the row's lock and without it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from catalog.models.taxes import Tax
from common import made_from
from tests.catalog.admin_pages import merchant, text_of
from tests.factories.catalog import TaxFactory
from tests.project.admin.test_made_from import page_of, shown
from tests.rivals.processes import errors_among, no_row_locks, race, values_among

pytestmark = pytest.mark.django_db(transaction=True)

ABOUT_TO_COMPARE = [(made_from, "merge")]


def two_save(**how: Any) -> tuple[list[str], Tax]:
    tax = TaxFactory(name_en="Old")
    rivals = []
    for name in ("Alice", "Bob"):
        browser = merchant()
        sent = shown(browser, tax) | {"name_en": name}
        rivals.append(lambda browser=browser, sent=sent: save(browser, tax, sent))
    answers = race(*rivals, before=ABOUT_TO_COMPARE, **how)
    assert errors_among(answers) == []
    return values_among(answers), Tax.objects.get(pk=tax.pk)


def save(browser: Client, tax: Tax, sent: dict[str, Any]) -> str:
    answer = browser.post(page_of(tax), sent)
    if answer.status_code == 302:
        return sent["name_en"]
    assert "Meanwhile changed to" in text_of(answer)
    return "told"


def test_one_of_them_is_told():
    answers, tax = two_save()

    assert "told" in answers
    assert sorted(answers) == sorted(["told", tax.name_en])


def test_without_the_lock_one_overwrites_the_other():
    answers, _tax = two_save(without=no_row_locks)

    assert sorted(answers) == ["Alice", "Bob"]
