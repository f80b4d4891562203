"""Share that an OPCO has promised, first among the parts: the buyer is asked for their own, and never for the share."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from shop.orders.models import Order
from shop.orders.selectors import Sight, order_page
from shop.payments.attempts.services import begin_attempt
from shop.payments.providers.sandbox.provider import provider as sandbox
from shop.payments.requests.asked import Asked, asked_of, next_part, shares_of
from shop.payments.requests.givers import Giver
from shop.payments.requests.links import to_pay
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.promises import accept_promise
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.shop import make_cart, place
from tests.shop.papers.given import complete_seller
from tests.shop.payments.requests.plans import in_parts, piece

pytestmark = pytest.mark.django_db

BUYER = Sight(is_member=True, may_pay=True)


@pytest.fixture
def member(db):
    return MembershipFactory(is_owner=True)


@pytest.fixture
def order(probe_entry, member) -> Order:
    """Order of 120 €: an OPCO has promised 50, the company owes 70."""
    complete_seller()
    user = member.user
    order = place(make_cart(probe_entry, user=user), user=user, account=member.account, email=user.email)
    in_parts(order, 50, 70)
    accept_promise(
        order_id=order.pk,
        kind="opco",
        reference="4711",
        due_on=None,
        positions=[2],
        giver=Giver(name="OPCO Test", siret="55210055400013", street="1 rue", postal_code="75019", city="Paris"),
        actor=UserFactory(is_staff=True),
        now=timezone.now(),
    )
    order.refresh_from_db()
    return order


def page_of(client, order, member) -> str:
    client.force_login(member.user)
    return client.get(reverse("order", args=[order.token]), headers={"accept-language": "en"}).content.decode()


def test_the_buyer_pays_their_own_part_next(order):
    view = order_page(order, sight=BUYER)

    assert (view.to_pay, view.all_to_pay) == (Decimal(70), Decimal(70))
    assert next_part(asked_of(order)).request.position == 3
    assert to_pay(order.token).amount == Decimal(70)
    assert begin_attempt(order=order, provider=sandbox, now=timezone.now()).amount == Decimal(70)


def test_once_it_is_paid_nothing_is_asked_of_the_buyer(order, member, client):
    piece(order, 70, "OWN")
    order.refresh_from_db()

    view = order_page(order, sight=BUYER)
    page = page_of(client, order, member)

    assert (view.still_owed, view.still_owed_by_buyer, view.methods) == (Decimal(50), Decimal(0), ())
    assert "How do you want to pay?" not in page
    assert "are still to be paid" not in page
    assert "promised by OPCO Test" in page
    assert "made out to OPCO Test" in page


def test_all_own_parts_are_paid_together_and_a_piece_goes_to_them_first(order):
    requests = asked_of(order)
    [share] = [each for each in requests if each.payer]

    assert [(part.asked.payer, part.amount) for part in shares_of(requests, Decimal(70), in_pieces=False)] == [("", 70)]
    assert [part.asked.payer for part in shares_of(requests, Decimal(60), in_pieces=True)] == [""]
    assert [part.amount for part in shares_of(requests, Decimal(100), in_pieces=True)] == [70, 30]
    two = [share, *_parts(order, 40, 30)]
    assert [part.amount for part in shares_of(two, Decimal(70), in_pieces=False)] == [40, 30]
    assert shares_of(two, Decimal(60), in_pieces=False) == []


def _parts(order: Order, *amounts: int) -> list[Asked]:
    return [
        Asked(PaymentRequest(order=order, position=position, amount=Decimal(amount)), Decimal(0))
        for position, amount in enumerate(amounts, 3)
    ]


def test_the_page_of_money_sums_up_what_the_account_pays(order, member, client):
    client.force_login(member.user)
    address = reverse("account-money", args=[member.account_id])

    page = client.get(address, headers={"accept-language": "en"}).content.decode()

    assert '<strong class="number">€70.00</strong>' in page
    assert "€50.00 are expected from those who have promised a share" in page
