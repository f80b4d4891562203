"""The page of an order: its parts for each reader, and its actions."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.members.models import CustomerAccount
from handlers.contract import Refusal, RevokeReason
from shop.orders.claim import claim_order
from shop.orders.giving_back.services import give_units_back
from shop.orders.models import Order
from shop.payments.models import PaymentEvent
from tests.accounts.sign_in.proofs import give_app, sign_in_with
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, make_cart, pay, place, success
from tests.shop.steps import english_client, order_as_visitor, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(entry) -> Order:
    """Place a visitor's order for one chair at 120.00."""
    return place(make_cart(entry), email="alice@example.org")


@pytest.fixture
def alices(entry) -> Order:
    """Place an order of Alice's account as Alice."""
    member = MembershipFactory(user__email="alice@example.org")
    return place(make_cart(entry, user=member.user), user=member.user, account=member.account)


def page(client, order):
    return client.get(f"/orders/{order.token}/")


def phase(client, order) -> str:
    return page(client, order).context["view"].phase.value


# Seeing the order


@pytest.mark.parametrize("token", ["x", "a" * 32, "a" * 500, "%00", "2026-000001", "é"])
def test_a_token_that_is_no_orders_does_not_exist(visitor, order, token):
    assert visitor.get(f"/orders/{token}/").status_code == 404
    assert visitor.get(f"/orders/{token}/state/").status_code == 404
    for action in ("pay", "cancel"):
        assert visitor.post(f"/orders/{token}/{action}/").status_code == 404


def test_an_order_is_not_found_by_its_number(visitor, order):
    assert visitor.get(f"/orders/{order.number}/").status_code == 404


def test_a_visitors_order_is_seen_by_whoever_has_its_token(visitor, order):
    shown = page(visitor, order)
    assert shown.status_code == 200
    assert "Ateliers Roy" in shown.content.decode()


def test_a_claimed_order_asks_a_visitor_to_sign_in(visitor, alices):
    answer = page(visitor, alices)
    assert (answer.status_code, answer.url) == (302, f"/auth/login/?next=/orders/{alices.token}/")


def test_a_stranger_does_not_see_a_claimed_order(alices):
    bob = signed_in(MembershipFactory().user)
    assert page(bob, alices).status_code == 404
    assert bob.get(f"/orders/{alices.token}/state/").status_code == 404
    for action in ("pay", "cancel", "move"):
        assert bob.post(f"/orders/{alices.token}/{action}/", {"method": "transfer"}).status_code == 404
    alices.refresh_from_db()
    assert (alices.status, alices.method) == ("placed", "")


@pytest.mark.parametrize(
    ("roles", "status"),
    [
        ({"is_owner": True}, 200),
        ({"is_owner": False, "is_accountant": True}, 200),
        ({"is_owner": False, "is_buyer": True}, 404),  # a buyer sees own orders only
        ({"is_owner": False, "is_operator": True}, 404),  # an operator sees no money
    ],
)
def test_colleagues_see_it_by_their_rights(alices, roles, status):
    colleague = MembershipFactory(account=alices.account, **roles).user
    assert page(signed_in(colleague), alices).status_code == status


def test_an_accountant_sees_no_people(entry_with_forms):
    member = MembershipFactory()
    cart = make_cart(entry_with_forms, units=[{"name": "Paul Petit"}], user=member.user)
    order = place(cart, user=member.user, account=member.account)
    accountant = MembershipFactory(account=member.account, is_owner=False, is_accountant=True).user
    assert "Paul Petit" in page(signed_in(member.user), order).content.decode()
    assert "Paul Petit" not in page(signed_in(accountant), order).content.decode()


def test_somebody_who_left_the_account_sees_it_no_more(alices):
    client = signed_in(alices.buyer)
    alices.account.memberships.all().delete()
    assert page(client, alices).status_code == 404


