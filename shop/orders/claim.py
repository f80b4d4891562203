"""Claim of a visitor's order by the person who proved its address, by link or button, and its move into another
account."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.links.services import lock_links_of_account
from accounts.members.absorb import absorb_account, lock_to_absorb
from accounts.members.models import CustomerAccount, MemberInvitation, Membership
from accounts.members.rights import Right, accounts_with
from accounts.members.services import ensure_owner
from accounts.people.models import User
from accounts.people.selectors import has_proved
from accounts.people.services import name_nameless
from billing.ledger.models import LedgerLine
from billing.ledger.moving import move_order as move_in_ledger
from common.again import again_after_deadlock
from common.refusals import Refused
from enrolments.seats.batches.models import SeatBatch
from enrolments.transfer import move_order as move_enrolments
from handlers.contract import Feedback, HandlerMissing, LineContext, Refusal, Temporary
from handlers.faults import HookBroken
from outbox.transfer import lock_jobs_of_account
from outbox.transfer import move_account as move_outbox
from shop.notes.services import move_notes
from shop.orders.contexts import handler_of, line_contexts, order_with_people
from shop.orders.history.models import OrderEvent
from shop.orders.hooks import fault_of, keep_feedback, lock_courses_of
from shop.orders.lines.models import LineFeedback, OrderLine
from shop.orders.models import Order
from shop.orders.places import take_places_again
from shop.orders.transitions import record
from shop.payments import services as payments
from shop.payments.due.pausing import move_pauses
from shop.payments.providers.free import nothing_to_pay


class ClaimRefused(Refused):
    """Refusal of a claim, or of a move into an account."""


@again_after_deadlock
@transaction.atomic
def claim_order(*, order_id: int, user: User, now: datetime) -> Order:
    """Make a person who proved the order's address its buyer, its operator and the owner of its account.

    Locks the order, the courses of its lines, then the account. Takes places again that were released for want of this
    proof, if they are there. Runs `attach_operator` for every line delivered so far, and settles a zero total that has
    its places. Raises ClaimRefused if the order is claimed already or has another
    address, or if a handler refuses; then nothing has changed.
    """
    order = order_with_people(order_id)
    if order.is_claimed or order.contact_email != user.email:
        raise ClaimRefused(_("This order has been claimed already. Sign in to see it in your list of orders."))
    Order.objects.filter(pk=order.pk, claimed_at__isnull=True).update(buyer=user, operator=user, claimed_at=now)
    order.buyer, order.operator, order.claimed_at = user, user, now
    record(order, OrderEvent.What.CLAIMED, actor=user, now=now)
    take_places_again(order, now=now)
    lines = list(order.lines.filter(status=OrderLine.Status.FULFILLED).order_by("position"))
    contexts = lock_courses_of(lines, line_contexts(order, lines, now=now), without_broken=True)
    ensure_owner(account=order.account, user=user, now=now)
    name_nameless(user=user, name=order.contact_name)
    for line in lines:
        _attach_operator(line, contexts[line.pk], now=now)
    if order.is_free and order.status == Order.Status.PLACED and not order.has_lost_places:
        payments.settle(event=nothing_to_pay(order), actor=user, now=now)
        order.refresh_from_db()
    return order


def may_claim(order: Order, user: User) -> bool:
    """Tell whether the order waits for this person: unclaimed, and placed with the address that they have proved."""
    return not order.is_claimed and has_proved(user, order.contact_email)


@again_after_deadlock
@transaction.atomic
def claim_by_button(*, order_id: int, user: User, account_id: int | None, now: datetime) -> Order:
    """Claim an order for somebody who has proved its address, whatever proved it; with an account, move it there.

    Takes the locks of `claim_order`, and with an account those of `move_claimed_order`, in their order. Raises
    ClaimRefused; then nothing has changed.
    """
    if account_id is not None:
        _lock_before_moving(order_id)
    order = order_with_people(order_id)
    if not order.is_claimed and not may_claim(order, user):
        raise ClaimRefused(_("This order was placed with another address. Sign in with that one to claim it."))
    if account_id is None:
        return claim_order(order_id=order_id, user=user, now=now)
    lines = list(order.lines.all())
    lock_courses_of(lines, line_contexts(order, lines, now=now))
    claim_order(order_id=order_id, user=user, now=now)
    return move_claimed_order(order_id=order_id, user=user, account_id=account_id, now=now)


def accounts_to_move_into(order: Order, user: User) -> list[CustomerAccount]:
    """Return the other accounts of the claimant into which the claimed order may still be moved; [] for other orders.

    A move deletes the order's account, so only an account that was made for a visitor's order qualifies, not one that a
    person had before or has used for another order.
    """
    if order.buyer_id != user.pk or not _is_as_it_was_claimed(order) or not _is_of_this_order_alone(order, user):
        return []
    return list(accounts_with(user, Right.MANAGE_ACCOUNT).exclude(pk=order.account_id))


@again_after_deadlock
@transaction.atomic
def move_claimed_order(*, order_id: int, user: User, account_id: int, now: datetime) -> Order:
    """Move a claimed order, with all rows that carry its account, into another account that the claimant owns.

    The account made for the order is deleted, or closed where the ledger names it; a transaction that writes for it
    meanwhile comes first, or finds it gone.
    Locks its links and jobs, the order, the courses of its lines, both accounts, then the rows moved. Raises
    ClaimRefused.
    """
    _lock_before_moving(order_id)
    order = order_with_people(order_id)
    source = order.account
    contexts = line_contexts(order, list(order.lines.all()), now=now)
    lock_courses_of(order.lines.all(), contexts, without_broken=True)
    lock_to_absorb(source_id=source.pk, target_id=account_id)
    # Checked under the locks: from here on nobody can join the account, be invited to it, buy or assign for it.
    target = next((account for account in accounts_to_move_into(order, user) if account.pk == account_id), None)
    if target is None:
        raise ClaimRefused(_("This order cannot be moved into that account."))
    Order.objects.filter(pk=order.pk).update(account=target)
    OrderLine.objects.filter(order=order).update(account=target)
    move_enrolments(order_id=order.pk, from_account=source, to_account=target)
    move_outbox(from_account_id=source.pk, to_account_id=target.pk)
    move_in_ledger(order_id=order.pk, from_id=source.pk, to_id=target.pk, at=now)
    move_notes(source=source, target=target)
    move_pauses(order=order, source=source, now=now)
    absorb_account(source=source, target=target, now=now)
    order.account = target
    record(order, OrderEvent.What.CLAIMED, actor=user, now=now, detail={"account": target.pk})
    return order


def _lock_before_moving(order_id: int) -> None:
    """Lock the mailed links and the jobs of an order's account: whoever uses or runs one of them locks it before the
    order, so a move does, too."""
    account_id = Order.objects.values_list("account_id", flat=True).get(pk=order_id)
    lock_links_of_account(account_id=account_id)
    lock_jobs_of_account(account_id=account_id)


def _attach_operator(line: OrderLine, context: LineContext, *, now: datetime) -> None:
    try:
        handler = handler_of(line)
        with transaction.atomic():
            feedback = Feedback() if handler is None else handler.attach_operator(context)
    except (HandlerMissing, HookBroken) as broken:
        # The delivery stands and belongs to the claimant; without the handler, nothing can write the operator's part.
        feedback = Feedback(sales=fault_of(line, broken))
    except Temporary as trouble:
        feedback = Feedback(sales=str(trouble))
    except Refusal as refusal:
        raise ClaimRefused(refusal.message) from refusal
    keep_feedback(line, LineFeedback.Hook.POST_PAYMENT, feedback, now=now)


def _is_as_it_was_claimed(order: Order) -> bool:
    """Tell whether the order was claimed and not moved: a move is a second CLAIMED event; a signed-in buyer's order has
    none."""
    return OrderEvent.objects.filter(order=order, what=OrderEvent.What.CLAIMED).count() == 1


def _is_of_this_order_alone(order: Order, user: User) -> bool:
    """Tell whether an order's account has nothing else, which a move would leave behind: no other order, member or
    invitation, no seats that another account gave, no money beside the order's."""
    account = {"account": order.account_id}
    others = (
        Order.objects.filter(**account).exclude(pk=order.pk),
        Membership.objects.filter(**account).exclude(user=user),
        MemberInvitation.objects.filter(**account),
        SeatBatch.objects.filter(**account).exclude(order_id=order.pk),
        LedgerLine.objects.filter(customer=order.account_id).exclude(order_id=order.pk),
    )
    return not any(rows.exists() for rows in others)
