"""Sending of documents to the platform: off by default, once each, followed to their end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from documents.issued.files import content_of, make_files
from documents.issued.models import Document
from outbox.jobs.models import Job
from shop.orders.models import Order
from shop.papers.platforms import services
from shop.papers.platforms.choosing import rule_of
from shop.papers.platforms.models import DocumentSending, PlatformSettings
from shop.papers.platforms.registry import in_use
from shop.papers.platforms.services import ask_for_news, choose_documents, follow_documents, refused, send_document
from shop.payments.configured.in_force import forget
from shop.payments.port import Unreachable
from tests.constraints import broken, run
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import fill_cart, make_cart, pay, place
from tests.shop.papers.given import SIRET, complete_seller
from tests.shop.papers.platforms.given import switch

pytestmark = pytest.mark.django_db


def sold(*flags: str, **details) -> Document:
    """Return the invoice of a paid order with a line for each e-invoice flag, with its files."""
    complete_seller()
    first, *others = [EntryFactory(tiers={1: "100.00"}, tax=TaxFactory()) for _flag in flags or ("required",)]
    cart = make_cart(first)
    for other in others:
        fill_cart(cart, other)
    order = place(cart, **{"register_number": SIRET} | details)
    for line, flag in zip(order.lines.order_by("position"), flags or ("required",), strict=True):
        line.tax_terms = {**line.tax_terms, "e_invoicing": flag}
        line.save(update_fields=["tax_terms"])
    pay(order, reference=order.number)
    document = Document.objects.get(order_id=order.pk)
    make_files(document_id=document.pk)
    return document


def send_all() -> None:
    choose_documents(now=timezone.now())
    for sending in DocumentSending.objects.filter(state="waiting"):
        send_document(document_id=sending.document_id, now=timezone.now())


def state_of(document: Document) -> str:
    return DocumentSending.objects.get(document=document).state


def test_nothing_is_sent_until_the_merchant_says_so(db):
    PlatformSettings.objects.get_or_create(name="afnor")
    forget()
    sold()
    assert in_use() is None
    assert choose_documents(now=timezone.now()) == 0
    assert not DocumentSending.objects.exists()


def test_keys_alone_send_nothing(desk):
    switch("http://127.0.0.1:9", offer="")
    sold()
    assert choose_documents(now=timezone.now()) == 0


def test_a_document_is_chosen_once_with_its_job_and_sent_byte_for_byte(desk):
    document = sold()
    assert choose_documents(now=timezone.now()) == 1
    assert choose_documents(now=timezone.now()) == 0
    [job] = Job.objects.filter(kind="send_document_afnor")
    assert job.order_id == document.order_id
    send_document(document_id=document.pk, now=timezone.now())
    send_document(document_id=document.pk, now=timezone.now())
    [flow] = desk.sent()
    assert desk.files[flow["flowId"]] == content_of(document, "pdf")
    assert (state_of(document), flow["processingRule"]) == ("sent", "B2B")


def test_a_lost_answer_sends_nothing_twice(desk):
    document = sold()
    choose_documents(now=timezone.now())
    desk.dies = True
    with pytest.raises(Unreachable):
        send_document(document_id=document.pk, now=timezone.now())
    assert state_of(document) == "waiting"
    desk.dies = False
    send_document(document_id=document.pk, now=timezone.now())
    assert len(desk.sent()) == 1
    assert state_of(document) == "sent"


def test_without_the_look_a_lost_answer_would_send_it_twice(desk, monkeypatch):
    """The negative control of the test above."""
    document = sold()
    choose_documents(now=timezone.now())
    monkeypatch.setattr(type(in_use()), "find", lambda _self, _key: None)
    desk.dies = True
    with pytest.raises(Unreachable):
        send_document(document_id=document.pk, now=timezone.now())
    desk.dies = False
    send_document(document_id=document.pk, now=timezone.now())
    assert len(desk.sent()) == 2


@pytest.mark.parametrize(
    ("flags", "sent"), [(["none", "required"], 1), (["voluntary", "required"], 1), (["none", "voluntary"], 0)]
)
def test_a_mixed_document_follows_its_taxed_part(desk, flags, sent):
    sold(*flags)
    assert choose_documents(now=timezone.now()) == sent


@pytest.mark.parametrize(
    ("flag", "voluntary", "sent"), [("none", "yes", 0), ("voluntary", "no", 0), ("voluntary", "yes", 1)]
)
def test_the_flag_of_the_tax_code_decides(desk, flag, voluntary, sent):
    values = in_use().values()
    switch(values["flow_url"], voluntary=voluntary)
    sold(flag)
    assert choose_documents(now=timezone.now()) == sent


@pytest.mark.parametrize(
    ("kind", "buyer", "rule"),
    [
        ("business", {"country": "FR", "siren": "732829320"}, "B2B"),
        ("public", {"country": "FR", "siren": "732829320"}, "B2G"),
        ("business", {"country": "FR", "siren": ""}, None),
        ("business", {"country": "DE", "vat_number": "DE811569869"}, "B2BInt"),
        ("business", {"country": "US"}, None),
        ("public", {"country": "DE", "vat_number": "DE1"}, None),
        ("consumer", {"country": "FR"}, None),
        (None, None, None),
    ],
)
def test_who_buys_decides(kind, buyer, rule):
    assert rule_of({"buyer_kind": kind, "buyer": buyer}) == rule


def test_what_was_issued_before_the_keys_is_left_alone(desk):
    sold()
    PlatformSettings.objects.filter(name="afnor").update(keys_at=timezone.now() + timedelta(minutes=1))
    assert choose_documents(now=timezone.now()) == 0


def test_is_followed_to_its_end_and_never_back(desk):
    document = sold()
    send_all()
    states = []
    for code in ("", "202", "205", "208", "200", "212", "210"):
        if code:
            desk.tell(document.number, code)
        follow_documents(name="afnor", now=timezone.now())
        states.append(state_of(document))
    assert states == ["deposited", "received", "approved", "approved", "approved", "paid", "paid"]
    assert not ask_for_news(now=timezone.now())


def test_a_refused_one_is_shown_with_its_reasons(desk):
    document = sold()
    send_all()
    desk.tell(document.number, "210", "TX_TVA_ERR")
    follow_documents(name="afnor", now=timezone.now())
    [sending] = refused()
    assert (sending.document, sending.code, sending.reasons) == (document, "210", "TX_TVA_ERR")


def test_a_document_that_the_platform_does_not_take_is_refused(desk):
    document = sold()
    desk.refuses = True
    send_all()
    assert (state_of(document), DocumentSending.objects.get().code) == ("refused", "http_422")
    assert refused().count() == 1


def test_news_of_documents_of_others_change_nothing(desk):
    document = sold()
    send_all()
    desk.tell("SOMEBODY-1", "210")
    follow_documents(name="afnor", now=timezone.now())
    assert state_of(document) == "deposited"
    assert ask_for_news(now=timezone.now())
    assert services.kind_of_following("afnor") in set(Job.objects.values_list("kind", flat=True))


def test_the_database_keeps_each_once(desk):
    sold()
    sold()
    send_all()
    with broken("shop_documentsending_key_once"):
        run("UPDATE shop_documentsending SET key = (SELECT min(key::text)::uuid FROM shop_documentsending)")
    with broken("shop_documentsending_reference_once"):
        run("UPDATE shop_documentsending SET reference = 'same'")
    with broken("shop_documentsending_document_id_key"):
        run("UPDATE shop_documentsending SET document_id = (SELECT min(document_id) FROM shop_documentsending)")
    with broken("shop_documentsending_state_known"):
        run("UPDATE shop_documentsending SET state = 'lost'")
    with broken("shop_documentsending_sent_has_reference"):
        run("UPDATE shop_documentsending SET reference = ''")
    assert Order.objects.count() == 2
