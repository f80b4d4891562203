"""Reads for the pages of orders: visibility, content and progress."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from accounts.members.models import Membership
from accounts.members.rights import Right, accounts_with, rights_of
from accounts.people.models import User
from catalog.pricing import ZERO
from common.plain_rows import plain_row, plain_rows, plain_rows_with
from handlers.contract import Buyer, Refusal
from shop.orders.contexts import enrols_buyer, handler_of
from shop.orders.giving_back.units import answered_units
from shop.orders.lines.models import LineFeedback, OrderLine, OrderUnit
from shop.orders.models import Order
from shop.orders.places import UNPROVED_HOLDS_FOR
from shop.orders.standing import CONFIRMED, Standing
from shop.payments.charge_backs.selectors import taken_back_of
from shop.payments.models import Payment, PaymentEvent
from shop.payments.requests.asked import Asked, left_to_buyer, next_part, still_to_come
from shop.payments.requests.services import parts_of
from shop.payments.services import methods_for
from shop.payments.under_way import UnderWay, under_way
from shop.seller.frozen import frozen_seller

if TYPE_CHECKING:
    from django import forms

    from shop.payments.port import Provider

TOKEN_MAX_LENGTH = 43
_ENDED_UNPAID = (Order.Status.CANCELLED, Order.Status.EXPIRED)


class Phase(StrEnum):
    """Progress of an order as its page states it."""

    TO_PAY = "to_pay"
    PAYING = "paying"  # a charge is under way at its provider
    DECLINED = "declined"
    AWAITING_MONEY = "awaiting_money"  # a deferred method was chosen
    TO_CONFIRM = "to_confirm"  # a visitor's zero total waits for its link
    DELIVERING = "delivering"
    PARTLY_FAILED = "partly_failed"
    COMPLETED = "completed"
    GIVEN_BACK = "given_back"  # everything, without money
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUNDED = "refunded"


@dataclass(frozen=True)
class Sight:
    """Rights of a viewer on an order's page. `is_of_nobody`: nobody claimed the order, and its customer is erased."""

    is_member: bool = False
    is_of_nobody: bool = False
    sees_people: bool = False
    may_pay: bool = False
    manages_seats: bool = False
    may_buy: bool = False

    @property
    def sees_papers(self) -> bool:
        """Tell whether invoices and billing details, which name people, are shown: to those who may pay and see names,
        never to operators, nor to a browser that placed an order which was claimed elsewhere."""
        return self.may_pay and (self.is_member or self.sees_people) and not self.is_of_nobody


@dataclass(frozen=True)
class LineView:
    """Line as the viewer may see it. `units` are the answers of each unit not given back, empty if hidden from the
    viewer."""

    line: OrderLine
    units: tuple[OrderUnit, ...]
    form_class: type[forms.Form] | None
    said: tuple[str, ...]
    failure: str

    @property
    def is_for_others(self) -> bool:
        """Tell whether one may want more of it: not of what puts its buyer into a course."""
        return not enrols_buyer(self.line)

    @property
    def looks_pending(self) -> bool:
        """Tell whether the line shows as pending: under way, or failed for a viewer who is no member, as only members
        see failures."""
        return self.line.status == OrderLine.Status.PENDING or (
            self.line.status == OrderLine.Status.FAILED and not self.failure
        )


