"""Details that an account and a person give about themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.members.history.models import MemberEvent
from accounts.members.history.services import note
from accounts.members.models import CustomerAccount
from accounts.people.changes import PersonChange, tell_changed
from accounts.people.models import User
from common.emails import normalise_email
from common.postal import PostalAddress
from common.register_numbers import normalise_register_number
from common.typed import clean_line
from common.vat import normalise_vat_id


@dataclass(frozen=True, kw_only=True)
class AccountDetails:
    kind: str
    address: PostalAddress
    vat_id: str = ""
    payer_email: str = ""
    is_public_body: bool = False
    register_number: str = ""
    service_code: str = ""


def save_account_details(*, account_id: int, details: AccountDetails, actor: User, now: datetime) -> None:
    """Change the details that future orders of an account start from; placed orders keep theirs.

    Two statements; takes no further lock. Raises ValidationError for a number or an address that cannot be one.
    """
    with transaction.atomic():
        CustomerAccount.objects.filter(pk=account_id).update(
            kind=details.kind,
            is_public_body=details.is_public_body,
            register_number=normalise_register_number(details.register_number, country=details.address.country),
            service_code=clean_line(details.service_code),
            vat_id=normalise_vat_id(details.vat_id, country=details.address.country),
            payer_email=normalise_email(details.payer_email) if details.payer_email else "",
            **details.address.columns(),
        )
        note(MemberEvent.Kind.DETAILS, account_id=account_id, actor=actor, now=now)


def save_profile(*, user_id: int, first_name: str, last_name: str, language: str) -> None:
    """Change a person's name, and the language of the person's mails and pages."""
    user = User.objects.filter(pk=user_id)
    with transaction.atomic():
        is_renamed = user.exclude(first_name=first_name, last_name=last_name).exists()
        user.update(first_name=first_name, last_name=last_name, language=language)
        if is_renamed:
            tell_changed(PersonChange.RENAMED, [user_id], actor_id=user_id)
