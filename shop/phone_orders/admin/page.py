"""Content of the page on which an order is entered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict

from accounts.members.models import CustomerAccount
from accounts.members.rights import buyers_of
from accounts.people.models import User
from catalog.models.entries import Entry
from common.moments import local_day
from common.numbers import whole_number
from shop.cart.lines import lines_of
from shop.cart.pricing import PricedCart, PricedLine
from shop.checkout.draft import needs_waiver
from shop.checkout.forms.details import as_typed
from shop.checkout.place import Shown
from shop.checkout.views.mending import first_unit_error
from shop.phone_orders.admin.forms import AcceptedForm, CustomerDetailsForm
from shop.phone_orders.models import PhoneOrder
from shop.phone_orders.services import Entering, customer_version
from shop.seller.models import LegalText


@dataclass(frozen=True)
class LineOfPage:
    """Line with the number of its micro-forms that are not right yet."""

    priced: PricedLine
    forms_missing: int


@dataclass(frozen=True)
class Page:
    """Order being entered, with its forms. `shown` and `accepted` are None until it can be placed."""

    cart: PricedCart
    lines: list[LineOfPage]
    account: CustomerAccount | None
    customer: CustomerDetailsForm
    seen: str
    unit_error: str | None
    shown: Shown | None
    terms: LegalText | None
    accepted: AcceptedForm | None
    is_link_open: bool


def page_of(
    row: PhoneOrder,
    state: Entering,
    *,
    now: datetime,
    customer: CustomerDetailsForm | None = None,
    accepted: AcceptedForm | None = None,
) -> Page:
    """Read the page; `customer` and `accepted` are forms that were sent and refused."""
    checkout, draft = state.checkout, state.draft
    kept = row.cart.details
    priced = draft.priced if draft else checkout.priced
    lines = [LineOfPage(line, len(line.units.invalid)) for line in priced.lines]
    form = customer or _customer_form(row, kept or None, checkout.entries)
    return Page(
        cart=priced,
        lines=lines,
        account=form.chosen_account,
        customer=form,
        seen=customer_version(row),
        unit_error=first_unit_error(checkout.lines_with_forms, checkout.unit_errors),
        shown=Shown.of(draft) if draft else None,
        terms=draft.terms if draft else None,
        accepted=(accepted or accepted_form(state, None, now=now)) if draft else None,
        is_link_open=row.is_link_open(now),
    )


def account_of(row: PhoneOrder) -> CustomerAccount | None:
    """Return the account for which the order is entered; None for a new customer, or if the account is gone."""
    key = whole_number(str(row.cart.details.get("account", "")))
    return CustomerAccount.objects.filter(pk=key).first() if row.buyer_id and key is not None else None


def customer_form(row: PhoneOrder, data: QueryDict) -> CustomerDetailsForm:
    """Return the form with what was posted."""
    return _customer_form(row, data, [line.entry for line in lines_of(row.cart)])


def _customer_form(row: PhoneOrder, data: Mapping[str, str] | None, entries: Iterable[Entry]) -> CustomerDetailsForm:
    account = account_of(row)
    buyers = list(buyers_of(account)) if account else []
    typed = {**data, "buyer": data.get("buyer") or str(row.buyer_id)} if data is not None and row.buyer_id else data
    return CustomerDetailsForm(typed, buyers=buyers, buyer=row.buyer, account=account, entries=entries)


def typed_details(data: QueryDict, row: PhoneOrder) -> tuple[User | None, dict[str, str]]:
    """Return buyer and raw details as posted; the account stays, and a buyer who may not buy for it changes nothing."""
    account = account_of(row)
    buyer = row.buyer
    if account is not None:
        buyer = buyers_of(account).filter(pk=whole_number(data.get("buyer", "")) or 0).first() or buyer
    details = as_typed(data, user=buyer)
    if row.buyer_id:
        details["account"] = str(row.cart.details.get("account", ""))
    return buyer, details


def accepted_form(state: Entering, data: QueryDict | None, *, now: datetime | None = None) -> AcceptedForm:
    """Return the form for the note that the customer accepts."""
    draft = state.draft
    initial = {"on": local_day(now).isoformat()} if now else {}
    return AcceptedForm(
        data,
        initial=initial,
        has_terms=draft is None or draft.terms is not None,
        is_private=draft is not None and not draft.columns["is_organisation"],
        has_digital=draft is not None and needs_waiver(draft),
    )
