"""Claiming: a visitor's order passes to the person who proves the typed address."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.links.models import AddressLink
from accounts.members.models import CustomerAccount, MemberInvitation, Membership
from accounts.members.services import invite_member, withdraw_invitation
from billing.ledger.models import Account
from billing.ledger.services import Entry, Kind, Line, post
from enrolments.calendar.links import make_link
from enrolments.lists.drafts import make_list
from enrolments.lists.reading import PersonRow
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.give import give_seats
from outbox.errors import Temporary
from outbox.mails.models import Mail
from shop.orders.claim import ClaimRefused, accounts_to_move_into, claim_order, move_claimed_order
from shop.orders.models import Order
from shop.payments.models import Settlement
from shop.seller.models import ShopIdentity
from tests.enrolments.given import given_pack
from tests.enrolments.joining.given import given_link
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.probes import REFUSED

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry), email="alice@example.org")


@pytest.fixture
def alice(db):
    return UserFactory(email="alice@example.org")


def claim(order, user) -> Order:
    return claim_order(order_id=order.pk, user=user, now=timezone.now())


def test_a_visitors_order_comes_with_one_link_to_the_typed_address(order):
    link = AddressLink.objects.get(purpose="claim")
    assert (link.email, link.order_id, link.account) == ("alice@example.org", order.pk, order.account)


def test_the_link_outlives_the_longest_wait_for_money_by_a_month(probe_entry):
    ShopIdentity.objects.create(pk=1, deferred_days=60)
    order = place(make_cart(probe_entry), email="alice@example.org")
    link = AddressLink.objects.get(purpose="claim")
    assert link.expires_at - order.placed_at == timedelta(days=60 + 30)


def test_a_known_address_changes_nothing_before_the_link(alice, probe_entry):
    own = MembershipFactory(user=alice).account
    order = place(make_cart(probe_entry), email="alice@example.org")
    assert order.account != own
    assert not order.account.memberships.exists()
    assert order.buyer is None


def test_the_claimant_becomes_owner_buyer_and_operator(order, alice):
    claimed = claim(order, alice)
    assert (claimed.buyer, claimed.operator, claimed.is_claimed) == (alice, alice, True)
    assert Membership.objects.get(account=order.account).user == alice
    assert claimed.events.get(what="claimed").actor == alice


def test_only_the_owner_of_the_typed_address_claims(order):
    with pytest.raises(ClaimRefused):
        claim(order, UserFactory(email="bob@example.org"))
    order.refresh_from_db()
    assert not order.is_claimed


def test_claiming_twice_is_refused_and_changes_nothing(order, alice):
    claim(order, alice)
    with pytest.raises(ClaimRefused):
        claim(order, alice)
    assert order.events.filter(what="claimed").count() == 1


def test_claimed_before_delivery_the_operator_is_attached_by_the_delivery(order, alice, diary):
    claim(order, alice)
    pay(order)
    deliver(order)
    assert diary.hooks() == ["pre", "post", "operator"]


def test_claimed_after_delivery_the_operator_is_attached_by_the_claim(order, alice, diary):
    pay(order)
    deliver(order)
    assert diary.hooks() == ["pre", "post"]
    claim(order, alice)
    assert diary.hooks() == ["pre", "post", "operator"]
    assert diary.contexts[-1].operator == alice


def test_a_zero_total_is_confirmed_by_the_claim_and_not_before(alice, diary):
    order = place(make_cart(EntryFactory(handler="std_probe", tiers={1: "0"})), email="alice@example.org")
    assert deliver(order).status == "placed"
    claim(order, alice)
    assert deliver(order).status == "completed"


def test_a_handler_that_is_gone_holds_up_no_claim(order, alice, diary):
    pay(order)
    deliver(order)
    order.lines.update(handler="ext_gone")
    assert claim(order, alice).operator == alice
    assert "ext_gone" in order.lines.get().feedback.last().sales_text


def test_a_handler_that_refuses_says_why_and_the_link_still_works(order, alice, diary):
    pay(order)
    deliver(order)
    diary.raises["operator"] = [REFUSED]
    with pytest.raises(ClaimRefused, match="No more chairs"):
        claim(order, alice)
    order.refresh_from_db()
    assert not order.is_claimed
    assert claim(order, alice).is_claimed


class TestMoving:
    def test_into_another_own_account_takes_everything_along(self, order, alice):
        own = MembershipFactory(user=alice).account
        pay(order)
        deliver(order)
        claim(order, alice)
        made_for_it = order.account

        assert accounts_to_move_into(Order.objects.get(pk=order.pk), alice) == [own]
        move_claimed_order(order_id=order.pk, user=alice, account_id=own.pk, now=timezone.now())
        order.refresh_from_db()
        assert order.account == own
        assert order.lines.get().account == own
        assert CustomerAccount.objects.get(pk=made_for_it.pk).closed_at is not None  # the ledger names it
        assert set(Mail.objects.filter(order_id=order.pk).values_list("account_id", flat=True)) == {own.pk}

    def test_with_the_lists_and_links_that_were_made_in_its_account(self, alice):
        own = MembershipFactory(user=alice).account
        order = place(
            make_cart(EntryFactory(handler="std_generateseats", parameters={"packsize": 2})), email=alice.email
        )
        pay(order)
        deliver(order)
        order = claim(order, alice)
        now, batch = timezone.now(), SeatBatch.objects.get(order_id=order.pk)
        rows = [PersonRow(line=2, email="ada@example.org", first_name="Ada", last_name="Roy")]
        draft = make_list(
            account=order.account, operator=alice, rows=rows, entry_code=batch.entry_code, language="en", now=now
        )
        link = given_link(batch, alice, now=now)
        calendar = make_link(person=alice, account=order.account, shown=0, now=now)

        move_claimed_order(order_id=order.pk, user=alice, account_id=own.pk, now=now)

        for row in (draft, link, calendar):
            row.refresh_from_db()
            assert row.account == own

    def test_not_into_somebody_elses_account(self, order, alice):
        claim(order, alice)
        strangers = MembershipFactory().account
        buyer_only = MembershipFactory(user=alice, is_owner=False, is_buyer=True).account
        for account in (strangers, buyer_only):
            with pytest.raises(ClaimRefused):
                move_claimed_order(order_id=order.pk, user=alice, account_id=account.pk, now=timezone.now())

    def test_not_an_order_of_an_account_with_others(self, order, alice):
        MembershipFactory(user=alice)
        claim(order, alice)
        MembershipFactory(account=order.account, is_owner=False, is_operator=True)
        assert accounts_to_move_into(Order.objects.get(pk=order.pk), alice) == []

    def test_not_once_its_account_has_seats_that_another_one_gave(self, order, alice):
        own = MembershipFactory(user=alice).account
        pay(order)
        deliver(order)
        claim(order, alice)
        [seat] = given_pack(MembershipFactory().account)
        give_seats(
            batch_id=seat.batch_id, from_account_id=seat.account_id, to_account_id=order.account_id, number=1,
            actor=UserFactory(is_staff=True), reason="Agreed", now=timezone.now(),
        )  # fmt: skip

        with pytest.raises(ClaimRefused):
            move_claimed_order(order_id=order.pk, user=alice, account_id=own.pk, now=timezone.now())
        seat.refresh_from_db()
        assert seat.account == order.account

    def test_not_once_its_account_has_money_beside_the_orders(self, order, alice):
        own = MembershipFactory(user=alice).account
        claim(order, alice)
        lines = (Line(Account.UNALLOCATED, 700), Line(Account.CREDIT, -700, order.account_id))
        post([Entry("credited:0", Kind.ALLOCATED, timezone.now(), "EUR", lines)])

        with pytest.raises(ClaimRefused):
            move_claimed_order(order_id=order.pk, user=alice, account_id=own.pk, now=timezone.now())

    def test_not_while_somebody_is_invited_to_its_account(self, order, alice):
        own = MembershipFactory(user=alice).account
        claim(order, alice)
        invitation = invite_member(
            account=order.account,
            invited_by=alice,
            email="bob@example.org",
            roles={"is_operator"},
            language="en",
            now=timezone.now(),
        )

        assert accounts_to_move_into(Order.objects.get(pk=order.pk), alice) == []
        with pytest.raises(ClaimRefused):
            move_claimed_order(order_id=order.pk, user=alice, account_id=own.pk, now=timezone.now())
        assert MemberInvitation.objects.get() == invitation
        withdraw_invitation(account=order.account, invitation_id=invitation.pk, now=timezone.now())
        assert accounts_to_move_into(Order.objects.get(pk=order.pk), alice) == [own]

    def test_not_an_order_that_was_never_claimed(self, alice, probe_entry):
        order = place(make_cart(probe_entry, user=alice), user=alice)
        other = MembershipFactory(user=alice).account
        assert accounts_to_move_into(order, alice) == []
        with pytest.raises(ClaimRefused):
            move_claimed_order(order_id=order.pk, user=alice, account_id=other.pk, now=timezone.now())
        assert CustomerAccount.objects.filter(pk=order.account_id).exists()

    def test_only_once_for_the_account_it_went_into_was_there_before(self, order, alice):
        first, second = MembershipFactory(user=alice).account, MembershipFactory(user=alice).account
        claim(order, alice)
        move_claimed_order(order_id=order.pk, user=alice, account_id=first.pk, now=timezone.now())
        assert accounts_to_move_into(Order.objects.get(pk=order.pk), alice) == []
        with pytest.raises(ClaimRefused):
            move_claimed_order(order_id=order.pk, user=alice, account_id=second.pk, now=timezone.now())
        assert CustomerAccount.objects.filter(pk=first.pk).exists()

    def test_not_by_a_colleague(self, order, alice):
        claim(order, alice)
        with pytest.raises(ClaimRefused):
            move_claimed_order(
                order_id=order.pk, user=UserFactory(), account_id=MembershipFactory().account.pk, now=timezone.now()
            )


def test_a_claim_confirms_no_order_that_costs_something(order, alice):
    assert claim(order, alice).status == "placed"
    assert not Settlement.objects.exists()


def test_a_claim_confirms_no_free_order_a_second_time(alice, diary):
    order = place(make_cart(EntryFactory(handler="std_probe", tiers={1: "0"})), email="alice@example.org")
    Order.objects.filter(pk=order.pk).update(status="cancelled")
    assert claim(order, alice).status == "cancelled"


def test_a_handler_that_is_busy_holds_up_no_claim_and_the_sales_team_reads_why(order, alice, diary):
    pay(order)
    deliver(order)
    diary.raises["operator"] = [Temporary("The platform is busy.")]

    assert claim(order, alice).is_claimed

    assert "The platform is busy." in order.lines.get().feedback.last().sales_text