def test_staff_with_the_permission_see_it_and_act_nowhere(alices):
    merchant = UserFactory(is_staff=True)
    assert page(signed_in(merchant), alices).status_code == 404
    merchant.user_permissions.add(Permission.objects.get(codename="view_order"))
    client = signed_in(merchant)
    assert page(client, alices).status_code == 200
    assert client.post(f"/orders/{alices.token}/cancel/").status_code == 404


def test_staff_without_a_second_factor_see_no_customers_order(alices, settings):
    merchant = UserFactory(is_staff=True)
    merchant.user_permissions.add(Permission.objects.get(codename="view_order"))
    client = signed_in(merchant)
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    assert page(client, alices).status_code == 404
    assert client.get(f"/orders/{alices.token}/state/").status_code == 404
    factor = give_app(merchant)
    assert page(client, alices).status_code == 404
    assert page(sign_in_with(Client(), factor, minutes_ago=60), alices).status_code == 200


def test_the_browser_that_placed_an_order_keeps_seeing_how_it_stands_after_the_claim(visitor, entry):
    order = order_as_visitor(visitor, entry)
    alice = UserFactory(email="alice@example.org")
    claim_order(order_id=order.pk, user=alice, now=timezone.now())
    shown = page(visitor, order)
    assert shown.status_code == 200
    # Details of the account are hidden from the browser of the former visitor.
    assert "Ateliers Martin" not in shown.content.decode()
    assert page(english_client(), order).status_code == 302


# Paying


def test_the_methods_are_those_the_order_may_use(visitor, order):
    assert [method.name for method in page(visitor, order).context["view"].methods] == ["sandbox", "transfer"]


@pytest.mark.parametrize("method", ["free", "account", "", "cash", "sandbox'--"])
def test_a_method_that_was_not_offered_is_refused(visitor, order, method):
    answer = visitor.post(f"/orders/{order.token}/pay/", {"method": method})
    assert answer.url == f"/orders/{order.token}/"
    order.refresh_from_db()
    assert (order.status, order.method) == ("placed", "")
    assert "Choose one of the methods shown." in visitor.get(answer.url).content.decode()


def test_a_card_leads_to_the_provider(visitor, order):
    answer = visitor.post(f"/orders/{order.token}/pay/", {"method": "sandbox"})
    assert answer.url == f"/payments/sandbox/pay/{order.token}/"
    assert "Card payment (test)" in visitor.get(answer.url).content.decode()


def test_a_transfer_stays_and_gives_its_instructions(visitor, order):
    from shop.seller.models import ShopIdentity

    ShopIdentity.objects.update_or_create(pk=1, defaults={"iban": "FR76 3000 4000", "name": "Amphi"})
    answer = visitor.post(f"/orders/{order.token}/pay/", {"method": "transfer"})
    shown = visitor.get(answer.url)
    assert shown.context["view"].phase == "awaiting_money"
    text = shown.content.decode()
    assert "FR76 3000 4000" in text
    assert text.count(order.number) >= 2


def test_after_a_decline_one_can_pay_again_by_any_method(visitor, order):
    visitor.post(f"/orders/{order.token}/pay/", {"method": "sandbox"})
    answer = visitor.post(f"/payments/sandbox/pay/{order.token}/", {"choice": "decline"})
    visitor.get(answer.url)
    shown = page(visitor, order)
    assert shown.context["view"].phase == "declined"
    assert "The payment was declined." in shown.content.decode()
    assert [method.name for method in shown.context["view"].methods] == ["sandbox", "transfer"]
    visitor.post(f"/orders/{order.token}/pay/", {"method": "transfer"})
    order.refresh_from_db()
    assert order.method == "transfer"


def test_a_charge_under_way_is_told_and_nobody_is_asked_to_pay_twice(visitor, order):
    visitor.post(f"/orders/{order.token}/pay/", {"method": "sandbox"})
    visitor.get(visitor.post(f"/payments/sandbox/pay/{order.token}/", {"choice": "late"}).url)
    shown = page(visitor, order)
    assert shown.context["view"].phase == "paying"
    assert "Do not pay a second time" in shown.content.decode()
    assert 'http-equiv="refresh"' in shown.content.decode()


