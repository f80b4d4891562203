"""Trial of an entry: a purchase from the cart to the delivery, in a transaction that never commits.

Everything goes through the services that serve customers, so a trial shows what a sale would do today: the rows and
enrolments of the handlers, the mails, and the feedback to each audience.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.people.models import User
from catalog.models.entries import Entry, EntryState
from catalog.offers import offer_of
from common.database_errors import is_deadlock, is_lock_timeout
from common.postal import PostalAddress
from handlers.faults import HookBroken
from outbox.errors import Temporary
from shop.cart.micro_forms import asked_of
from shop.cart.pricing import price_cart
from shop.cart.services import CartRefused, add_to_cart, open_cart, save_units
from shop.checkout.draft import draft_order
from shop.checkout.errors import CheckoutRefused, UnitsIncomplete
from shop.checkout.parties import OrderDetails
from shop.checkout.place import Consent, Shown, place_order
from shop.orders import fulfilment
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.payments import services as payments
from shop.payments.providers import transfer
from shop.seller.models import LegalText
from shop.trial.findings import Findings, findings_of
from shop.trial.made_up import made_up_answers

logger = logging.getLogger(__name__)

R = TypeVar("R")

MOST_UNITS = 500
PROBLEMS_SHOWN = 10
# A trial does not wait for long: while it runs, it holds the places of a course like a sale.
LONGEST_WAIT = "5s"
PLACED_JUST_NOW = gettext_lazy("Orders for the same courses are being placed just now. Try again in a moment.")


@dataclass(frozen=True)
class Trial:
    """Outcome of a trial, in the language of the reader.

    `refusal` tells why it went no further, "" if all went well; `problems` are its details. `is_placed` distinguishes a
    refusal after the placing from one at checkout.
    """

    quantity: int
    is_placed: bool = False
    refusal: str = ""
    problems: tuple[str, ...] = ()
    total: Decimal | None = None
    currency: str = ""
    findings: Findings = field(default_factory=Findings)

    @property
    def is_good(self) -> bool:
        return not self.refusal


def try_entry(*, entry_id: int, quantity: int, actor: User, now: datetime) -> Trial:
    """Buy units of an entry for an invented customer, deliver them, and undo all of it.

    Drafts, internal, suspended and retired entries are tried as if they were on sale, whatever their audience. Nothing
    is kept and no mail goes out; only an order number is used up. Holds the locks of a sale meanwhile. An exception of
    a handler becomes a refusal of the trial; raises Entry.DoesNotExist.
    """
    with transaction.atomic():
        entry = Entry.objects.select_related("tax").get(pk=entry_id)
        trial = _run(entry, quantity=quantity, actor=actor, now=now)
        transaction.set_rollback(True)
    return trial


@dataclass(frozen=True)
class _Failure:
    """Failure of a step of the trial."""

    refusal: str | Promise
    problems: tuple[str, ...] = ()


def _run(entry: Entry, *, quantity: int, actor: User, now: datetime) -> Trial:
    trial = Trial(quantity=quantity)
    if not 1 <= quantity <= MOST_UNITS:
        return replace(trial, refusal=_("Try a quantity between 1 and %(most)d.") % {"most": MOST_UNITS})
    # Belongs to nobody, and differs from any address that somebody may have typed: such names never exist (RFC 2606).
    domain = f"{secrets.token_hex(3)}.example.invalid"
    placed = _step(lambda: _place(entry, quantity=quantity, domain=domain, now=now))
    if isinstance(placed, _Failure):
        return replace(trial, refusal=str(placed.refusal), problems=placed.problems)
    trial = replace(trial, is_placed=True, total=placed.gross, currency=placed.currency)
    delivered = _step(lambda: _pay_and_deliver(placed, actor=actor, now=now))
    findings = findings_of(placed, domain=domain)
    if isinstance(delivered, _Failure):
        return replace(trial, refusal=str(delivered.refusal), problems=delivered.problems, findings=findings)
    failed = placed.lines.filter(status=OrderLine.Status.FAILED).first()
    refusal = (failed.failure_text or _("No reason was given.")) if failed else ""
    return replace(trial, refusal=refusal, findings=findings)


def _step(work: Callable[[], R]) -> R | _Failure:
    """Run a step of the trial in a savepoint of its own; turn its errors into sentences."""
    try:
        with transaction.atomic():
            return work()
    except UnitsIncomplete as incomplete:
        said = [
            _("Unit %(number)d: %(problem)s") % {"number": error.index + 1, "problem": error.message}
            for error in incomplete.errors[:PROBLEMS_SHOWN]
        ]
        return _Failure(_("The made-up answers are not accepted by the micro-form."), tuple(said))
    except (CartRefused, CheckoutRefused) as refusal:
        return _broken(refusal) or _Failure(str(refusal))
    except Temporary as temporary:
        return _broken(temporary) or _Failure(
            _("For the moment this does not work, and a sale would be tried again later: %(error)s")
            % {"error": temporary}
        )
    except Exception as error:
        if broken := _broken(error):
            return broken
        if is_lock_timeout(error) or is_deadlock(error):
            return _Failure(PLACED_JUST_NOW)
        logger.exception("A trial of an entry met an error")
        return _stopped(f"{type(error).__name__}: {error}")


def _broken(refusal: Exception) -> _Failure | None:
    """Return the failure of the hook that is behind a refusal, None if there is none."""
    cause: BaseException | None = refusal
    while cause is not None and not isinstance(cause, HookBroken):
        cause = cause.__cause__
    if cause is None:
        return None
    error = cause.__cause__
    if error is not None and is_lock_timeout(error):
        return _Failure(PLACED_JUST_NOW)
    return _stopped(str(cause.fault.message))


def _stopped(error: str) -> _Failure:
    told = _("The automation stopped with an error, which whoever wrote it has to correct: %(error)s")
    return _Failure(told % {"error": error})


def _place(entry: Entry, *, quantity: int, domain: str, now: datetime) -> Order:
    """Place an order for an invented customer, who may buy anything, and a new organisation of theirs."""
    language = get_language() or settings.LANGUAGE_CODE
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LONGEST_WAIT])
    # Staff may buy internal entries, whatever the audience of entry and handler.
    Entry.objects.filter(pk=entry.pk).update(state=EntryState.INTERNAL)
    entry.state = EntryState.INTERNAL
    buyer = User.objects.create_user(
        f"customer@{domain}",
        is_address_proved=True,
        is_staff=True,
        first_name=_("Customer"),
        last_name=_("of the trial"),
        language=language,
    )
    buyer.is_trusted_staff = True
    cart = open_cart(token=None, user=buyer)
    line = add_to_cart(cart=cart, entry=entry, quantity=quantity, user=buyer, now=now)
    typed = made_up_answers(asked_of(offer_of(entry)), quantity=quantity, domain=domain)
    if typed:
        save_units(
            cart=cart,
            line_id=line.pk,
            answers={index: unit.answers for index, unit in typed.items()},
            fields={index: unit.fields for index, unit in typed.items()},
        )
    cart.refresh_from_db()
    terms = LegalText.in_force(LegalText.Kind.TERMS, now)
    details = OrderDetails(
        email=buyer.email,
        contact_name=buyer.get_full_name(),
        is_organisation=True,
        address=PostalAddress(
            name=_("Organisation of the trial"), street=_("1 Example Street"), postal_code="75001", city="Paris"
        ),
    )
    draft = draft_order(
        priced=price_cart(cart, user=buyer, now=now),
        details=details,
        user=buyer,
        language=language,
        now=now,
    )
    return place_order(
        cart_token=cart.token,
        user=buyer,
        details=details,
        shown=Shown.of(draft),
        consent=Consent(terms_id=terms.pk if terms else None),
        language=language,
        visitor_key="",
        now=now,
    )


def _pay_and_deliver(order: Order, *, actor: User, now: datetime) -> None:
    if order.status == Order.Status.PLACED:
        event = transfer.received(
            order_number=order.number, reference="trial", amount=order.gross, currency=order.currency
        )
        payments.settle(event=event, actor=actor, now=now)
    for line_id in list(order.lines.order_by("position").values_list("pk", flat=True)):
        fulfilment.fulfil_line(line_id=line_id, now=now)
    # Deferred constraints are checked here, as the transaction never commits.
    connection.check_constraints()
