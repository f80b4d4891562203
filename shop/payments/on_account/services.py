"""Buying on account: within a limit that the merchant has set, checked under the account's lock."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from accounts.members.models import CustomerAccount
from billing.ledger.models import Account
from billing.ledger.selectors import balance
from catalog.pricing import ZERO
from common.again import again_after_deadlock
from common.moments import local_day
from common.refusals import Refused
from shop.orders.contexts import line_contexts
from shop.orders.hooks import lock_courses_of
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.orders.standing import CONFIRMED
from shop.payments.requests.asked import asked_of, left_to_buyer, still_to_come
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.promises import cover
from shop.payments.requests.rests import rest

if TYPE_CHECKING:
    from accounts.people.models import User

State = PaymentRequest.State
OF_OPCO = Q(promise=PaymentRequest.Promise.OPCO)
MOST_DAYS = 365


class NotOnAccount(Refused):
    """Refusal to buy on account: not agreed, beyond the limit, or something is overdue."""

    message = _("This order cannot be bought on account. Choose one of the methods shown.")


class TermsChanged(Refused):
    """Refusal because somebody has changed the terms since the form was made."""

    message = _("The terms were changed meanwhile. Look at them again.")


def debt_of(account_id: int, currency: str) -> Decimal:
    """Return what an account owes: of settled orders by the ledger, without what OPCOs have promised of them, and what
    is still to come for its own promised parts of orders not settled yet. Two queries."""
    parts = PaymentRequest.objects.filter(order__account=account_id, order__currency=currency, state=State.COVERED)
    sums = parts.annotate(rest=rest()).aggregate(
        own=Sum("rest", filter=Q(order__status=Order.Status.PLACED) & ~OF_OPCO),
        of_others=Sum("rest", filter=Q(order__status__in=CONFIRMED) & OF_OPCO),
    )
    settled = balance(Account.RECEIVABLE, currency=currency, customer_id=account_id) - (sums["of_others"] or ZERO)
    return settled + (sums["own"] or ZERO)


def is_overdue(account_id: int, now: datetime) -> bool:
    """Tell whether a part of an order of the account should have been paid before today."""
    late = PaymentRequest.objects.filter(
        order__account=account_id,
        order__status__in=CONFIRMED,
        state__in=(State.OPEN, State.COVERED),
        replaced_at__isnull=True,
        due_on__lt=local_day(now),
    )
    return late.exclude(OF_OPCO).exists()


def has_room(order: Order, account: CustomerAccount, *, now: datetime) -> bool:
    """Tell whether an account may owe an order as well: within its limit, and nothing overdue. Four queries at most,
    none for an account that pays first."""
    if account.credit_limit is None:
        return False
    asked = asked_of(order)
    asks = still_to_come(left_to_buyer(asked)) if asked else order.gross
    within = debt_of(account.pk, order.currency) + asks <= account.credit_limit
    return within and not is_overdue(account.pk, now)


@again_after_deadlock
@transaction.atomic
def buy_on_account(*, order_id: int, actor: User | None, now: datetime) -> None:
    """Settle an order by its account's promise to pay. Locks the order, the courses of its lines, and its account.

    Raises NotOnAccount, and PlacesGone and NothingToPromise of promises; then nothing has changed.
    """
    order = lock_order(order_id)
    if order.status != Order.Status.PLACED or not order.is_claimed:
        raise NotOnAccount
    if order.has_lost_places:
        # Before the account, as the order of locks asks.
        lines = list(order.lines.order_by("position"))
        lock_courses_of(lines, line_contexts(order, lines, now=now))
    lock_account(order.account_id)
    account = CustomerAccount.objects.get(pk=order.account_id)
    if not has_room(order, account, now=now):
        raise NotOnAccount
    cover(
        order,
        kind=PaymentRequest.Promise.ON_ACCOUNT,
        reference="",
        due_on=local_day(now) + timedelta(days=account.credit_days),
        actor=actor,
        now=now,
    )


def terms_shown(account: CustomerAccount) -> str:
    """Return the terms of an account as text, the same in each language: what a form about them says it was made
    from."""
    return ":".join(
        str(each)
        for each in (
            account.credit_limit,
            account.credit_days,
            account.wants_payment_reminders,
            account.invoices_after_service,
        )
    )


@transaction.atomic
def set_terms(
    *,
    account_id: int,
    limit: Decimal | None,
    days: int,
    seen: str,
    actor: User,
    now: datetime,
    reminds: bool | None = None,
    after_service: bool | None = None,
) -> None:
    """Set what an account may owe, None for one that pays first, the days that it has to pay, whether it is reminded
    of due parts, and whether public mandates are invoiced after the service; None leaves either alone. Locks the
    account.

    `seen` are the terms that the form showed (`terms_shown`). The account's history in the administration tells who
    changed them, from what and to what. Raises TermsChanged.
    """
    lock_account(account_id)
    account = CustomerAccount.objects.get(pk=account_id)
    before = terms_shown(account)
    if seen != before:
        raise TermsChanged
    account.credit_limit, account.credit_days = limit, days
    if reminds is not None:
        account.wants_payment_reminders = reminds
    if after_service is not None:
        account.invoices_after_service = after_service
    account.save(update_fields=("credit_limit", "credit_days", "wants_payment_reminders", "invoices_after_service"))
    LogEntry.objects.create(
        user=actor,
        action_time=now,
        content_type=ContentType.objects.get_for_model(CustomerAccount),
        object_id=str(account_id),
        object_repr=f"#{account_id}",
        action_flag=CHANGE,
        change_message=f"on account (limit:days:reminds:after service): {before} → {terms_shown(account)}",
    )


def lock_account(account_id: int) -> None:
    """Lock an account's row: what it may owe, and its credit, are checked under it."""
    list(CustomerAccount.objects.select_for_update(no_key=True).filter(pk=account_id).values_list("pk"))
