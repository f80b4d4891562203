"""Documents in the administration: found by their number, their order and their customer, and saved as one file."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.urls import reverse
from django.utils import timezone

from documents.issued.models import Document
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.merchants import browser_of
from tests.shop.papers.given import SIRET, complete_seller

pytestmark = pytest.mark.django_db
LIST = "admin:documents_document_changelist"


@pytest.fixture
def orders():
    complete_seller()
    made = []
    for name in ("Ateliers Roy", "Maison Blanc"):
        owner = MembershipFactory(account=CustomerAccountFactory(name=name), is_owner=True)
        made.append(place(make_cart(EntryFactory()), user=owner.user, account=owner.account, register_number=SIRET))
        pay(made[-1], reference=name, event_id=name)
        deliver(made[-1])
    return made


def merchant_client():
    return browser_of(UserFactory(is_staff=True, is_superuser=True))


def numbers_of(order) -> set[str]:
    return set(Document.objects.filter(order_id=order.pk).values_list("number", flat=True))


def found(client, typed: str, page: str = LIST) -> set[str]:
    answer = client.get(reverse(page), {"q": typed})
    return {str(row) for row in answer.context["cl"].result_list}


def test_a_number_an_order_and_a_customer_find_their_documents(orders):
    client, wanted = merchant_client(), numbers_of(orders[0])
    [number] = wanted

    for typed in (number, number.lower(), orders[0].number, "ateliers roy"):
        assert found(client, typed) == wanted, typed
    assert len(found(client, "")) == 2


def test_the_search_of_orders_finds_an_order_by_its_invoice(orders):
    client = merchant_client()
    [number] = numbers_of(orders[1])

    answer = client.get(reverse("admin:shop_order_changelist"), {"q": number})
    assert [row.pk for row in answer.context["cl"].result_list] == [orders[1].pk]


@pytest.mark.parametrize(("act", "ending"), [("save_pdf", "pdf"), ("save_xml", "xml"), ("save_ubl", "ubl.xml")])
def test_the_chosen_ones_are_saved_as_one_file(orders, act, ending):
    chosen = list(Document.objects.values_list("pk", flat=True))
    answer = merchant_client().post(reverse(LIST), {"action": act, "_selected_action": chosen})

    assert answer["Content-Type"] == "application/zip"
    assert str(timezone.localdate()) in answer["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert sorted(archive.namelist()) == sorted(
            f"{each}.{ending}" for order in orders for each in numbers_of(order)
        )


def test_too_many_are_refused_in_words(orders, monkeypatch):
    monkeypatch.setattr("documents.issued.bundles.MOST", 1)
    chosen = list(Document.objects.values_list("pk", flat=True))
    answer = merchant_client().post(
        reverse(LIST),
        {"action": "save_pdf", "_selected_action": chosen},
        follow=True,
        headers={"accept-language": "en"},
    )
    assert "One file holds 1 documents at most." in answer.content.decode()
