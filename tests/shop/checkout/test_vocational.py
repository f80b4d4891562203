"""Vocational training is not sold to private persons, on no way to an order."""

import pytest
from django.utils import translation

from catalog.models.entries import Entry, Vocational
from catalog.services.checks import check_entry
from shop.checkout.errors import DetailsRefused
from shop.orders.models import Order
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory
from tests.factories.shop import make_cart, place, shown_now
from tests.shop.steps import press_order, put_in_cart, review_form, signed_in, type_details

pytestmark = pytest.mark.django_db
REFUSED = [Vocational.YES, Vocational.UNSAID]


@pytest.fixture
def training(entry) -> Entry:
    Entry.objects.filter(pk=entry.pk).update(vocational=Vocational.YES)
    entry.refresh_from_db()
    return entry


def say(entry: Entry, vocational: str) -> None:
    Entry.objects.filter(pk=entry.pk).update(vocational=vocational)


@pytest.mark.parametrize("vocational", REFUSED)
def test_a_private_person_reads_why_at_your_details_and_loses_nothing(visitor, entry, vocational):
    say(entry, vocational)
    put_in_cart(visitor, entry)
    answer = type_details(visitor, kind="person")
    [reason] = answer.context["form"].errors["kind"]
    assert entry.name_en in reason
    assert "private persons" in reason
    assert 'value="Alice Martin"' in answer.content.decode()
    assert visitor.get("/checkout/review/").url == "/checkout/details/"


@pytest.mark.parametrize("vocational", REFUSED)
@pytest.mark.parametrize("kind", ["organisation", "public_body"])
def test_organisations_buy_it(visitor, entry, kind, vocational):
    say(entry, vocational)
    put_in_cart(visitor, entry)
    assert type_details(visitor, kind=kind).url == "/checkout/review/"
    assert press_order(visitor).status_code == 302
    assert Order.objects.get().bought_by == kind


def test_the_account_of_a_private_person_reads_it_above_the_form(training):
    account = CustomerAccountFactory(kind="person", name="Camille Roy")
    user = MembershipFactory(account=account).user
    client = signed_in(user)
    put_in_cart(client, training)
    answer = type_details(client, account=account.pk, operator=user.pk)
    assert len(answer.context["form"].non_field_errors()) == 1


@pytest.mark.parametrize("vocational", REFUSED)
def test_what_was_said_in_another_tab_is_asked_again_under_the_lock(entry, vocational):
    cart = make_cart(entry)
    shown = shown_now(cart, is_organisation=False)
    say(entry, vocational)
    with translation.override("en"), pytest.raises(DetailsRefused) as refused:
        place(cart, is_organisation=False, shown=shown)
    assert refused.value.field == "kind"
    assert not Order.objects.exists()


def test_a_review_that_was_open_leads_back_to_the_field(visitor, entry):
    put_in_cart(visitor, entry)
    type_details(visitor, kind="person")
    posted = review_form(visitor.get("/checkout/review/").context)
    say(entry, Vocational.YES)
    answer = visitor.post("/checkout/review/", posted, follow=True)
    assert answer.redirect_chain == [("/checkout/details/", 302)]
    assert not Order.objects.exists()


def test_an_entry_that_does_not_say_is_found(entry):
    say(entry, Vocational.UNSAID)
    entry.refresh_from_db()
    [finding] = [finding for finding in check_entry(entry) if finding.field == "vocational"]
    assert finding.level == "warning"
    say(entry, Vocational.YES)
    entry.refresh_from_db()
    assert not [finding for finding in check_entry(entry) if finding.field == "vocational"]


def test_retired_entries_need_not_say(entry):
    say(entry, Vocational.UNSAID)
    assert list(Entry.objects.unsaid()) == [entry]
    Entry.objects.filter(pk=entry.pk).update(state="retired")
    assert not Entry.objects.unsaid().exists()