@dataclass(frozen=True)
class OrderView:
    """Page of an order for one viewer."""

    order: Order
    sight: Sight
    phase: Phase
    lines: tuple[LineView, ...]
    methods: tuple[Provider, ...]
    has_stray_money: bool
    under_way: UnderWay
    asked: tuple[Asked, ...]
    taken_back: Decimal
    seen: str

    @property
    def still_owed(self) -> Decimal:
        """Amount that a confirmed order still asks for; 0 for one that nothing was promised for."""
        is_confirmed = self.order.status in (*CONFIRMED, Order.Status.REFUNDED)
        return still_to_come(self.asked) if is_confirmed else ZERO

    @property
    def still_owed_by_buyer(self) -> Decimal:
        """Part of `still_owed` that no OPCO has promised."""
        return still_to_come(left_to_buyer(self.asked)) if self.still_owed else ZERO

    @property
    def label(self) -> str:
        """Status of the order in words that say paid only where nothing is owed."""
        received = sum((part.received for part in self.asked), ZERO)
        return Standing(self.order, self.still_owed, received).label

    @property
    def all_to_pay(self) -> Decimal:
        """Amount of all that is still to come from the buyer; the total before anything was asked for."""
        return still_to_come(left_to_buyer(self.asked)) or self.order.gross

    @property
    def to_pay(self) -> Decimal:
        """Amount that is to be paid next."""
        part = next_part(self.asked)
        return part.rest if part else self.all_to_pay

    @property
    def shows_parts(self) -> bool:
        """Tell whether the page tells of each part: there are several, or one that was paid or promised in part."""
        return len(self.asked) > 1 or self.still_owed > 0 or any(0 < part.received < part.asks for part in self.asked)

    @property
    def is_moving(self) -> bool:
        """Tell whether the page will soon change by itself."""
        return self.phase in (Phase.PAYING, Phase.DELIVERING)

    @property
    def chosen(self) -> Provider | None:
        """Method chosen so far, None if the order may not use it."""
        return next((method for method in self.methods if method.name == self.order.method), None)

    @property
    def holds_unproved(self) -> bool:
        """Tell whether the order holds places for a short time only, as nobody has proved its address."""
        is_unproved = self.order.status == Order.Status.PLACED and not self.order.is_proved
        return is_unproved and self._held_places and bool(self.order.contact_email)

    @property
    def holds_until(self) -> datetime:
        """Moment at which an order whose address nobody proves gives its places back."""
        return min(self.order.placed_at + UNPROVED_HOLDS_FOR, self.order.expires_at)

    @property
    def _held_places(self) -> bool:
        return any(shown.line.places_held for shown in self.lines)

    @property
    def is_for_buyer(self) -> bool:
        """Tell whether every line enrols the buyer, so that the page speaks to one person."""
        return all(enrols_buyer(shown.line) for shown in self.lines)

    @property
    def has_ended_unpaid(self) -> bool:
        return self.phase in (Phase.CANCELLED, Phase.EXPIRED)

    @property
    def may_be_claimed(self) -> bool:
        """Tell whether the order still looks for its person: unclaimed, and not ended with no money in sight."""
        is_over = self.has_ended_unpaid and not self.has_stray_money and self.under_way == UnderWay.NOTHING
        return not self.order.is_claimed and not is_over and bool(self.order.contact_email)

    @property
    def may_cancel_places(self) -> bool:
        """Tell whether the viewer may cancel units of the paid order, on the terms of its lines."""
        has_terms = any(shown.line.cancel_terms and shown.line.may_be_given_back for shown in self.lines)
        return self.sight.may_buy and has_terms

    @property
    def may_cancel(self) -> bool:
        return self.sight.may_pay and self.order.status == Order.Status.PLACED


_HAS_PAPERS = "EXISTS (SELECT FROM documents_document document WHERE document.order_id = this.id)"


def order_by_token(token: str) -> Order | None:
    """Return the order of a token, with its seller; None for any other text. One query, and another for a seller not
    asked for before."""
    if not token or len(token) > TOKEN_MAX_LENGTH or not token.isascii() or "\0" in token:
        return None
    found = plain_rows_with(Order, _HAS_PAPERS, "WHERE token = %s", [token])
    if not found:
        return None
    order: Order = found[0][0]
    order.has_papers = found[0][1]
    if order.seller_id is not None:
        order.seller = frozen_seller(order.seller_id)
    return order


def orders_visible_to(user: User) -> QuerySet[Order]:
    """Return the orders that a person may see: all orders of an account, or the person's own only, by right. Newest
    first."""
    in_full = accounts_with(user, Right.SEE_ALL_ORDERS).values("pk")
    own = accounts_with(user, Right.SEE_OWN_ORDERS).values("pk")
    visible = Q(account__in=in_full) | Q(account__in=own, buyer=user)
    return Order.objects.filter(visible).select_related("account").order_by("-pk")


def sight_of(order: Order, *, viewer: User | None, placed_here: bool = False, is_staff: bool = False) -> Sight | None:
    """Return the rights of a viewer who has the order's token; None if the order is hidden from the viewer.

    An unclaimed order is shown, with its answers, to anybody with its token. A claimed one belongs to its account: it
    is hidden from strangers, but the visitor who placed it in this browser still sees its progress. `is_staff` tells
    that the viewer is staff who proved it (`is_trusted_staff`).
    """
    if not order.is_claimed:
        return Sight(sees_people=True, may_pay=True, is_of_nobody=order.is_closed)
    as_visitor = Sight(may_pay=True) if placed_here else None
    if viewer is None:
        return as_visitor
    if is_staff and viewer.has_perm("shop.view_order"):
        return Sight(is_member=True, sees_people=True)
    membership = Membership.objects.filter(account=order.account_id, user=viewer).first()
    rights = rights_of(membership)
    is_own = order.buyer_id == viewer.pk and Right.SEE_OWN_ORDERS in rights
    if not is_own and Right.SEE_ALL_ORDERS not in rights:
        return as_visitor
    return Sight(
        is_member=True,
        sees_people=is_own or Right.MANAGE_PEOPLE in rights,
        may_pay=Right.PAY in rights,
        manages_seats=Right.MANAGE_SEATS in rights,
        may_buy=Right.BUY in rights,
    )