def test_a_method_chosen_by_a_get_is_no_choice(visitor, order):
    for address in ("pay", "cancel", "move"):
        assert visitor.get(f"/orders/{order.token}/{address}/", {"method": "transfer"}).status_code == 405
    page(visitor, order)
    order.refresh_from_db()
    assert (order.status, order.method) == ("placed", "")


def test_a_paid_order_cannot_be_paid_or_cancelled(visitor, order):
    pay(order)
    visitor.post(f"/orders/{order.token}/pay/", {"method": "transfer"})
    visitor.post(f"/orders/{order.token}/cancel/")
    order.refresh_from_db()
    assert (order.status, order.method) == ("completed", "sandbox")
    assert "Cancel this order" not in page(visitor, order).content.decode()


def test_an_unpaid_order_is_cancelled(visitor, order):
    answer = visitor.post(f"/orders/{order.token}/cancel/")
    assert phase(visitor, order) == "cancelled"
    assert answer.url == f"/orders/{order.token}/"
    # Twice is no error.
    assert visitor.post(f"/orders/{order.token}/cancel/").status_code == 302


def test_money_for_a_cancelled_order_that_was_only_recorded_is_told(visitor, order):
    pay(order, amount=order.gross - 1)
    assert PaymentEvent.objects.get().outcome == "mismatch"
    assert "could not allocate" in page(visitor, order).content.decode()


def test_a_visitors_zero_total_waits_for_its_link(visitor):
    order = place(make_cart(EntryFactory(tiers={1: "0.00"})), email="alice@example.org")
    shown = page(visitor, order)
    assert shown.context["view"].phase == "to_confirm"
    assert shown.context["view"].methods == ()


# State shown


def test_the_state_answers_nothing_while_nothing_changed(visitor, order):
    seen = page(visitor, order).context["view"].seen
    assert visitor.get(f"/orders/{order.token}/state/?seen={seen}").status_code == 204
    visitor.post(f"/orders/{order.token}/pay/", {"method": "transfer"})
    answer = visitor.get(f"/orders/{order.token}/state/?seen={seen}")
    assert answer.status_code == 200
    assert answer.content.decode().lstrip().startswith('<div hx-swap-oob="innerHTML:#order-live">')


@pytest.mark.parametrize("choice", ["decline", "late"])
def test_after_a_card_that_went_wrong_a_transfer_shows_the_bank_details(visitor, order, choice):
    visitor.post(f"/orders/{order.token}/pay/", {"method": "sandbox"})
    visitor.post(f"/payments/sandbox/pay/{order.token}/", {"choice": choice})
    assert phase(visitor, order) == {"decline": "declined", "late": "paying"}[choice]
    visitor.post(f"/orders/{order.token}/pay/", {"method": "transfer"})
    shown = page(visitor, order)
    assert shown.context["view"].phase == "awaiting_money"
    assert "IBAN" in shown.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_paid_order_is_watched_until_it_is_delivered(visitor, probe_entry):
    order = place(make_cart(probe_entry), email="alice@example.org")
    pay(order)
    shown = page(visitor, order).content.decode()
    assert f'hx-get="/orders/{order.token}/state/?seen=' in shown
    assert "being set up" in shown
    deliver(order)
    shown = page(visitor, order).content.decode()
    assert "Your order is complete." in shown
    assert "hx-get" not in shown
    assert "done" in shown


@pytest.mark.django_db(transaction=True)
def test_visitors_read_the_public_words_and_members_those_for_the_customer(visitor, probe_entry):
    order = place(make_cart(probe_entry), email="alice@example.org")
    pay(order)
    deliver(order)
    assert page(visitor, order).context["lines"][0][0].said == ("held", "done")
    alice = UserFactory(email="alice@example.org")
    claim_order(order_id=order.pk, user=alice, now=timezone.now())
    assert page(signed_in(alice), order).context["lines"][0][0].said == ("held", "done for you")


