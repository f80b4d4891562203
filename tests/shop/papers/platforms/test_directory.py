"""The directory is asked before a document is sent: unknown buyers wait, are shown, and are asked about again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone, translation

from documents.issued.models import Document
from outbox.jobs.models import Job
from shop.papers.platforms.addresses import check_address
from shop.papers.platforms.models import DocumentSending, PlatformSettings
from shop.papers.platforms.port import Rule
from shop.papers.platforms.registry import in_use
from shop.papers.platforms.services import look_up_again, needing_attention, send_document, without_address
from shop.payments.port import Unreachable
from tests.shop.admin_pages import text_of
from tests.shop.merchants import browser_of, staff
from tests.shop.papers.given import SIRET
from tests.shop.papers.platforms.given import switch
from tests.shop.papers.platforms.test_sending import send_all, sold, state_of

pytestmark = pytest.mark.django_db
SIREN = SIRET[:9]


def send(document: Document, *, days: int = 0) -> None:
    send_document(document_id=document.pk, now=timezone.now() + timedelta(days=days))


def test_a_buyer_is_looked_up_once_for_all_their_documents(desk):
    first, second = sold(), sold()
    send_all()
    assert (state_of(first), state_of(second)) == ("sent", "sent")
    assert desk.looked_up == [SIREN]


def test_other_keys_ask_another_directory(desk):
    platform, data = in_use(), sold().data
    assert platform is not None
    check_address(platform, Rule.B2B, data)
    PlatformSettings.objects.filter(name="afnor").update(keys_at=timezone.now())
    check_address(platform, Rule.PUBLIC, data)
    check_address(platform, Rule.B2B, data)
    assert desk.looked_up == [SIREN, SIREN]


def test_an_unknown_buyer_waits_in_sight_and_is_asked_about_each_day(desk):
    desk.directory.clear()
    document = sold()
    send_all()

    assert not desk.sent()
    [waiting] = without_address()
    assert (waiting.state, waiting.code, list(needing_attention())) == ("waiting", "no_address", [waiting])
    with translation.override("en"):
        page = browser_of(staff("shop.view_documentsending")).get("/admin/shop/documentsending/")
    assert "knows no address of the buyer" in text_of(page)

    tomorrow = timezone.now() + timedelta(days=1, minutes=1)
    assert look_up_again(now=timezone.now()) == 0
    assert look_up_again(now=tomorrow) == look_up_again(now=tomorrow) == 1
    assert Job.objects.filter(kind="send_document_afnor").count() == 2

    desk.directory[SIREN] = f"{SIREN}_FACTURES"
    cache.clear()  # an hour later
    send(document, days=1)
    assert (state_of(document), DocumentSending.objects.get().code) == ("sent", "")
    assert not needing_attention()
    assert look_up_again(now=tomorrow + timedelta(days=2)) == 0


def test_a_silent_directory_is_asked_again_by_the_job(desk):
    document = sold()
    desk.directory_is_away = True
    with pytest.raises(Unreachable):
        send_all()
    assert not desk.sent()
    desk.directory_is_away = False
    send(document)
    assert state_of(document) == "sent"


def test_a_directory_that_refuses_refuses_no_document(desk):
    document = sold()
    desk.directory_refuses = True
    send_all()
    assert (state_of(document), DocumentSending.objects.get().code) == ("waiting", "no_directory")
    assert needing_attention().count() == 1


def test_buyers_abroad_stand_in_no_directory(desk):
    platform = in_use()
    assert platform is not None
    check_address(platform, Rule.B2B_ABROAD, {"buyer": {"vat_number": "DE811569869", "siren": ""}})
    assert desk.looked_up == []


def test_a_document_that_has_arrived_is_not_looked_up(desk):
    document = sold()
    desk.dies = True
    with pytest.raises(Unreachable):
        send_all()
    desk.dies, desk.directory = False, {}
    send(document)
    assert (state_of(document), len(desk.sent())) == ("sent", 1)


def test_nothing_is_asked_while_no_platform_is_in_use(desk):
    desk.directory.clear()
    sold()
    send_all()
    switch("http://127.0.0.1:9", offer="")
    assert look_up_again(now=timezone.now() + timedelta(days=2)) == 0