def order_page(order: Order, *, sight: Sight) -> OrderView:
    """Return the page of an order for a viewer with these rights. Seven queries, however many lines and units; one more
    where a settled order still asks for money."""
    lines = tuple(_line_views(order, sight))
    payments = plain_rows(Payment, "WHERE order_id = %s ORDER BY id DESC", [order.pk])
    last_payment = payments[0] if payments else None
    asked = tuple(parts_of(order))
    view = OrderView(
        order=order,
        sight=sight,
        phase=_phase(order, lines, last_payment),
        lines=lines,
        methods=tuple(methods_for(order, asked)) if sight.may_pay and _asks_buyer(asked) else (),
        has_stray_money=_has_stray_money(order),
        under_way=under_way(order, payments),
        asked=asked,
        taken_back=taken_back_of(order) if still_to_come(asked) and order.paid_at else ZERO,
        seen="",
    )
    return replace(view, seen=_fingerprint(view))


def _asks_buyer(asked: Sequence[Asked]) -> bool:
    """Tell whether the buyer has something to pay, or nothing was asked for yet: the share of an OPCO is paid by it."""
    return not asked or bool(left_to_buyer(asked))


def _has_stray_money(order: Order) -> bool:
    """Tell whether an unallocated payment of the order waits for the merchant. One query, two if there were any."""
    rest = "WHERE order_id = %s AND outcome = ANY(%s) LIMIT 1"
    found = plain_row(PaymentEvent, rest, [order.pk, [str(outcome) for outcome in PaymentEvent.UNALLOCATED]])
    return found is not None and order.payment_events.needing_attention().unallocated().exists()


def _line_views(order: Order, sight: Sight) -> list[LineView]:
    lines = plain_rows(OrderLine, "WHERE order_id = %s ORDER BY position", [order.pk])
    keys = [line.pk for line in lines]
    said: dict[int, list[LineFeedback]] = {key: [] for key in keys}
    for row in plain_rows(LineFeedback, "WHERE line_id = ANY(%s) ORDER BY id", [keys]):
        said[row.line_id].append(row)
    units: dict[int, list[OrderUnit]] = {key: [] for key in keys}
    if sight.sees_people:
        for unit in answered_units(keys):
            units[unit.line_id].append(unit)
    for line in lines:
        line.order = order
    return [_line_view(line, said[line.pk], units[line.pk], sight) for line in lines]


def _line_view(line: OrderLine, feedback: list[LineFeedback], units: list[OrderUnit], sight: Sight) -> LineView:
    said = [_said(row, sight) for row in feedback]
    return LineView(
        line=line,
        units=tuple(units),
        form_class=_form_class(line, units),
        said=tuple(dict.fromkeys(text for text in said if text)),
        failure=line.failure_text if sight.is_member and line.status == OrderLine.Status.FAILED else "",
    )


def _said(row: LineFeedback, sight: Sight) -> str:
    """Return the text of a feedback: members who see people get the customer's, if there is one; others the public
    one."""
    if sight.is_member and sight.sees_people and row.customer_text:
        return row.customer_text
    return row.public_text


def _form_class(line: OrderLine, units: Sequence[OrderUnit]) -> type[forms.Form] | None:
    """Return the micro-form by which answers are put into words; None for a handler that is gone or broken."""
    try:
        handler = handler_of(line)
        if handler is None or not units:
            return handler.UnitForm if handler else None
        answers = [unit.answers for unit in units]
        buyer = Buyer(account_id=line.order.account_id)
        return handler.unit_form(line.parameters, buyer=buyer, answers=answers, now=line.order.placed_at)
    except Refusal:
        return None


def _phase(order: Order, lines: tuple[LineView, ...], last_payment: Payment | None) -> Phase:
    if order.status == Order.Status.PLACED:
        return _phase_of_unpaid(order, last_payment)
    if order.status == Order.Status.PAID:
        has_failed = any(line.failure for line in lines)
        is_pending = any(line.line.status == OrderLine.Status.PENDING for line in lines)
        return Phase.PARTLY_FAILED if has_failed and not is_pending else Phase.DELIVERING
    if order.status == Order.Status.COMPLETED and all(
        line.line.status == OrderLine.Status.GIVEN_BACK for line in lines
    ):
        return Phase.GIVEN_BACK
    return Phase(order.status)


def _phase_of_unpaid(order: Order, last_payment: Payment | None) -> Phase:
    if order.is_free:
        return Phase.TO_CONFIRM
    # The last charge decides only until another method is chosen.
    if last_payment is not None and order.method in ("", last_payment.provider):
        if last_payment.status == Payment.Status.PENDING:
            return Phase.PAYING
        if last_payment.status == Payment.Status.DECLINED:
            return Phase.DECLINED
    chosen = next((provider for provider in methods_for(order) if provider.name == order.method), None)
    return Phase.AWAITING_MONEY if chosen is not None and not chosen.is_immediate else Phase.TO_PAY


def _fingerprint(view: OrderView) -> str:
    """Return a digest that changes whenever the page does; a browser sends it back to ask for news."""
    parts = [view.phase, view.order.method, str(view.order.expires_at), str(view.has_stray_money), view.under_way]
    parts += [f"{part.request.state}:{part.received}" for part in view.asked]
    parts += [str(view.order.places_released_at), str(view.order.is_proved)]
    parts += [f"{shown.looks_pending or shown.line.status}:{'|'.join(shown.said)}" for shown in view.lines]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
