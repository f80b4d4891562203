"""Saving a card for what is due later: committed first, called then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.moments import local_day
from common.plain_inserts import insert_rows
from common.refusals import Refused
from shop.orders.models import Order
from shop.orders.standing import NOT_ENDED
from shop.payments.attempts.models import KEY_HOLDS_FOR
from shop.payments.port import CallRefused, Provider, Unreachable
from shop.payments.requests.asked import Asked
from shop.payments.requests.links import token_of
from shop.payments.requests.models import PaymentRequest
from shop.payments.saved_cards.models import CardCharge, SavedCard
from shop.payments.saved_cards.port import CardProvider, Saving

State = SavedCard.State
# Nobody is sent to a page that closes while they type.
_STILL_OPEN_FOR = timedelta(minutes=5)


class NoCardWanted(Refused):
    """Refusal to save a card: nothing of the order is due later, or a card is saved already."""

    message = _("No card is needed: nothing is due later, or a card is saved already.")


class CardNotBegun(Refused):
    """Refusal because the provider did not answer, or would not begin."""

    message = _("The page for saving your card cannot be reached just now. Try again in a few minutes.")


def due_later(order: Order, asked: Sequence[Asked], *, today: date) -> list[Asked]:
    """Return the parts for which a card may be saved: still to be paid, not promised, and due after today."""
    if order.status not in NOT_ENDED:
        return []
    still = (each for each in asked if each.rest > 0 and each.request.state == PaymentRequest.State.OPEN)
    return [each for each in still if each.request.due_on is not None and each.request.due_on > today]


@dataclass(frozen=True)
class CardView:
    """Saved card on an order's page: the parts that it is for, and the card, None where one may be saved."""

    parts: tuple[Asked, ...]
    saved: SavedCard | None

    @property
    def digits(self) -> str:
        """Return the last four digits of the card, "" where nobody knows them."""
        return "" if self.saved is None or self.saved.last4 is None else f"{self.saved.last4:04d}"


def card_view(
    order: Order,
    asked: Sequence[Asked],
    methods: Sequence[Provider],
    *,
    part: PaymentRequest | None = None,
    now: datetime,
) -> CardView | None:
    """Return what an order's page, or the pay link of a part, tells of a saved card; None where none is needed. One
    query, none without a provider that keeps cards.

    A part whose payer has saved a card of their own needs none of the customer's.
    """
    parts = _of_part(due_later(order, asked, today=local_day(now)), part)
    if not parts or card_provider(methods) is None:
        return None
    saved = {card.request_id: card for card in SavedCard.objects.filter(order=order, state=State.SAVED)}
    if part is None:
        parts = [each for each in parts if each.request.pk not in saved]
    return CardView(tuple(parts), saved.get(part.pk if part else None)) if parts else None


def _of_part(asked: Sequence[Asked], part: PaymentRequest | None) -> list[Asked]:
    return [each for each in asked if part is None or each.request.pk == part.pk]


def card_provider(methods: Sequence[Provider]) -> CardProvider | None:
    """Return the first of the methods that keeps cards."""
    return next((each for each in methods if isinstance(each, CardProvider)), None)


def start_saving(
    *,
    order: Order,
    asked: Sequence[Asked],
    methods: Sequence[Provider],
    part: PaymentRequest | None = None,
    now: datetime,
) -> str:
    """Begin to save a card for an order as just read, or for the part of a pay link alone; return the address of the
    provider's page.

    Calls the provider outside of any transaction. Raises NoCardWanted and CardNotBegun.
    """
    provider = card_provider(methods)
    if provider is None or not _of_part(due_later(order, asked, today=local_day(now)), part):
        raise NoCardWanted
    row = _begun(order, provider, part, now=now)
    if row.state == State.STARTED and hear_of_card(provider, row.reference, now=now):
        raise NoCardWanted
    if row.state == State.BEGUN:
        _call(row, provider, order, part)
    return row.url


def hear_of_card(provider: Provider, reference: str, *, now: datetime) -> bool:
    """Look up at a provider whether the card of a page was saved, and note it; tell whether it was.

    One query for a page that the shop does not know. Raises Unreachable and CallRefused.
    """
    if not isinstance(provider, CardProvider):
        return False
    row = SavedCard.objects.filter(provider=provider.name, reference=reference, state=State.STARTED).first()
    card = provider.fetch_card(reference) if row else None
    if row is None or card is None:
        return False
    known = SavedCard.objects.filter(pk=row.pk, state=State.STARTED)
    return bool(known.update(state=State.SAVED, card=card.reference, last4=card.last4, saved_at=now, url=""))


def open_savings(order_id: int, provider: Provider) -> list[str]:
    """Return the references of pages on which an order's card is being saved. One query, none for a provider that keeps
    no cards."""
    if not isinstance(provider, CardProvider):
        return []
    rows = SavedCard.objects.filter(order=order_id, provider=provider.name, state=State.STARTED)
    return list(rows.values_list("reference", flat=True))


def remove_card(*, order: Order, part: PaymentRequest | None = None) -> None:
    """Charge the customer's card of an order, or that of a pay link's part, no more. A charge under way goes on, and is
    heard of."""
    SavedCard.objects.filter(order=order, request=part, state__in=SavedCard.LIVE).update(state=State.ENDED, url="")
    CardCharge.objects.filter(card__order=order, card__request=part, attempt__isnull=True).update(next_at=None)


def _begun(order: Order, provider: CardProvider, part: PaymentRequest | None, *, now: datetime) -> SavedCard:
    """Return the row of the card being saved, a new one if there is none or its page has closed."""
    live = SavedCard.objects.filter(order=order, request=part, state__in=SavedCard.LIVE)
    row = live.first()
    if row is not None and row.state != State.SAVED and not _fits(row, provider, now=now):
        live.filter(pk=row.pk, state=row.state).update(state=State.ENDED, url="")
        row = None
    if row is None:
        new = SavedCard(order=order, request=part, provider=provider.name, begun_at=now)
        insert_rows([new], ignore_conflicts=True)
        row = live.first()
    if row is None or row.state == State.SAVED:
        raise NoCardWanted
    return row


def _fits(row: SavedCard, provider: CardProvider, *, now: datetime) -> bool:
    is_open = row.open_until is None or now + _STILL_OPEN_FOR < row.open_until
    return row.provider == provider.name and is_open and now < row.begun_at + KEY_HOLDS_FOR


def _call(row: SavedCard, provider: CardProvider, order: Order, part: PaymentRequest | None) -> None:
    token = token_of(part) if part else order.token
    saving = Saving(
        key=str(row.key),
        order_number=order.number,
        email="" if part else order.contact_email,  # an outside payer is not told the customer's address
        language=order.language,
        return_url=settings.SITE_URL + reverse("payment-return", args=[provider.name, token]),
        cancel_url=settings.SITE_URL + reverse("pay-link" if part else "order", args=[token]),
        begun_at=row.begun_at,
    )
    try:
        started = provider.start_saving(saving)
    except CallRefused as refusal:  # the call itself is wrong: the next one needs a key of its own
        SavedCard.objects.filter(Q(pk=row.pk), state=State.BEGUN).update(state=State.ENDED)
        raise CardNotBegun from refusal
    except Unreachable as silence:
        raise CardNotBegun from silence
    SavedCard.objects.filter(pk=row.pk, state=State.BEGUN).update(
        state=State.STARTED, reference=started.reference, url=started.url, open_until=started.open_until
    )
    row.url = started.url
