"""Parties of an order: its customer account, buyer and operator, found from «your details»."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.members.models import Buyer, CustomerAccount
from accounts.members.operators import keep_account
from accounts.members.rights import Right, accounts_with, operators_of
from accounts.members.services import create_account
from accounts.people.models import User
from common.postal import PostalAddress
from shop.checkout.errors import DetailsRefused


@dataclass(frozen=True)
class OrderDetails:
    """Details typed by the customer. `email` is normalised; `account_id` None means a new account, `operator_id` None
    the buyer."""

    email: str
    contact_name: str
    is_organisation: bool
    address: PostalAddress
    is_public_body: bool = False
    register_number: str = ""
    service_code: str = ""
    commitment_number: str = ""
    vat_id: str = ""
    payer_email: str = ""
    purchase_reference: str = ""
    account_id: int | None = None
    operator_id: int | None = None

    @property
    def buyer(self) -> Buyer:
        return Buyer.of(is_organisation=self.is_organisation, is_public_body=self.is_public_body)


@dataclass(frozen=True)
class Parties:
    """Account that owns the order, its buyer and its operator; buyer and operator are None until the order is
    claimed."""

    account: CustomerAccount
    buyer: User | None
    operator: User | None


def parties_of(details: OrderDetails, *, user: User | None, now: datetime) -> Parties:
    """Find or create the account of an order.

    A visitor's order gets a new account without members, whatever address was typed. A signed-in person buys for an
    account with the right to buy for it, or for a new account as its owner. Protects the account from deletion until
    the transaction ends. Raises DetailsRefused.
    """
    if user is None:
        return Parties(_new_account(details, owner=None, now=now), None, None)
    if details.account_id is None:
        return Parties(_new_account(details, owner=user, now=now), user, user)
    account = accounts_with(user, Right.BUY).filter(pk=details.account_id).first()
    if account is None or not keep_account(account.pk):
        raise DetailsRefused(_("You cannot buy for this account. Choose another one."), field="account")
    return Parties(account, user, _operator(account, details, user))


def remember_numbers(details: OrderDetails) -> None:
    """Keep the numbers typed for an account that has none yet. Locks its row; call it after the courses are locked."""
    if details.account_id is None:
        return
    for name in ("register_number", "service_code"):
        if typed := getattr(details, name):
            CustomerAccount.objects.filter(pk=details.account_id, **{name: ""}).update(**{name: typed})


def _operator(account: CustomerAccount, details: OrderDetails, user: User) -> User:
    wanted = details.operator_id or user.pk
    operator = operators_of(account).filter(pk=wanted).first()
    if operator is None:
        raise DetailsRefused(_("Choose who places people into the training."), field="operator")
    return operator


def _new_account(details: OrderDetails, *, owner: User | None, now: datetime) -> CustomerAccount:
    return create_account(
        owner=owner,
        kind=CustomerAccount.Kind.ORGANISATION if details.is_organisation else CustomerAccount.Kind.PERSON,
        address=details.address,
        vat_id=details.vat_id,
        payer_email=details.payer_email,
        is_public_body=details.is_public_body,
        register_number=details.register_number,
        service_code=details.service_code,
        now=now,
    )
