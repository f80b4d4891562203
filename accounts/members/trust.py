"""Customer accounts that may speak to strangers in their own words: those that have paid, or that the merchant trusts.

Any visitor makes an account, under any name. Until money has come, or the merchant has given credit, the mails that an
account causes to people who did not ask for them (invitations, enrolments, the payer's) are in the shop's fixed words
and hold nothing typed; a member is invited by an owner whose address is proved, a few times a day (`before payment` in
RATE_LIMITS), so that a new customer can bring a colleague before the first purchase. Floors above register what they
count as paid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.members.current import AccountRequest
from accounts.members.models import CustomerAccount, Membership
from accounts.people.delegation.models import Delegation
from accounts.rate_limits import addresses, others
from accounts.rate_limits.services import TooOften
from common.emails import normalise_email
from common.registry import Registry

# Called with the key of an account; tells whether it has paid for something.
HAVE_PAID: Registry[Callable[[int], bool]] = Registry("proof that an account has paid")


def may_mail_strangers(account_id: int) -> bool:
    """Tell whether an account may have mails sent in its own words to people who did not ask for them."""
    return (
        any(has_paid(account_id) for has_paid in HAVE_PAID)
        or CustomerAccount.objects.filter(pk=account_id, credit_limit__isnull=False).exists()
    )


def count_mail_to_other(request: AccountRequest, email: str, *, now: datetime) -> None:
    """Count a mail that a member of an account has sent to an address. Raises TooOften and NotBeforePayment; call
    outside of a transaction, before the mail is recorded."""
    others.count_mail_to_other(
        request, email=email, by=request.user, has_paid=may_mail_strangers(request.account.pk), now=now
    )


def count_mails_before_payment(request: AccountRequest, emails: Iterable[str], *, now: datetime) -> None:
    """Count the mails that an act on people has sent, while the account has paid for nothing; `emails` are not read
    once it has. Raises TooOften and NotBeforePayment; call outside of a transaction, before a mail is recorded."""
    if may_mail_strangers(request.account.pk):
        return
    for email in emails:
        others.count_mail_to_other(request, email=email, by=request.user, has_paid=False, now=now)


def count_address(request: AccountRequest, email: str, *, now: datetime, takes_new_seat: bool = False) -> None:
    """Count an address that a member of an account types for another person, whatever is done with it: the answer may
    tell that somebody has it. One that the account typed before, or a member's, tells nothing new and does not count.

    `takes_new_seat`: the address goes on a seat that nobody had before; once the account has paid, these are counted
    apart. Raises TooOften; call outside of a transaction, before the address is looked up.
    """
    account_id, email = request.account.pk, normalise_email(email)
    if (
        Delegation.objects.filter(account=account_id, email=email).exists()
        or Membership.objects.filter(account=account_id, user__email=email).exists()
    ):
        return
    is_paid_for = takes_new_seat and may_mail_strangers(account_id)
    addresses.count_address(request, by=request.user, account_id=account_id, is_paid_for=is_paid_for, now=now)


def names_to_strangers(account_id: int | None, *, account_name: str, person_name: str = "") -> dict[str, str]:
    """Return the names that a mail to a stranger may hold, as its context: both blank unless the account may."""
    if account_id is None or may_mail_strangers(account_id):
        return {"account_name": account_name, "invited_by": person_name}
    return {"account_name": "", "invited_by": ""}


def typed_often(refused: TooOften) -> str:
    """Tell why no further address is taken for a while, in the reader's language."""
    return _("Many addresses were typed by you or your colleagues lately. %(wait)s") % {"wait": refused}