@pytest.mark.django_db(transaction=True)
def test_a_failure_is_told_to_members_and_never_to_a_visitor(visitor, probe_entry, diary):
    diary.raises["post"] = [Refusal("Paul is enrolled already.")] * 2
    member = MembershipFactory()
    theirs = place(make_cart(probe_entry, user=member.user), user=member.user, account=member.account)
    unclaimed = place(make_cart(probe_entry), email="alice@example.org")
    for order in (theirs, unclaimed):
        pay(order)
        deliver(order)
    shown = page(signed_in(member.user), theirs).content.decode()
    assert "Paul is enrolled already." in shown
    assert "Our team has been told" in shown
    neutral = page(visitor, unclaimed).content.decode()
    assert "Paul is enrolled already." not in neutral
    assert "failed" not in neutral
    assert phase(visitor, unclaimed) == "delivering"


@pytest.mark.django_db(transaction=True)
def test_a_failure_changes_nothing_that_a_visitors_browser_asks_for(visitor, probe_entry, diary):
    diary.raises["post"] = [Refusal("Paul is enrolled already.")]
    order = place(make_cart(probe_entry), email="alice@example.org")
    pay(order)
    seen = page(visitor, order).context["view"].seen
    deliver(order)
    assert visitor.get(f"/orders/{order.token}/state/?seen={seen}").status_code == 204


def test_the_page_is_written_in_the_readers_language(visitor, order):
    french = visitor.get(f"/orders/{order.token}/", headers={"accept-language": "fr"}).content.decode()
    assert '<html lang="fr">' in french
    assert "120,00\N{NO-BREAK SPACE}€" in french
    assert "Chaise" in french


@pytest.mark.parametrize("why", [RevokeReason.REFUNDED, RevokeReason.CANCELLED])
def test_an_order_given_back_as_a_whole_says_so_and_not_that_all_is_set_up(visitor, order, why):
    pay(order)
    deliver(order)
    line = order.lines.get()
    give_units_back(
        order_id=order.pk, units={line.pk: [0]}, actor=UserFactory(), reason="Agreed", why=why, now=timezone.now()
    )
    assert phase(visitor, order) == "given_back"
    shown = page(visitor, order).content.decode()
    assert "This order was given back." in shown
    assert "Everything it delivered has been taken back." in shown
    assert "Everything you bought has been set up" not in shown


# After the claim


def test_a_claimant_moves_their_order_into_an_account_they_own(order):
    alice = UserFactory(email="alice@example.org")
    own = MembershipFactory(user=alice, account__name="Alpha").account
    claim_order(order_id=order.pk, user=alice, now=timezone.now())
    client = signed_in(alice)
    assert page(client, order).context["accounts_to_move_into"] == [own]
    client.post(f"/orders/{order.token}/move/", {"account": own.pk})
    order.refresh_from_db()
    assert order.account == own
    assert page(client, order).context["accounts_to_move_into"] == []


@pytest.mark.parametrize("account", ["", "abc", "-1", "9" * 30])
def test_an_account_that_is_none_is_refused(order, account):
    alice = UserFactory(email="alice@example.org")
    claim_order(order_id=order.pk, user=alice, now=timezone.now())
    client = signed_in(alice)
    assert client.post(f"/orders/{order.token}/move/", {"account": account}).url == f"/orders/{order.token}/"
    assert "cannot be moved into that account" in page(client, order).content.decode()


def test_an_order_is_not_moved_into_an_account_of_others(order):
    alice = UserFactory(email="alice@example.org")
    strange = MembershipFactory().account
    claim_order(order_id=order.pk, user=alice, now=timezone.now())
    signed_in(alice).post(f"/orders/{order.token}/move/", {"account": strange.pk})
    order.refresh_from_db()
    assert order.account != strange
    assert CustomerAccount.objects.filter(pk=order.account_id).exists()


def test_a_second_charge_is_not_shown_as_a_failure(visitor, order):
    pay(order)
    from shop.payments.services import settle

    settle(event=success(order, reference="pay-2"), now=timezone.now())
    assert phase(visitor, order) == "completed"
