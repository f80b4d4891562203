"""VAT numbers asked of VIES: by a job that holds up no checkout; the answer stays with the order as evidence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.taxes.deciding import Supply
from outbox.jobs.models import Job, OutsideService
from outbox.jobs.running import run_due_jobs
from shop.checkout.errors import TotalChanged
from shop.orders.models import Order
from shop.seller.models import ShopIdentity
from shop.vat_ids import vies as vies_module
from shop.vat_ids.models import VatCheck
from shop.vat_ids.selectors import digest_of, is_asked_of_vies, is_known_valid, orders_to_look_at
from shop.vat_ids.services import note_looked_at, note_unanswered
from shop.vat_ids.vies import Away, Unavailable, ask
from tests.constraints import broken, run
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place, postal_address, shown_now
from tests.shop.papers.given import complete_seller
from tests.shop.steps import english_client
from workbench.stand_ins import vies as stand_in

pytestmark = pytest.mark.django_db

BERLIN = "DE136695976"


@pytest.fixture
def vies(settings) -> Iterator[stand_in.Vies]:
    desk = stand_in.Vies()
    with stand_in.running(desk) as base:
        settings.VIES_URL = base
        yield desk


@pytest.fixture
def live():
    return EntryFactory(supply=Supply.LIVE)


def sold(entry, vat_id: str = BERLIN, country: str = "DE", **details) -> Order:
    return place(make_cart(entry), address=postal_address(country=country), vat_id=vat_id, **details)


def charge_until_answered() -> None:
    ShopIdentity.current()
    ShopIdentity.objects.update(vat_id_rule=ShopIdentity.VatIdRule.CHARGE)


class TestAnswers:
    def test_a_valid_number_has_a_consultation_number_for_those_who_name_themselves(self, vies):
        assert ask(BERLIN, requester="FR44732829320").consultation_number.startswith("WAPI")
        assert ask(BERLIN, requester="") == vies_module.Answer(is_valid=True)
        assert vies.asked[0] == {
            "countryCode": "DE", "vatNumber": "136695976",
            "requesterMemberStateCode": "FR", "requesterNumber": "44732829320",
        }  # fmt: skip

    def test_a_shop_that_vies_does_not_know_asks_without_its_name(self, vies):
        vies.knows_requesters = False

        assert ask(BERLIN, requester="FR44732829320") == vies_module.Answer(is_valid=True)

    @pytest.mark.parametrize("told", ["invalid", "INVALID_INPUT"])
    def test_an_unknown_number_is_not_valid(self, vies, told):
        vies.answers[BERLIN] = told

        assert not ask(BERLIN, requester="").is_valid

    @pytest.mark.parametrize("status", [200, 500])
    def test_a_member_state_may_be_away(self, vies, status):
        vies.answers[BERLIN], vies.status = "MS_UNAVAILABLE", status

        with pytest.raises(Unavailable, match="MS_UNAVAILABLE"):
            ask(BERLIN, requester="")

    def test_a_slow_or_broken_service_is_away(self, vies, monkeypatch, settings):
        vies.is_broken = True
        with pytest.raises(Away):
            ask(BERLIN, requester="")
        vies.is_broken, vies.slow = False, 1
        monkeypatch.setattr(vies_module, "SECONDS", 0.2)
        with pytest.raises(Away):
            ask(BERLIN, requester="")
        settings.VIES_URL = "http://127.0.0.1:9"
        with pytest.raises(Away):
            ask(BERLIN, requester="")

    def test_only_numbers_of_other_member_states_are_asked(self):
        asked = [is_asked_of_vies(each, seller_country="FR") for each in (BERLIN, "EL094259216", "FR40303265045", "")]
        assert asked == [True, True, False, False]
        assert not is_asked_of_vies("CHE107787577", seller_country="FR")


class TestOrders:
    def test_keep_the_answer_as_evidence(self, vies, live):
        complete_seller()
        order = sold(live)
        assert (order.tax, vies.asked) == (0, [])

        run_due_jobs()

        check = VatCheck.objects.get(order=order)
        assert (check.state, check.consultation_number) == ("valid", "WAPIAAAAstand001")
        assert check.answered_at is not None
        assert not orders_to_look_at().exists()

    def test_a_number_that_is_not_valid_is_told_and_changes_no_line(self, vies, live):
        vies.answers[BERLIN] = "invalid"
        order = sold(live)
        run_due_jobs()

        order.refresh_from_db()
        assert order.tax == 0
        assert list(orders_to_look_at()) == [order]
        assert note_looked_at(orders=[order.pk], actor=UserFactory(is_staff=True), now=timezone.now()) == 1
        assert not orders_to_look_at().exists()

    def test_a_member_state_that_never_answers_is_told_in_the_end(self, vies, live):
        vies.answers[BERLIN] = "MS_UNAVAILABLE"
        order = sold(live)
        run_due_jobs()
        assert VatCheck.objects.get(order=order).state == "asked"
        # The service itself answers: nobody else waits for it.
        assert not OutsideService.objects.filter(failures__gt=0).exists()

        Job.objects.filter(kind="check_vat_id").update(attempts=18, due_at=timezone.now() - timedelta(hours=1))
        run_due_jobs()

        assert VatCheck.objects.get(order=order).state == "unanswered"
        assert list(orders_to_look_at()) == [order]

    def test_a_service_that_is_away_stands_behind_the_breaker(self, vies, live):
        vies.is_broken = True
        sold(live)
        run_due_jobs()

        assert OutsideService.objects.get(name="vies").failures == 1

    def test_numbers_that_decide_nothing_are_not_asked(self, vies, live):
        sold(live, vat_id="FR40303265045", country="FR")
        sold(live, vat_id="", country="DE")

        assert not VatCheck.objects.exists()

    def test_without_an_address_nobody_is_asked(self, live):
        assert sold(live).tax == 0
        assert not VatCheck.objects.exists()


class TestVatUntilAnswered:
    @pytest.fixture(autouse=True)
    def rule(self):
        charge_until_answered()

    def test_vat_is_charged_until_the_number_is_known_to_be_valid(self, vies, live):
        assert sold(live).tax == 20
        run_due_jobs()

        assert is_known_valid(BERLIN, now=timezone.now())
        assert sold(live).tax == 0
        # Of the first one nothing changes, and it has its VAT.
        assert not orders_to_look_at().exists()

    def test_an_answer_is_relied_on_for_a_while_and_the_last_one_counts(self, live):
        now = timezone.now()
        old = VatCheck.objects.create(
            digest=digest_of(BERLIN), state="valid", asked_at=now, answered_at=now - timedelta(days=31)
        )
        assert sold(live).tax == 20
        VatCheck.objects.filter(pk=old.pk).update(answered_at=now)
        assert sold(live).tax == 0
        order = sold(live)
        VatCheck.objects.create(
            order=order, digest=digest_of(BERLIN), state="invalid", asked_at=now, answered_at=now + timedelta(seconds=1)
        )
        assert sold(live).tax == 20

    def test_a_number_typed_at_checkout_is_asked_at_once_and_once_a_day(self, vies, live):
        client = english_client()
        client.post(reverse("entry", args=[live.code]), {"quantity": "1"})
        typed = {
            "kind": "organisation", "email": "berta@example.org", "contact_name": "Berta", "billing_name": "Berta GmbH",
            "street": "Hohe Str. 1", "postal_code": "10115", "city": "Berlin",
            "country": "DE", "register_number": "HRB 12345", "vat_id": BERLIN,
        }  # fmt: skip
        for _time in range(2):
            answer = client.post(reverse("checkout-details"), typed)
            assert answer.status_code == 302, answer.context["form"].errors

        run_due_jobs()

        assert len(vies.asked) == 1
        assert is_known_valid(BERLIN, now=timezone.now())

    def test_who_was_shown_vat_is_shown_the_order_again_without_it(self, live):
        cart, details = make_cart(live), {"address": postal_address(country="DE"), "vat_id": BERLIN}
        shown = shown_now(cart, **details)
        now = timezone.now()
        VatCheck.objects.create(digest=digest_of(BERLIN), state="valid", asked_at=now, answered_at=now)

        with pytest.raises(TotalChanged):
            place(cart, shown=shown, **details)


def test_merchants_read_it_on_the_order_the_account_and_the_start_page(vies, live, admin_client):
    vies.answers[BERLIN] = "invalid"
    buyer = UserFactory()
    order = sold(live, user=buyer)
    run_due_jobs()
    english = {"headers": {"accept-language": "en"}}

    page = admin_client.get(reverse("admin:shop_order_change", args=[order.pk]), **english).content.decode()
    assert "not valid" in page
    assert "the order keeps the tax with which it was placed" in page
    account = admin_client.get(reverse("admin:accounts_customeraccount_change", args=[order.account_id]), **english)
    assert "According to VIES: not valid" in account.content.decode()
    start = admin_client.get(reverse("admin:index"), **english).content.decode()
    assert "VAT numbers to look at" in start
    listed = reverse("admin:shop_order_changelist", query={"todo": "vat_id"})
    assert order.number in admin_client.get(listed, **english).content.decode()

    admin_client.post(listed, {"action": "note_numbers_looked_at", "_selected_action": [order.pk]})

    assert not orders_to_look_at().exists()


def test_an_answer_that_is_there_is_not_lost_by_a_job_that_gives_up():
    now = timezone.now()
    check = VatCheck.objects.create(digest=digest_of(BERLIN), state="valid", asked_at=now, answered_at=now)
    note_unanswered(check_id=check.pk)

    check.refresh_from_db()
    assert check.state == "valid"


@pytest.mark.parametrize(
    ("refusal", "change"),
    [
        (broken("shop_vatcheck_state_known"), "state = 'lost'"),
        (broken("shop_vatcheck_answer_has_time"), "state = 'valid'"),
        (broken("shop_vatcheck_looked_at_by_somebody"), "looked_at = now()"),
    ],
)
def test_a_check_keeps_its_shape(refusal, change):
    VatCheck.objects.create(digest=digest_of(BERLIN), asked_at=timezone.now())
    with refusal:
        run(f"UPDATE shop_vatcheck SET {change}")


def test_a_number_is_asked_by_one_row_before_an_order_and_an_order_has_one(live, vies):
    order = sold(live)
    now = timezone.now()
    VatCheck.objects.create(digest=digest_of(BERLIN), asked_at=now)
    insert = "INSERT INTO shop_vatcheck (digest, order_id, state, asked_at) VALUES (%s, %s, 'asked', now())"
    with broken("shop_vatcheck_once_before_an_order"):
        run(insert, digest_of(BERLIN), None)
    with broken("shop_vatcheck_order_id_key"):
        run(insert, digest_of(BERLIN), order.pk)


def test_the_rule_is_one_of_two():
    ShopIdentity.current()
    with broken("shop_identity_vat_id_rule_known"):
        run("UPDATE shop_shopidentity SET vat_id_rule = 'maybe'")
