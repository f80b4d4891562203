"""Proofs that the person at work is still the one who signed in, at most STEP_UP_MINUTES old.

People with a second factor show it: neither password nor mailed code stands for it. People without one type their
password, or a code mailed to them. Staff who set up their first factor show both, for a stolen password alone must not
make a factor that keeps its owner out. In development (STAFF_NEEDS_SECOND_FACTOR off) staff without a factor work in
the administration without any proof; one's own access is guarded as ever.
"""

from __future__ import annotations

import time

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from accounts.people.models import User
from accounts.sign_in.second_factor.proved import factor_records

# Names of the pages that take a proof.
PASSWORD, CODE = "account_reauthenticate", "account_reauthenticate_by_code"
FACTOR, PASSKEY = "mfa_reauthenticate", "mfa_reauthenticate_webauthn"
PAGE_OF_METHOD = {"password": PASSWORD, "code": CODE}


class ProofWanted(ReauthenticationRequired):
    """The request waits for a proof, which the page of that name takes."""

    def __init__(self, page: str) -> None:
        super().__init__(page)
        self.page = page


def demand_proof(request: HttpRequest, *, is_first_factor: bool = False) -> None:
    """Raise ProofWanted unless the person has shown lately that it is still them. `is_first_factor` tells that a factor
    may be set up. One query, another for a proof that lacks."""
    page = _page_wanted(request, is_first_factor=is_first_factor)
    if page:
        raise ProofWanted(page)


def demand_proof_of_staff(request: HttpRequest) -> None:
    """Raise ProofWanted unless staff have shown their factor lately."""
    if settings.STAFF_NEEDS_SECOND_FACTOR or _types_of(_person(request)):
        demand_proof(request)


def pages_for(user: User) -> list[str]:
    """Return the pages that take a proof of this person, the usual one first. One query."""
    types = set(_types_of(user).values())
    if not types:
        return [PASSWORD, CODE] if user.has_usable_password() else [CODE]
    if Authenticator.Type.TOTP in types:
        return [FACTOR, PASSKEY] if Authenticator.Type.WEBAUTHN in types else [FACTOR]
    return [PASSKEY, FACTOR] if Authenticator.Type.RECOVERY_CODES in types else [PASSKEY]


def pages_shown(request: HttpRequest) -> set[str]:
    """Return the pages of password and mailed code on which the person has shown lately that it is still them."""
    return {
        PAGE_OF_METHOD[record["method"]]
        for record in get_authentication_records(request, _person(request))
        if record["method"] in PAGE_OF_METHOD and record.get("reauthenticated") and _is_fresh(record["at"])
    }


def _page_wanted(request: HttpRequest, *, is_first_factor: bool) -> str:
    """Return the page of the proof that lacks, "" if none does."""
    user = _person(request)
    factors = _types_of(user)
    if factors:
        shown = any(record.get("id") in factors for record in factor_records(request, user) if _is_fresh(record["at"]))
        return "" if shown else pages_for(user)[0]
    pages_given = pages_shown(request)
    wanted = [PASSWORD, CODE] if user.has_usable_password() else [CODE]
    if is_first_factor and user.is_staff and settings.STAFF_NEEDS_SECOND_FACTOR:
        return next((page for page in wanted if page not in pages_given), "")
    return "" if pages_given else wanted[0]


def _is_fresh(at: float) -> bool:
    return time.time() - at < settings.STEP_UP_MINUTES * 60


def _types_of(user: User) -> dict[int, str]:
    """Return key and type of each factor of a person, recovery codes included: they exist beside others alone."""
    return dict(Authenticator.objects.filter(user_id=user.pk).values_list("pk", "type"))


def _person(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise ProofWanted("account_login")
    return user
