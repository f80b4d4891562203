"""One description of an order for the review and the placing, compared part by part."""

from dataclasses import replace

import pytest
from django.utils import timezone, translation

from accounts.people.models import User
from common.languages import field_in_every_language
from shop.cart.pricing import price_cart
from shop.checkout.changes import LABELS, SENTENCES
from shop.checkout.draft import Draft, draft_order
from shop.checkout.errors import TotalChanged
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.payments.plans.selectors import OfferedPlan
from shop.seller.models import LegalText, ShopIdentity
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.shop import make_cart, order_details, place, postal_address, shown_now
from tests.shop.steps import (
    cart_of,
    press_order,
    put_in_cart,
    review_form,
    signed_in,
    type_details,
    type_units,
)

pytestmark = pytest.mark.django_db

# Columns that the review does not show, each with the reason.
NOT_SHOWN = {
    "id": "made by the database",
    "number": "made at the placing",
    "token": "made at the placing",
    "cart": "is posted with the form, as a token",
    "release_rule": "of the plan of payment chosen on the form itself",
    "claimed_at": "the moment of the placing",
    "address_proved_at": "a proof of the visitor's, before the placing or later",
    "places_released_at": "a step of the order's life",
    "visitor_key": "counts the visitor, for the limits",
    "terms_accepted_at": "the moment of the placing",
    "start_at_once_at": "a box of the form itself",
    "withdrawal_waived_at": "a box of the form itself",
    "placed_at": "the moment of the placing",
    "expires_at": "follows from the moment and the shop's settings",
    "method": "chosen on the order's page",
    "status": "a step of the order's life",
    "expiry_failed_at": "a step of the order's life",
    "paid_at": "a step of the order's life",
    "completed_at": "a step of the order's life",
    "sealed_at": "a step of the order's life",
    "blanked_at": "a step of the order's life",
}
LINE_NOT_SHOWN = {
    "id": "made by the database",
    "order": "made at the placing",
    "account": "the order's",
    "position": "the order of the lines",
    "places_held": "counted at the placing",
    "status": "a step of the line's life",
    "failure": "a step of the line's life",
    "frozen_for": "a step of the line's life",
    "fulfilled_at": "a step of the line's life",
}


def drafted(cart, user: User | None = None, **details) -> Draft:
    cart.refresh_from_db()
    now = timezone.now()
    priced = price_cart(cart, user=user, now=now)
    return draft_order(priced=priced, details=order_details(**details), user=user, language="en", now=now)


def columns_of(model) -> set[str]:
    return {field.name for field in model._meta.concrete_fields if not field.generated}


def test_every_column_of_an_order_is_in_its_draft_or_named_as_not_shown(entry):
    draft = drafted(make_cart(entry))
    covered = set(draft.columns) | set(draft.references)
    assert covered | set(NOT_SHOWN) == columns_of(Order)
    assert not covered & set(NOT_SHOWN)


def test_every_column_of_a_line_is_in_its_draft_or_named_as_not_shown(entry):
    [line] = drafted(make_cart(entry)).lines
    covered = {OrderLine._meta.get_field(name).name for name in line}
    assert covered | set(LINE_NOT_SHOWN) == columns_of(OrderLine)
    assert not covered & set(LINE_NOT_SHOWN)


def test_every_value_of_the_draft_is_written_and_each_changes_the_fingerprint(entry_with_forms, terms):
    account = CustomerAccountFactory()
    buyer = MembershipFactory(account=account).user
    cart = make_cart(entry_with_forms, user=buyer, units=[{"name": "Ann"}])
    typed = {"account_id": account.pk, "payer_email": "payer@example.org", "purchase_reference": "PO 7"}
    draft = drafted(cart, user=buyer, **typed)

    order = Order.objects.get(pk=place(
        cart, user=buyer, account=account, consent=_accepted(terms), payer_email="payer@example.org",
        purchase_reference="PO 7",
    ).pk)  # fmt: skip

    assert {name: getattr(order, name) for name in draft.columns} == draft.columns
    keys = {name: getattr(order, f"{name}_id") for name in draft.references if name != "seller"}
    assert keys | {"seller": order.seller.fingerprint} == draft.references
    [line] = order.lines.all()
    assert {name: getattr(line, name) for name in draft.lines[0]} == draft.lines[0]
    for part in ("columns", "references"):
        for name in getattr(draft, part):
            other = replace(draft, **{part: {**getattr(draft, part), name: "another"}})
            assert other.differences(draft.fingerprint) == {name}
    for name in draft.lines[0]:
        other = replace(draft, lines=({**draft.lines[0], name: "another"},))
        assert other.differences(draft.fingerprint) == {"lines"}
    assert replace(draft, units=([],)).differences(draft.fingerprint) == {"units"}


