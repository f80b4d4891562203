"""The start page of the administration, and what `manage.py check` tells about the shop itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from outbox.jobs.models import Job
from outbox.mails.models import Mail
from shop.phone_orders.models import PhoneOrder
from shop.seller.checks import check_seller
from shop.seller.models import LegalText, ShopIdentity
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, pay
from tests.matrix.world import enter_order
from tests.shop.admin_pages import text_of
from tests.shop.merchants import browser_of, staff
from tests.shop.probes import REFUSED

pytestmark = pytest.mark.django_db


def counts(client):
    response = client.get("/admin/")
    assert response.status_code == 200
    return {str(count.label): count.number for count in response.context["counts"]}


def test_counts_what_waits_and_leads_there(client, new_order, diary):
    waiting, failed, strange = (new_order() for _index in range(3))
    diary.raises["post"] = [REFUSED]
    pay(failed)
    deliver(failed)
    pay(strange, amount=waiting.gross + 1)

    assert counts(client) == {
        "Orders waiting for money": 2,
        "Orders with a failed line": 1,
        "Withdrawals to settle": 0,
        "Disputed orders": 0,
        "Orders owed again": 0,
        "VAT numbers to look at": 0,
        "Orders with money to be paid back": 0,
        "Lines of bank statements to decide": 0,
        "Orders by telephone to finish": 0,
        "Acts for a second person": 0,
        "Requests for erasure": 0,
        "Payments that need attention": 1,
        "Payment methods offered in vain": 0,
        "Payments without an answer": 0,
        "Refunds that need attention": 0,
        "Overdue parts of orders": 0,
        "Invoices that could not be issued": 1,
        "Documents refused by the platform or the buyer, or not sent": 0,
        "Days of the books that are not closed": 0,
        "Broken extensions": 0,
        "Entries that nobody can buy": 0,
        "Entries to mark as vocational training or not": 0,
        "Jobs that gave up": 0,
        "Mails that could not be sent": 0,
    }
    for count in client.get("/admin/").context["counts"]:
        listed = client.get(count.url)
        assert listed.status_code == 200
        assert listed.context["cl"].result_count == count.number


def test_counts_entries_that_nobody_can_buy_and_leads_there(client):
    EntryFactory()
    EntryFactory(code="GONE", handler="ext_gone")
    EntryFactory(handler="ext_gone", state="suspended")

    [count] = [each for each in client.get("/admin/").context["counts"] if "nobody can buy" in str(each.label)]
    assert count.number == 1
    assert [entry.code for entry in client.get(count.url).context["cl"].result_list] == ["GONE"]


def test_names_what_is_missing(client):
    assert "The shop must still tell its customers:" in text_of(client.get("/admin/"))


def test_tells_nobody_what_they_may_not_see(order):
    client = browser_of(staff("shop.view_order"))
    assert counts(client) == {}
    may_act = {
        "shop.confirm_money": {"Orders waiting for money"},
        "shop.change_order": {
            "Orders with a failed line",
            "Withdrawals to settle",
            "Disputed orders",
            "Orders owed again",
            "VAT numbers to look at",
        },
        "shop.note_paid_back": {"Orders with money to be paid back"},
    }
    for right, told in may_act.items():
        assert set(counts(browser_of(staff("shop.view_order", right)))) == told
    assert "must still tell" not in text_of(client.get("/admin/"))
    assert counts(browser_of(staff())) == {}


def test_a_mail_or_a_line_that_gave_up_is_told_once(client, new_order, diary):
    order = new_order()
    mail = Mail.objects.latest("pk")
    Mail.objects.filter(pk=mail.pk).update(state="failed", failed_reason="refused")
    Job.objects.filter(key=mail.job_key).update(state="dead", finished_at=timezone.now())
    diary.raises["post"] = [RuntimeError("down")] * 8
    pay(order)
    Job.objects.filter(kind="fulfil_line").update(max_attempts=1)
    deliver(order)

    told = counts(client)
    assert (told["Mails that could not be sent"], told["Orders with a failed line"]) == (1, 1)
    assert told["Jobs that gave up"] == 0
    assert Job.objects.given_up().count() == 2


def test_an_order_by_telephone_waits_until_its_link_is_sent_and_when_it_has_ended(client, merchant):
    row = enter_order(EntryFactory(), by=merchant, now=timezone.now() - timedelta(days=1))
    assert counts(client)["Orders by telephone to finish"] == 0
    PhoneOrder.objects.update(expires_at=timezone.now())
    [count] = [each for each in client.get("/admin/").context["counts"] if "telephone" in str(each.label)]
    assert count.number == 1
    assert list(client.get(count.url).context["cl"].result_list) == [row]


class TestCheck:
    def complete(self):
        ShopIdentity.objects.create(
            pk=1, name="x", street="x", postal_code="x", city="x", siret="x", vat_number="x", iban="x",
            legal_line="x", support_email="x@example.org",
        )  # fmt: skip
        for kind in LegalText.Kind:
            LegalText.objects.create(
                kind=kind, version=1, body_en="x", body_fr="x", published_at=timezone.now() - timedelta(hours=1)
            )

    def test_names_what_is_missing(self):
        found = {warning.id: warning.msg for warning in check_seller(databases=["default"])}
        assert set(found) == {"shop.W001", "shop.W002"}
        assert "SIRET" in found["shop.W001"]

    def test_is_silent_when_nothing_is(self):
        self.complete()
        assert check_seller(databases=["default"]) == []

    def test_a_draft_is_no_published_text(self):
        self.complete()
        LegalText.objects.filter(kind="terms").update(published_at=None)
        [warning] = check_seller(databases=["default"])
        assert warning.id == "shop.W002"

    def test_asks_no_database_unless_told_to(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert check_seller(databases=None) == []
