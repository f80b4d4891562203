"""Form «Your details»: contact, account, operator and the data of the invoice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import Buyer, CustomerAccount
from accounts.members.rights import Right, accounts_with, operators_of
from common.fields import AddressField
from common.typed import clean_line
from shop.checkout.buyers import why_not_sold
from shop.checkout.forms.invoice import BY_KIND, InvoiceForm, fields_of
from shop.checkout.parties import OrderDetails
from shop.orders.answers import choice_in_words

if TYPE_CHECKING:
    from accounts.people.models import User
    from catalog.models.entries import Entry

TYPED_AT_MOST = 500
# Details that an account keeps besides its address.
REMEMBERED = ("register_number", "vat_id", "service_code", "payer_email")


class DetailsForm(InvoiceForm):
    """Details of an order: a visitor types an address, a signed-in person buys for `account`, or for a new account if
    that is None.

    `user` and `account` decide on the fields; the caller has checked that the person may buy for that account.
    `entries` are those to be bought: one that is not sold to this kind of buyer makes the form invalid.
    """

    account = forms.CharField(required=False, widget=forms.HiddenInput, max_length=20)
    email = AddressField(
        label=_("Your e-mail address"),
        help_text=_("The order and a link to it are sent here."),
    )
    operator = forms.ChoiceField(
        label=_("Who places people into the training?"),
        help_text=_("This person, the operator, gets the mails about the delivery and organises seats and sessions."),
    )
    kind = forms.ChoiceField(
        label=_("You buy"),
        choices=[
            (Buyer.COMPANY, pgettext_lazy("You buy", "for a company or an association")),
            (Buyer.PUBLIC, pgettext_lazy("You buy", "for a public body")),
            (Buyer.PERSON, pgettext_lazy("You buy", "as a private person")),
        ],
        initial=Buyer.COMPANY,
        widget=forms.RadioSelect,
    )

    field_order = ("account", "email", "contact_name", "operator", "kind", "billing_name")

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        user: User | None,
        account: CustomerAccount | None = None,
        typed_before: Mapping[str, Any] | None = None,
        entries: Iterable[Entry] = (),
    ) -> None:
        initial = {**(typed_before or {}), **_known(user, account)}
        super().__init__(data, initial=initial, label_suffix="", use_required_attribute=False)
        self.user = user
        self.chosen_account = account
        self.entries = tuple(entries)
        if user is None:
            self.leave_out("account", "operator")
        else:
            self.leave_out("email")
        if account is None:
            self.leave_out("operator")
        else:
            self.leave_out("kind")
            self._offer_operators(account)
        if account is not None:
            self.leave_out(*(BY_KIND - fields_of(account.buyer)))

    def _offer_operators(self, account: CustomerAccount) -> None:
        """Offer the account's operators: the buyer is preselected if among them, else the customer has to choose."""
        people = list(operators_of(account))
        field = self.fields["operator"]
        assert isinstance(field, forms.ChoiceField)
        named = [(str(person.pk), _named(person)) for person in people]
        is_buyer_among = self.user is not None and any(person.pk == self.user.pk for person in people)
        field.choices = named if is_buyer_among else [("", _("Please choose")), *named]
        if is_buyer_among and self.user is not None:
            field.initial = str(self.user.pk)

    @property
    def buyer_kind(self) -> Buyer:
        """Return the kind of buyer; for a form whose `kind` is valid."""
        return self.chosen_account.buyer if self.chosen_account else Buyer(self.cleaned_data["kind"])

    @property
    def is_organisation(self) -> bool:
        return self.buyer_kind != Buyer.PERSON

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "kind" in self.errors:
            return cleaned
        self.clean_for_buyer()
        refused = filter(None, [why_not_sold(entry, self.buyer_kind) for entry in self.entries])
        for reason in list(refused):
            self.add_error("kind" if "kind" in self.fields else None, reason)
        return cleaned

    def in_words(self, name: str) -> str:
        """Return the label of the choice made in a field, "" if the form has no such field; for a valid form only."""
        field = self.fields.get(name)
        return choice_in_words(field, self.cleaned_data[name]) if isinstance(field, forms.ChoiceField) else ""

    def to_details(self) -> OrderDetails:
        """Return the details for placing the order; for a valid form only."""
        cleaned = self.cleaned_data
        operator = cleaned.get("operator")
        return OrderDetails(
            email=self.user.email if self.user else cleaned["email"],
            contact_name=cleaned["contact_name"],
            is_organisation=self.is_organisation,
            is_public_body=self.buyer_kind == Buyer.PUBLIC,
            register_number=cleaned["register_number"],
            service_code=cleaned["service_code"],
            commitment_number=cleaned["commitment_number"],
            address=self.to_address(),
            vat_id=cleaned["vat_id"],
            payer_email=cleaned["payer_email"],
            purchase_reference=cleaned["purchase_reference"],
            account_id=self.chosen_account.pk if self.chosen_account else None,
            operator_id=int(operator) if operator else None,
        )


def accounts_to_buy_for(user: User | None) -> list[CustomerAccount]:
    """Return the accounts for which a person may buy, by name; [] for a visitor."""
    return list(accounts_with(user, Right.BUY)) if user else []


def details_form(kept: Mapping[str, Any], *, user: User | None, entries: Iterable[Entry] = ()) -> DetailsForm | None:
    """Return the form with the input kept in the cart; None if it was kept for another person, or for an account that
    is gone or for which the person may not buy."""
    if user is None:
        return DetailsForm(kept, user=None, entries=entries)
    if "account" not in kept:
        return None
    chosen = next((account for account in accounts_to_buy_for(user) if str(account.pk) == kept["account"]), None)
    if kept["account"] and chosen is None:
        return None
    return DetailsForm(kept, user=user, account=chosen, entries=entries)


def as_typed(data: Mapping[str, Any], *, user: User | None) -> dict[str, str]:
    """Return the raw fields of a posted form to keep, each on one line and cut to TYPED_AT_MOST characters."""
    names = set(DetailsForm.base_fields) - ({"account"} if user is None else {"email"})
    return {name: clean_line(str(data.get(name, "")))[:TYPED_AT_MOST] for name in sorted(names)}


def _known(user: User | None, account: CustomerAccount | None) -> dict[str, Any]:
    """Return the initial values known from the person and the account."""
    known: dict[str, Any] = {}
    if user is not None:
        known["account"] = str(account.pk) if account else ""
        # Not get_full_name, which gives the address of a person without a name.
        if name := f"{user.first_name} {user.last_name}".strip():
            known["contact_name"] = name
    if account is not None:
        known |= DetailsForm.initial_of(account.address)
        known |= {name: getattr(account, name) for name in REMEMBERED}
        if account.buyer == Buyer.PERSON:
            known["contact_name"] = account.name
    return known


def _named(person: User) -> str:
    name = person.get_full_name()
    return f"{name} ({person.email})" if name else person.email
