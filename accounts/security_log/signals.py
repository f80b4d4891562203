"""Events that Django and allauth announce. Acts of our own call `record` themselves: second factors, fresh proofs of a
person who is signed in, sessions, rights.

Nothing here may depend on whether an address is known: a visitor could measure it. So of a failed sign-in one
statement looks for the person, whoever typed which address; of a wrong mailed code nobody is named.
"""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import get_authentication_records
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.people.models import User
from accounts.security_log.kinds import Kind
from accounts.security_log.services import Details, mark_of, network_mark, record

# allauth's refusals of forms, by their codes.
LOCKED = frozenset({"too_many_login_attempts", "rate_limited"})
WRONG_CODE = "incorrect_code"


def note_refusal(request: HttpRequest | None, code: str) -> None:
    """Record that a form of a sign-in page was refused, if that is an event."""
    if request is None:
        return
    if code in LOCKED:
        note_lock_out(request)
    elif code == WRONG_CODE:
        _by_visitor(Kind.CODE_REJECTED, request, {"page": page_of(request)})


def note_lock_out(request: HttpRequest) -> None:
    """Record that a page of allauth's was locked: once an hour, page and network, or the log would be flooded."""
    page = page_of(request)
    _by_visitor(Kind.LOCKED_OUT, request, {"page": page}, once=f"{page}:{network_mark(request)}")


def page_of(request: HttpRequest) -> str:
    """Return the name of the page that was asked for."""
    return request.resolver_match.view_name if request.resolver_match else ""


def _by_visitor(kind: Kind, request: HttpRequest, details: Details, once: str = "") -> None:
    user_id = request.user.pk if request.user.is_authenticated else None
    record(kind, now=timezone.now(), request=request, user_id=user_id, actor_id=user_id, details=details, once=once)


def _by_themself(kind: Kind, request: HttpRequest, user: User, details: Details | None = None) -> None:
    record(kind, now=timezone.now(), request=request, user_id=user.pk, actor_id=user.pk, details=details)


# --- Signing in and out ----------------------------------------------------------------------------------------------


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    used = get_authentication_records(request, user)
    _by_themself(Kind.SIGNED_IN, request, user, {"by": [str(each["method"]) for each in used]})


@receiver(user_logged_out)
def _signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        _by_themself(Kind.SIGNED_OUT, request, user)


@receiver(user_login_failed)
def _sign_in_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return
    address = str(credentials.get("email", ""))
    known = User.objects.filter(email=address).values_list("pk", flat=True).first()
    record(
        Kind.SIGN_IN_FAILED,
        now=timezone.now(),
        request=request,
        user_id=known,
        details={"by": "password", "address": mark_of(address)},
    )


# --- Passwords and addresses -----------------------------------------------------------------------------------------


@receiver([account.password_changed, account.password_set])
def _password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    _by_themself(Kind.PASSWORD_CHANGED, request, user)


@receiver(account.password_reset)
def _password_reset(request: HttpRequest, user: User, **_: Any) -> None:
    _by_themself(Kind.PASSWORD_RESET, request, user)


@receiver(account.email_changed)
def _address_changed(request: HttpRequest, user: User, **_: Any) -> None:
    _by_themself(Kind.ADDRESS_CHANGED, request, user)


# --- Staff -----------------------------------------------------------------------------------------------------------


@receiver(post_save, sender=User)
def _staff_from_the_start(instance: User, created: bool, raw: bool = False, **_: Any) -> None:
    """Record who begins as staff, as by `createsuperuser`; nobody is made staff like that on a page."""
    if created and not raw and (instance.is_staff or instance.is_superuser):
        record(Kind.STAFF_MADE, now=timezone.now(), user_id=instance.pk, details={"all": instance.is_superuser})
