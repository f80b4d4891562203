"""Second charges sent back by rule, where the merchant has switched it on."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy

from accounts.people.models import User
from accounts.second_person.money_back import goes_back_without_two
from common.refusals import Refused
from outbox.jobs.services import NewJob, enqueue_many
from shop.payments.attention import NoAttentionNeeded, ResolvedAlready
from shop.payments.models import PaymentEvent
from shop.payments.refunds.unallocated import GoneAlready, NotByProvider, RestDiffers, send_unallocated_back, way_back
from shop.payments.second_charges.models import SecondChargeRule

JOB_KIND = "second_charge_back"


class RuleAsWanted(Refused):
    """Refusal to switch the rule to what it is already."""

    message = gettext_lazy("Somebody switched this meanwhile: it is as you want it already.")


def standing_rule() -> SecondChargeRule | None:
    """Return the rule that stands, None while second charges wait for the merchant. One query."""
    return SecondChargeRule.objects.filter(off_at__isnull=True).select_related("on_by").first()


@transaction.atomic
def switch_rule(*, is_on: bool, actor: User, now: datetime) -> None:
    """Switch the rule on, for second charges that come from now on, or off. Raises RuleAsWanted."""
    if is_on:
        try:
            with transaction.atomic():
                SecondChargeRule.objects.create(on_at=now, on_by=actor)
        except IntegrityError as error:
            if standing_rule() is None:
                raise
            raise RuleAsWanted from error
    elif not SecondChargeRule.objects.filter(off_at__isnull=True).update(off_at=now, off_by=actor):
        raise RuleAsWanted


def queue_second_charge(event: PaymentEvent) -> None:
    """Record the job that sends a second charge back, if the rule stands and the event tells of money that came. Two
    statements at most; called in the transaction of the event."""
    if event.kind == PaymentEvent.Kind.SUCCEEDED and standing_rule() is not None:
        key = f"second_charge:{event.pk}"
        enqueue_many([NewJob(kind=JOB_KIND, key=key, payload={"event": event.pk}, order_id=event.order_id)])


def send_by_rule(*, event_id: int, now: datetime) -> bool:
    """Send a second charge back the way it came; tell whether it is on its way.

    It is left to the merchant if the rule stands no more, if the provider does not send it, if the amount asks for two
    people of the staff, and if somebody has dealt with it. Locks like `send_unallocated_back`.
    """
    rule = standing_rule()
    event = PaymentEvent.objects.select_related("payment").get(pk=event_id)
    way = way_back(event)
    if rule is None or way is None or not way.method or not goes_back_without_two(way.amount):
        return False
    with translation.override(settings.LANGUAGE_CODE):
        reason = gettext("Second charge, sent back by rule.")
    try:
        send_unallocated_back(event_id=event_id, amount=way.amount, reason=reason, actor=rule.on_by, now=now)
    except (NoAttentionNeeded, ResolvedAlready, GoneAlready, RestDiffers, NotByProvider):
        return False
    return True
