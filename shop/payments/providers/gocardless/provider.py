"""GoCardless, as the shop's port requires."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from shop.payments.port import (
    Attempt,
    CallRefused,
    Connection,
    Message,
    Notice,
    NotificationRefused,
    ProviderEvent,
    Started,
)
from shop.payments.providers.gocardless import debits, events, messages, refunds
from shop.payments.providers.gocardless.client import CURRENCY, gocardless_client
from shop.payments.providers.gocardless.keys import GoCardlessSettings, keys
from shop.payments.refunding import RefundFunctions, RefundingProvider

# Refusals that say that a thing is not the shop's, or not any more.
_OF_OTHERS = (debits.NOT_OURS, "invalid_api_usage_resource_not_found")
# Clocks differ.
_AROUND = timedelta(minutes=10)


class GoCardlessProvider(RefundingProvider):
    name = debits.NAME
    label = _("Direct debit (SEPA)")
    summary = _("You allow us to debit your account; your bank answers within a few days.")
    is_immediate = True
    urlconf = "shop.payments.providers.gocardless.urls"
    has_page = True
    refund_functions: ClassVar[RefundFunctions] = refunds
    settings_form = GoCardlessSettings
    currencies = frozenset({CURRENCY})
    # Eight weeks without a reason, thirteen months for a debit that the payer never agreed to.
    recall_for = timedelta(days=400)

    def sites(self) -> Sequence[str]:
        return (keys().pages,)

    def start(self, attempt: Attempt) -> Started:
        """Ask for a mandate; our own address leads to the page, which may be made as often as one likes."""
        with gocardless_client() as client:
            return _started(debits.ask_for_mandate(client, attempt).id, attempt)

    def find(self, attempt: Attempt) -> Started | None:
        since = (attempt.begun_at - _AROUND).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        with gocardless_client() as client:
            found = debits.find_request(client, attempt, since=since)
        return None if found is None else _started(found.id, attempt)

    def end(self, reference: str) -> None:
        with gocardless_client() as client:
            debits.end(client, reference)

    def verify(self, message: Message) -> Notice | None:
        return messages.read(message)

    def fetch(self, notice: Notice, *, now: datetime) -> ProviderEvent | None:
        return next(iter(self.fetch_all(notice, now=now)), None)

    def fetch_all(self, notice: Notice, *, now: datetime) -> Sequence[ProviderEvent]:
        things = notice.payload.get("things")
        if not things:
            return events.of_request(notice.reference, notice)
        return [event for thing in things for event in _events_of(thing, notice)]

    def check_connection(self) -> Connection:
        with gocardless_client() as client:
            creditors = client.creditors.list(params={"limit": 1}).records
        is_test = GoCardlessSettings.is_test(self.values())
        return Connection(str(creditors[0].name) if creditors else "", is_test=is_test)


provider = GoCardlessProvider()


def _started(reference: str, attempt: Attempt) -> Started:
    return Started(reference, reverse("gocardless-page", args=[attempt.key]))


def _events_of(thing: str, notice: Notice) -> Iterator[ProviderEvent]:
    """Yield what has become of one thing of a message. Things of other programs, or gone, hold up no other."""
    kind, _slash, identity = thing.partition("/")
    quoted = Notice(reference=identity, event_id=thing, payload={"thing": thing})
    try:
        if kind == "refunds":
            yield from events.of_refund(identity, quoted)
            return
        if kind == "payments":
            with gocardless_client() as client:
                identity = debits.request_of(client.payments.get(identity))
        yield from events.of_request(identity, quoted)
    except NotificationRefused:
        return
    except CallRefused as refusal:
        if str(refusal) not in _OF_OTHERS:
            raise
