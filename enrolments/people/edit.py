"""Correction of a person's mistyped details, while nobody else relies on that person."""

from __future__ import annotations

import datetime
import hashlib

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.members.models import CustomerAccount, Membership
from accounts.members.operators import keep_account
from accounts.people.changes import PersonChange
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.people.services import PersonTyped, invite_people
from common.again import again_after_deadlock
from common.emails import normalise_email
from common.refusals import Refused
from enrolments.events.services import person_changed
from enrolments.grounds.models import Ground
from enrolments.grounds.notify import courses_in_words, placed_by
from enrolments.people.errors import PersonNotFound
from enrolments.people.mail_again import refuse_often


class PersonSettled(Refused):
    """Refusal to edit a person who signed in or on whom others rely; one sentence for all cases, to give none away."""

    message = _(
        "These details can no longer be changed here: the person uses them, or did not come to us by your "
        "account alone. To put somebody else in their place, give their seats to that person."
    )


class AddressOfAnother(Refused):
    """Refusal of an address that belongs to another person: that would replace the person, not edit them."""

    message = _("This address belongs to somebody else, so this would be another person.")


class PersonChanged(Refused):
    """Refusal when a colleague changed the details after the page was opened."""

    message = _(
        "A colleague changed these details meanwhile: look at what is marked. Save again to put yours in their place."
    )


def version_of(delegation: Delegation) -> str:
    """Return a fingerprint of the details that a page shows; its form posts it back, to notice a change in between."""
    details = "\0".join((delegation.email, delegation.first_name, delegation.last_name))
    return hashlib.sha256(details.encode()).hexdigest()[:16]


def is_editable(*, account: CustomerAccount, user: User) -> bool:
    """Tell whether a person depends on this account alone: created by it, never signed in, and unknown to others.

    A person who proved their address has taken the user over, signed in or not. Four statements at most.
    """
    return (
        user.created_by_account_id == account.pk
        and user.last_login is None
        and user.is_active
        and not user.is_staff
        and not EmailAddress.objects.filter(user=user, verified=True).exists()
        and not Membership.objects.filter(user=user).exists()
        and not Delegation.objects.filter(person=user).exclude(account=account).exists()
        # The merchant's own grounds have no account: exclude() finds those too.
        and not Ground.objects.filter(enrolment__user=user).exclude(account=account).exists()
    )


@again_after_deadlock
def edit_person(
    *,
    account: CustomerAccount,
    person_id: int,
    person: PersonTyped,
    expected_version: str,
    language: str,
    now: datetime.datetime,
) -> bool:
    """Write name and address of a person whom this account alone knows, in the user and in the account's delegations.

    Returns whether the address changed; then the links mailed to the old one are dead and a new invitation goes out.
    `expected_version` is the `version_of` that the page showed.

    Locks the account (FOR KEY SHARE), then the person against every transaction that refers to them meanwhile (FOR
    UPDATE, which waits for and keeps out the FOR KEY SHARE of `find_or_create_people`). Raises PersonNotFound,
    PersonChanged, PersonSettled, AddressOfAnother, MailedOften (an address is changed as often as mails may go out),
    and ValidationError for something that is no address.
    """
    email = normalise_email(person.email)
    first_name, last_name = person.first_name, person.last_name
    with transaction.atomic():
        if not keep_account(account.pk):
            raise PersonNotFound
        user = User.objects.select_for_update().filter(pk=person_id).first()
        shown = Delegation.objects.filter(account=account, person_id=person_id).order_by("pk").first()
        if user is None or shown is None:
            raise PersonNotFound
        if version_of(shown) != expected_version:
            raise PersonChanged
        if not is_editable(account=account, user=user):
            raise PersonSettled
        is_moved = email != user.email
        if is_moved:
            # Each new address gets an invitation: without a limit an operator could have mails sent to any address.
            refuse_often(account, user, now)
            _move(user, email)
        if is_moved:
            person_changed(PersonChange.REPLACED, [user.pk], None)
        if (first_name, last_name) != (user.first_name, user.last_name):
            person_changed(PersonChange.RENAMED, [user.pk], None)
        User.objects.filter(pk=user.pk).update(first_name=first_name, last_name=last_name)
        Delegation.objects.filter(account=account, person=user).update(
            email=email, first_name=first_name, last_name=last_name
        )
        if is_moved:
            is_enrolled = Ground.objects.live().filter(account=account, enrolment__user=user).exists()
            invite_people(
                users=[user],
                account=account,
                reason_key=f"edited:{account.pk}:{now.isoformat()}",
                language=language,
                now=now,
                is_enrolled=is_enrolled,
                courses=courses_in_words(placed_by(account=account, users=[user], now=now)),
            )
    return is_moved


def _move(user: User, email: str) -> None:
    """Give the user another address. The unique constraint decides when another user takes it at the same moment."""
    if EmailAddress.objects.filter(email=email).exclude(user=user).exists():
        raise AddressOfAnother
    try:
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(email=email)
            EmailAddress.objects.filter(user=user).update(email=email)
    except IntegrityError:
        raise AddressOfAnother from None
    user.email = email
