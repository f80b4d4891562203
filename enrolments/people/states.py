"""Progress of people in an account's courses in one word, and the state of its last mail to them: conditions on rows
that are there, stored nowhere."""

from __future__ import annotations

import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import pgettext_lazy

from accounts.links.models import AddressLink
from accounts.members.models import CustomerAccount
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from enrolments.courses.models import Course
from enrolments.grounds.models import Ground
from enrolments.people.selectors import PersonRow
from enrolments.seats.models import Seat
from outbox.mails.models import Mail


class PersonState(models.TextChoices):
    """Progress of a person; each person is in exactly one. OVER: in no course of the account that still runs."""

    INVITED = "invited", pgettext_lazy("state of a person", "Invited")
    SIGNED_IN = "signed_in", pgettext_lazy("state of a person", "Signed in")
    ENTERED = "entered", pgettext_lazy("state of a person", "Has begun")
    OVER = "over", pgettext_lazy("state of a person", "Over")


class MailState(models.TextChoices):
    """State of the last mail of an account to a person."""

    SENT = "sent", pgettext_lazy("last mail", "Sent")
    QUEUED = "queued", pgettext_lazy("last mail", "On its way")
    FAILED = "failed", pgettext_lazy("last mail", "Failed")
    NONE = "none", pgettext_lazy("last mail", "No mail yet")


def in_state(
    people: QuerySet[Delegation], account: CustomerAccount, state: PersonState, now: datetime.datetime
) -> QuerySet[Delegation]:
    """Keep people in a state. A sign-in counts only for people whom this account created, as in what it is shown."""
    running = Exists(own_grounds(account, now).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now)))
    if state == PersonState.OVER:
        return people.exclude(running)
    people = people.filter(running)
    entered = Exists(Seat.objects.filter(account=account, person=OuterRef("person"), consumed_at__isnull=False))
    if state == PersonState.ENTERED:
        return people.filter(entered)
    people = people.exclude(entered)
    links = AddressLink.objects.filter(
        account=account, user=OuterRef("person"), purpose=AddressLink.Purpose.INVITATION, used_at__isnull=False
    )
    users = User.objects.filter(pk=OuterRef("person"), created_by_account=account, last_login__isnull=False)
    signed_in = Exists(links) | Exists(users)
    return people.filter(signed_in) if state == PersonState.SIGNED_IN else people.exclude(signed_in)


def own_grounds(account: CustomerAccount, now: datetime.datetime) -> QuerySet[Ground]:
    """Return the standing grounds by which an account has the person of an outer query in courses."""
    standing = Ground.objects.standing_at(now)
    return standing.filter(account=account, kind__in=Ground.PLACING, enrolment__user=OuterRef("person"))


def in_course(
    people: QuerySet[Delegation], account: CustomerAccount, course: Course, now: datetime.datetime
) -> QuerySet[Delegation]:
    """Keep people whom the account has in a course, running or over."""
    return people.filter(Exists(own_grounds(account, now).filter(enrolment__course=course)))


def with_last_mail(people: QuerySet[Delegation], account: CustomerAccount, state: MailState) -> QuerySet[Delegation]:
    """Keep people whose last mail of the account is in a state."""
    if state == MailState.NONE:
        return people.exclude(Exists(_mails(account).filter(person_id=OuterRef("person"))))
    return people.filter(Exists(last_mails(account).filter(person_id=OuterRef("person"), state=state.value)))


def last_mails(account: CustomerAccount) -> QuerySet[Mail]:
    """Return the last mail of an account to each person that it wrote to; mails taken back do not count."""
    later = _mails(account).filter(person_id=OuterRef("person_id"), pk__gt=OuterRef("pk"))
    return _mails(account).filter(~Exists(later), person_id__isnull=False)


def _mails(account: CustomerAccount) -> QuerySet[Mail]:
    return Mail.objects.filter(account_id=account.pk).exclude(state=Mail.State.RECALLED)


def state_of(row: PersonRow, now: datetime.datetime) -> PersonState:
    """Return the state of a person whose row has its onboarding, like `in_state`."""
    if not any(ground.ends_at is None or ground.ends_at > now for ground in row.grounds):
        return PersonState.OVER
    known = row.onboarding
    if known is not None and known.entered_at is not None:
        return PersonState.ENTERED
    if known is not None and (known.has_signed_in or known.accepted_at is not None):
        return PersonState.SIGNED_IN
    return PersonState.INVITED
