"""Documents chosen by month, kind and number, and saved as one ZIP file: whole, bounded, and nobody else's."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC

import pytest
from django.urls import reverse
from django.utils import timezone

from common.moments import in_shop_zone, local_day
from documents.issued.models import Document, DocumentFile
from shop.orders.models import Order
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.papers.given import SIRET
from tests.shop.steps import english_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return MembershipFactory(is_owner=True)


def sold(owner, **details: object) -> Order:
    details = {"user": owner.user, "account": owner.account, "register_number": SIRET} | details
    order = place(make_cart(EntryFactory()), **details)
    pay(order, reference=order.number, event_id=order.number)
    return deliver(order)


def browser_of(member):
    client = english_client()
    client.force_login(member.user)
    return client


def zip_url(member, form: str = "pdf") -> str:
    return reverse("account-documents-zip", args=[member.account.pk, form])


def files_in(answer) -> dict[str, bytes]:
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def numbers() -> list[str]:
    return list(Document.objects.order_by("pk").values_list("number", flat=True))


@pytest.mark.parametrize(
    ("form", "ending", "begins"), [("pdf", "pdf", b"%PDF-"), ("xml", "xml", b"<?xml"), ("ubl", "ubl.xml", b"<?xml")]
)
def test_the_accountant_saves_the_month(seller, owner, form, ending, begins):
    sold(owner), sold(owner)
    accountant = MembershipFactory(account=owner.account, is_owner=False, is_accountant=True)

    month = local_day(timezone.now()).replace(day=1).isoformat()
    answer = browser_of(accountant).get(zip_url(owner, form), {"month": month, "kind": "invoice"})
    files = files_in(answer)
    assert sorted(files) == sorted(f"{number}.{ending}" for number in numbers())
    assert all(content.startswith(begins) for content in files.values())
    assert month[:7] in answer["Content-Disposition"]
    kept = DocumentFile.objects.filter(form=form).order_by("document_id")
    assert [files[name] for name in sorted(files)] == [bytes(file.content) for file in kept]


def test_a_buyer_saves_and_lists_their_own_only(seller, owner):
    sold(owner)
    buyer = MembershipFactory(account=owner.account, is_owner=False, is_buyer=True)
    own = sold(owner, user=buyer.user, operator=owner.user)

    document = Document.objects.get(order_id=own.pk)
    browser = browser_of(buyer)
    assert [*files_in(browser.get(zip_url(owner)))] == [f"{document.number}.pdf"]
    page = browser.get(reverse("account-documents", args=[owner.account.pk])).content.decode()
    assert [number in page for number in numbers()] == [False, True]


def test_operators_strangers_and_unknown_forms_get_none(seller, owner):
    order = sold(owner)
    operator = MembershipFactory(account=owner.account, is_owner=False, is_operator=True)
    for browser in (browser_of(operator), browser_of(MembershipFactory(is_owner=True))):
        assert browser.get(zip_url(owner)).status_code == 404
        assert browser.get(reverse("order-papers-zip", args=[order.token, "pdf"])).status_code == 404
    assert browser_of(owner).get(zip_url(owner, "exe")).status_code == 404


def test_an_order_has_a_zip_of_its_own(seller, owner):
    order = sold(owner)
    sold(owner)

    files = files_in(browser_of(owner).get(reverse("order-papers-zip", args=[order.token, "xml"])))
    assert [*files] == [f"{Document.objects.get(order_id=order.pk).number}.xml"]


def test_a_number_finds_its_document_and_an_order_its_own(seller, owner):
    order, other = sold(owner), sold(owner)
    document, unwanted = (Document.objects.get(order_id=each.pk) for each in (order, other))
    browser, url = browser_of(owner), reverse("account-documents", args=[owner.account.pk])

    for typed in (document.number.lower(), order.number):
        page = browser.get(url, {"number": typed}).content.decode()
        assert (document.number in page, unwanted.number in page) == (True, False)
    assert "No document matches this choice." in browser.get(url, {"number": "nothing"}).content.decode()
    assert "No document matches this choice." in browser.get(url, {"kind": "receipt"}).content.decode()
    assert document.number not in browser.get(url, {"month": "2026-99-01"}).content.decode()


def test_a_file_that_is_not_made_is_named_beside_the_others(seller, owner):
    sold(owner)
    order = place(make_cart(EntryFactory()), user=owner.user, account=owner.account, register_number=SIRET)
    pay(order, reference="two", event_id="two")
    waiting = Document.objects.get(order_id=order.pk)

    files = files_in(browser_of(owner).get(zip_url(owner)))
    assert len(files) == 2
    assert waiting.number in files["missing.txt"].decode()


def test_more_than_a_file_may_hold_are_refused_and_the_choice_stays(seller, owner, monkeypatch):
    monkeypatch.setattr("documents.issued.bundles.MOST", 1)
    sold(owner), sold(owner)

    answer = browser_of(owner).get(zip_url(owner), {"kind": "invoice"}, follow=True)
    assert "One file holds 1 documents at most." in answer.content.decode()
    assert answer.redirect_chain[0][0].endswith("?kind=invoice")


def test_nothing_chosen_says_so(seller, owner):
    answer = browser_of(owner).get(zip_url(owner), follow=True)
    assert "No document is chosen" in answer.content.decode()


def test_a_zip_costs_the_same_for_many(seller, owner, django_assert_num_queries, django_assert_max_num_queries):
    browser = browser_of(owner)
    sold(owner)
    files_in(browser.get(zip_url(owner)))
    with django_assert_max_num_queries(20) as few:
        files_in(browser.get(zip_url(owner)))
    sold(owner), sold(owner)
    with django_assert_num_queries(len(few)):
        assert len(files_in(browser.get(zip_url(owner)))) == 3


def test_files_bear_the_time_of_the_shops_zone(seller, owner):
    sold(owner)
    at = Document.objects.get().issued_at
    answer = browser_of(owner).get(reverse("account-documents-zip", args=[owner.account.pk, "pdf"]))

    [entry] = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).infolist()
    # Times within a ZIP are told to two seconds.
    assert entry.date_time[:5] == in_shop_zone(at).timetuple()[:5]
    assert entry.date_time[:5] != at.astimezone(UTC).timetuple()[:5]