def _accepted(terms):
    from shop.checkout.place import Consent

    return Consent(terms_id=terms.pk)


def test_a_sentence_tells_of_every_part(entry):
    draft = replace(drafted(make_cart(entry)), plans=(OfferedPlan(1, "all", ()),))
    told = {name for parts, _say in SENTENCES for name in parts} | set(LABELS)
    assert told == draft.differences("")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"address": postal_address(name="Beta SAS")}, "The order would now go to Beta SAS."),
        (
            {"address": postal_address(city="Lille")},
            "The address on the invoice would now be 3 rue du Port, 44000 Lille, France.",
        ),
        (
            {"email": "second@example.org"},
            "The order would now be placed by Camille Roy (second@example.org).",
        ),
        ({"is_organisation": False}, "You would now buy as a private person."),
        ({"vat_id": "FR40303265045"}, "VAT number: now “FR40303265045”."),
        ({"payer_email": "p@example.org"}, "Payer's e-mail address: now “p@example.org”."),
        ({"purchase_reference": "PO 7"}, "Your purchase-order reference: now “PO 7”."),
    ],
    ids=["company", "address", "contact", "kind", "vat", "payer", "reference"],
)
def test_details_that_were_not_shown_are_not_ordered(entry, changes, sentence):
    cart = make_cart(entry)
    shown = shown_now(cart)
    with translation.override("en"), pytest.raises(TotalChanged) as refused:
        place(cart, shown=shown, **changes)
    assert refused.value.changes == (sentence,)
    assert not Order.objects.exists()


def test_another_seller_and_new_terms_are_told(entry, terms):
    cart = make_cart(entry)
    shown = shown_now(cart)
    ShopIdentity.objects.update_or_create(pk=1, defaults={"iban": "FR7630006000011234567890189"})
    LegalText.objects.create(kind="terms", version=2, body_en="Be kinder.", published_at=timezone.now())
    with translation.override("en"), pytest.raises(TotalChanged) as refused:
        place(cart, shown=shown)
    assert refused.value.changes == (
        "The seller’s own details have changed.",
        "A new version of the terms of sale is in force. Please read it.",
    )


def test_terms_of_an_entry_that_were_not_shown_are_not_agreed_to(entry):
    cart = make_cart(entry)
    shown = shown_now(cart)
    entry.terms_en = "No returns."
    entry.save()
    assert field_in_every_language(entry, "terms")["en"] == "No returns."
    with pytest.raises(TotalChanged):
        place(cart, shown=shown)


# --- In two tabs ---


@pytest.fixture
def buyer(visitor, entry):
    put_in_cart(visitor, entry, 2)
    type_details(visitor, billing_name="Alpha SARL")
    return visitor


def test_details_saved_in_another_tab_are_shown_first(buyer, terms):
    posted = review_form(buyer.get("/checkout/review/").context)
    type_details(buyer, billing_name="Beta SAS", email="second@example.org")

    answer = buyer.post("/checkout/review/", posted)

    assert answer.status_code == 200
    page = answer.content.decode()
    assert "<strong>The order would now go to Beta SAS.</strong>" in page
    assert "second@example.org" in page
    assert not answer.context["form"].is_bound
    assert not Order.objects.exists()
    assert buyer.post("/checkout/review/", review_form(answer.context)).status_code == 302
    assert Order.objects.get().billing_name == "Beta SAS"


