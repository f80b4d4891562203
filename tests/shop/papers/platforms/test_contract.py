"""Every platform keeps the port's contract, against its stand-in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shop.papers.platforms.port import Outgoing, Progress, Rule
from shop.papers.platforms.registry import get_platform, known
from shop.payments.port import CallRefused, Unreachable
from tests.shop.papers.platforms.given import switch

PDF = b"%PDF-1.7\r\n\r\n--binary\x00\xff"
KEY = "7f0c7a3e-1111-4222-8333-123456789abc"
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(params=[each.name for each in known()])
def platform(request, desk):
    return get_platform(request.param)


def outgoing(key: str = KEY) -> Outgoing:
    return Outgoing(key=key, number="F2026/0001", rule=Rule.PUBLIC, content=PDF)


def test_a_document_arrives_whole_with_key_rule_and_digest(platform, desk):
    reference = platform.send(outgoing())
    [flow] = desk.sent()
    assert (flow["flowId"], flow["trackingId"], flow["processingRule"]) == (reference, KEY, "B2G")
    assert desk.files[reference] == PDF
    assert len(flow["sha256"]) == 64


def test_is_found_by_its_key_after_a_lost_answer(platform, desk):
    assert platform.find(KEY) is None
    desk.dies = True
    with pytest.raises(Unreachable):
        platform.send(outgoing())
    assert platform.find(KEY) == desk.sent()[0]["flowId"]
    assert platform.find(KEY.replace("7f", "8f")) is None


@pytest.mark.parametrize(
    ("status", "progress", "reasons"),
    [("Ok", Progress.DEPOSITED, "REJ_SEMAN"), ("Error", Progress.REFUSED, "REJ_SEMAN"), ("Pending", None, "REJ_SEMAN")],
)
def test_its_acknowledgement_is_told(platform, desk, status, progress, reasons):
    desk.status = status
    told = platform.fetch(platform.send(outgoing()))
    assert (told.progress, told.reasons) == (progress, reasons)


@pytest.mark.parametrize(
    ("code", "progress"),
    [
        ("200", Progress.DEPOSITED),
        ("202", Progress.RECEIVED),
        ("205", Progress.APPROVED),
        ("208", None),
        ("210", Progress.REFUSED),
        ("212", Progress.PAID),
        ("213", Progress.REFUSED),
    ],
)
def test_the_life_cycle_is_told(platform, desk, code, progress):
    desk.tell("F2026/0001", code, "TX_TVA_ERR")
    [told] = platform.news(BEFORE)
    assert (told.number, told.code, told.progress, told.reasons) == ("F2026/0001", code, progress, "TX_TVA_ERR")
    assert list(platform.news(told.at + timedelta(seconds=1))) == []


@pytest.mark.parametrize("content", [b"", b"<a", b"<a/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"\x00\xff"])
def test_a_message_that_cannot_be_read_tells_nothing(platform, desk, content):
    desk.tell("F1", "210")
    desk.files["flow-1"] = content
    assert list(platform.news(BEFORE)) == []


@pytest.mark.parametrize("number", ["", "F" * 36])
def test_numbers_that_no_invoice_has_are_left_out(platform, desk, number):
    desk.tell(number, "210")
    assert list(platform.news(BEFORE)) == []


@pytest.mark.parametrize("knows_offsets", [True, False])
def test_more_news_than_a_page_are_read_to_the_end_each_once(platform, desk, knows_offsets):
    desk.knows_offsets = knows_offsets
    for number in range(230):
        desk.tell(f"F{number}", "202")
        desk.flows[f"flow-{number + 1}"]["updatedAt"] = (BEFORE + timedelta(minutes=number + 1)).isoformat()
    assert [told.number for told in platform.news(BEFORE)] == [f"F{number}" for number in range(230)]


def test_pages_that_never_change_are_an_end(platform, desk):
    """More news of one moment than a page, from a platform that knows no offset."""
    desk.knows_offsets = False
    for number in range(130):
        desk.tell(f"F{number}", "202")
        desk.flows[f"flow-{number + 1}"]["updatedAt"] = (BEFORE + timedelta(seconds=1)).isoformat()
    assert len(list(platform.news(BEFORE))) == 100


def test_a_round_reads_a_bounded_number_of_pages(platform, desk, monkeypatch):
    monkeypatch.setattr(type(platform), "most_pages", 1)
    for number in range(130):
        desk.tell(f"F{number}", "202")
    assert len(list(platform.news(BEFORE))) == 100


def test_the_directory_says_where_a_company_receives(platform, desk):
    desk.directory["732829320"] = "732829320_FACTURES"
    assert platform.address_of("732829320") == "732829320_FACTURES"
    assert platform.address_of("552100554") is None


def test_wrong_keys_and_refused_documents_are_refusals_and_silence_is_none(platform, desk):
    assert platform.check_connection().is_test
    desk.refuses = True
    with pytest.raises(CallRefused, match="http_422"):
        platform.send(outgoing())
    switch("http://127.0.0.1:9")
    with pytest.raises(Unreachable):
        platform.check_connection()
