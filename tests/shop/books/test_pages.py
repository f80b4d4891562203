"""Exports of the books in the administration."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.security_log.models import SecurityEvent
from billing.journal.models import ChartAccount
from shop.books.models import BookExport
from shop.books.services import make_export
from tests.factories.shop import make_cart, pay, place
from tests.files_to_save import refuse_careless_file
from tests.shop.admin_pages import text_of
from tests.shop.books.making import made
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db

LIST, MAKE = reverse("admin:shop_bookexport_changelist"), reverse("admin:shop_bookexport_make")
RIGHTS = ("shop.view_bookexport", "shop.make_bookexport")


def posted(**changes: str) -> dict[str, str]:
    today = timezone.localdate().isoformat()
    told = {"kind": "orders", "form": "csv", "basis": "debits", "starts_on": today, "ends_on": today}
    return told | {"asked_as": str(uuid.uuid4())} | changes


def page_of(export: BookExport) -> str:
    return reverse("admin:shop_bookexport_change", args=[export.pk])


def download_of(export: BookExport) -> str:
    return reverse("admin:shop_bookexport_download", args=[export.pk])


def test_staff_ask_for_an_export_and_download_it(probe_entry, diary):
    order = place(make_cart(probe_entry), email="bob@example.org")
    pay(order)
    person = staff(*RIGHTS)
    browser = browser_of(person)
    form = browser.get(MAKE)
    assert 'type="hidden" name="asked_as"' in form.content.decode()

    answer = browser.post(MAKE, posted(), follow=True)

    assert "The export is being made." in text_of(answer)
    export = BookExport.objects.get()
    assert (export.asked_by, export.language) == (person, "en")
    make_export(export_id=export.pk, now=timezone.now())
    page = text_of(browser.get(page_of(export)))
    export.refresh_from_db()
    assert "made, provisional: the period is open" in page
    assert bytes(export.digest).hex() in page

    file = browser.post(download_of(export))

    assert file["Content-Disposition"] == f'attachment; filename="{export.file_name}"'
    refuse_careless_file(file)
    assert order.number in file.getvalue().decode()
    event = SecurityEvent.objects.get(kind="exported")
    assert (event.actor_id, event.details["export"]) == (person.pk, export.pk)


def test_a_download_is_a_post_and_of_a_file_that_is_there():
    browser, export = browser_of(staff(*RIGHTS)), made("orders")
    assert browser.get(download_of(export)).status_code == 405

    export.pieces.all().delete()

    assert "deleted by its age" in text_of(browser.get(page_of(export)))
    assert "Make the export anew" in text_of(browser.post(download_of(export), follow=True))
    assert not SecurityEvent.objects.filter(kind="exported").exists()


def test_making_and_downloading_have_a_right_of_their_own():
    browser, export = browser_of(staff("shop.view_bookexport")), made("orders")

    assert "Make an export" not in text_of(browser.get(LIST))
    assert "Download" not in text_of(browser.get(page_of(export)))
    assert browser.post(MAKE, posted()).status_code == 403
    assert browser.post(download_of(export)).status_code == 403


def test_a_refusal_stands_at_its_field_and_what_was_typed_stays():
    told = posted(starts_on="2026-02-02", ends_on="2026-02-01")

    page = browser_of(staff(*RIGHTS)).post(MAKE, told)

    assert page.context["form"].errors == {"ends_on": ["The last day lies before the first."]}
    assert told["asked_as"] in page.content.decode()
    assert 'value="2026-02-02"' in page.content.decode()
    assert not BookExport.objects.exists()


def test_the_list_takes_as_many_queries_for_many_exports(django_assert_max_num_queries):
    browser = browser_of(staff(*RIGHTS))
    browser.get(LIST)
    for _number in range(4):
        made("orders")
    with django_assert_max_num_queries(16):
        assert text_of(browser.get(LIST)).count("made, provisional") == 4


def test_staff_write_the_accountants_numbers():
    rights = tuple(f"billing.{verb}_chartaccount" for verb in ("view", "add", "change"))
    browser = browser_of(staff(*rights))
    add = reverse("admin:billing_chartaccount_add")
    told = {"account": "sales", "part": "", "number": "70x", "label": "Ventes"}

    refused = browser.post(add, told)

    assert "A number begins with three digits" in refused.content.decode()
    browser.post(add, told | {"number": "706100"})
    assert ChartAccount.objects.get().number == "706100"
    assert "706100" in text_of(browser.get(reverse("admin:billing_chartaccount_changelist")))