def test_an_account_chosen_in_another_tab_is_shown_first(entry):
    user = UserFactory(first_name="Camille", last_name="Roy")
    accounts = [MembershipFactory(user=user, account__name=name).account for name in ("Alpha", "Beta")]
    client = signed_in(user)
    put_in_cart(client, entry)
    alpha, beta = ({"account": each.pk, "operator": user.pk, "billing_name": "One name"} for each in accounts)
    type_details(client, **alpha)
    posted = review_form(client.get("/checkout/review/").context)
    type_details(client, **beta)

    answer = client.post("/checkout/review/", posted)

    assert str(answer.context["notice"]) == "The order would now go to One name."
    assert answer.context["account"] == accounts[1]
    assert not Order.objects.exists()


def test_a_language_chosen_in_another_tab_is_shown_first(buyer):
    posted = review_form(buyer.get("/checkout/review/").context)
    buyer.post("/i18n/setlang/", {"language": "fr", "next": "/"})

    answer = buyer.post("/checkout/review/", posted)

    assert "français" in str(answer.context["notice"])
    assert not Order.objects.exists()


def test_what_was_typed_for_the_units_in_another_tab_is_shown_first(visitor, entry_with_forms):
    put_in_cart(visitor, entry_with_forms, 2)
    type_units(visitor, "Ann", "Bob")
    type_details(visitor)
    posted = review_form(visitor.get("/checkout/review/").context)
    type_units(visitor, "Ann", "Eve")

    answer = visitor.post("/checkout/review/", posted)

    assert str(answer.context["notice"]) == "What was typed for the units has changed meanwhile."
    assert not Order.objects.exists()


# --- A refusal names the field and the step ---


def test_details_that_became_wrong_are_named_with_a_link_to_the_field(buyer):
    posted = review_form(buyer.get("/checkout/review/").context)
    type_details(buyer, city="")

    answer = buyer.post("/checkout/review/", posted, follow=True)

    assert answer.redirect_chain == [("/checkout/details/", 302)]
    assert '<a href="/checkout/details/#id_city">Your details, City</a>: This field is required.' in said(answer)


def test_a_unit_that_became_wrong_is_named_with_a_link_to_its_step(visitor, entry_with_forms):
    put_in_cart(visitor, entry_with_forms, 2)
    type_units(visitor, "Ann", "Bob")
    type_details(visitor)
    posted = review_form(visitor.get("/checkout/review/").context)
    type_units(visitor, "Ann", "")

    answer = visitor.post("/checkout/review/", posted, follow=True)

    assert answer.redirect_chain == [("/checkout/units/", 302)]
    assert said(answer) == ['<a href="/checkout/units/">Units</a>: Session, unit 2, Name: This field is required.']


def test_a_quantity_raised_elsewhere_is_named(visitor, entry_with_forms):
    put_in_cart(visitor, entry_with_forms, 2)
    type_units(visitor, "Ann", "Bob")
    type_details(visitor)
    posted = review_form(visitor.get("/checkout/review/").context)
    line = cart_of(visitor).lines.get()
    visitor.post("/cart/", {f"quantity-{line.pk}": "1"})

    answer = visitor.post("/checkout/review/", posted, follow=True)

    assert said(answer) == ['<a href="/checkout/units/">Units</a>: Session: please look through its units.']


def test_an_operator_who_left_meanwhile_is_named(entry):
    account = CustomerAccountFactory(name="Alpha")
    user = MembershipFactory(account=account).user
    leaving = MembershipFactory(account=account, is_owner=False, is_operator=True)
    client = signed_in(user)
    put_in_cart(client, entry)
    type_details(client, account=account.pk, operator=leaving.user_id)
    posted = review_form(client.get("/checkout/review/").context)
    leaving.delete()

    answer = client.post("/checkout/review/", posted, follow=True)

    assert answer.redirect_chain == [("/checkout/details/", 302)]
    [message] = said(answer)
    assert message.startswith('<a href="/checkout/details/#id_operator">Your details, ')


def test_a_refusal_of_a_handler_leads_to_the_cart(visitor, diary):
    from handlers.contract import Refusal
    from tests.factories.catalog import EntryFactory

    put_in_cart(visitor, EntryFactory(handler="std_probe", name_en="Chair"), 1)
    type_details(visitor)
    diary.raises["pre"] = [Refusal("No more chairs.")]
    assert '<a href="/cart/">Change the cart</a>' in press_order(visitor).content.decode()


def said(answer) -> list[str]:
    return [str(message) for message in answer.context["messages"]]
