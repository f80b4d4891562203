"""Proof of an address, by a mailed code or link, and its effect on a password typed before."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.db import transaction

from accounts.links.models import AddressLink
from accounts.links.services import LinkGone
from accounts.people.models import User
from accounts.people.services import PersonTyped, find_or_create_people


def forget_unproved_password(*, user_id: int) -> bool:
    """Void a password that was typed while the address was not proved; tell whether one was voided.

    Call when the address is about to be proved by another route than the sign-in that password began: the password may
    be a stranger's, not the mailbox owner's. One statement, whose condition decides.
    """
    proved = EmailAddress.objects.filter(user_id=user_id, verified=True)
    unproved = User.objects.filter(pk=user_id).exclude(pk__in=proved.values("user_id"))
    with_password = unproved.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return bool(with_password.update(password=make_password(None)))


def prove_address(*, email: str, language: str, may_create: bool, now: datetime) -> User | None:
    """Record that a mailed link proved a (normalised) address, and return the user who owns the address.

    A password typed before the proof dies. None when the address belongs to nobody and `may_create` is not set; a
    closed user is returned unproved. Locks the user.
    """
    with transaction.atomic():
        if may_create:
            find_or_create_people(people=[PersonTyped(email=email)], account=None, language=language, now=now)
        user = User.objects.select_for_update(no_key=True).filter(email=email).first()
        if user is None or not user.is_active:
            return user
        if forget_unproved_password(user_id=user.pk):
            user.refresh_from_db(fields=["password"])
        if not EmailAddress.objects.filter(user=user, email=email).update(verified=True, primary=True):
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        return user


def meet_mailed_person(*, email: str, language: str, now: datetime) -> None:
    """Make the user of an address that a claim or a membership was mailed to, so that a mailed code lets them in.

    Pages say that a code is on its way; to these addresses the shop has written before. Every other address without a
    user stays unknown.
    """
    mailed = AddressLink.objects.filter(email=email).exclude(purpose=AddressLink.Purpose.INVITATION)
    if mailed.exists():
        find_or_create_people(people=[PersonTyped(email=email)], account=None, language=language, now=now)


def prove_by_link(*, link: AddressLink, now: datetime) -> User:
    """Take the link as the proof of its address and return the user who owns that address.

    The link stays unused. A claim or a membership makes the user if nobody has that address; an invitation does not,
    since it went to a user who has another address by now. Raises LinkGone, also for a closed user.
    """
    may_create = link.purpose != AddressLink.Purpose.INVITATION
    user = prove_address(email=link.email, language=link.language, may_create=may_create, now=now)
    if user is None or not user.is_active:
        raise LinkGone
    return user
