"""The kinds of mails this floor writes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.links.effects import link_url
from accounts.links.models import AddressLink
from accounts.links.renewal import RENEWALS
from accounts.links.services import NewLink, create_links
from accounts.members.models import MemberInvitation
from accounts.members.services import lock_account
from accounts.members.trust import names_to_strangers
from accounts.people.models import User
from accounts.people.selectors import is_address_proved
from common.defused import defused
from common.registry import Registry
from outbox.errors import ResendRefused
from outbox.jobs.models import Job
from outbox.mails.kinds import BLANK, Receiver, Renewed, register_mail_kind
from outbox.mails.models import Mail


def with_link(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the address of the one-time link named by the mail's `link_id`."""
    link = AddressLink.objects.get(pk=mail.context["link_id"])
    return {"link_url": BLANK if blank else link_url(link), "expires_at": link.expires_at}


def by_account(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the link, and the names of the account and of whoever invites, as far as strangers may read them."""
    names = names_to_strangers(
        mail.account_id,
        account_name=defused(mail.context["account_name"]),
        person_name=defused(mail.context.get("invited_by", "")),
    )
    return with_link(mail, blank=blank) | names


def with_new_link(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the address of the new link, if there is one, and that of the page where a code signs in."""
    link = with_link(mail, blank=blank) if mail.context["link_id"] else {}
    return link | {"code_url": settings.SITE_URL + reverse("account_request_login_code")}


def with_sign_in_pages(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the addresses of the pages for signing in and for a new password."""
    return {
        "sign_in_url": settings.SITE_URL + reverse("account_login"),
        "reset_url": settings.SITE_URL + reverse("account_reset_password"),
    }


# Returns those of some courses that a person still has by an account (None: by the merchant); registered by the floor
# that knows courses.
StillPlaced = Callable[[User, int | None, Collection[str]], set[str]]
STILL_PLACED: Registry[StillPlaced] = Registry("courses that a person still has")


def renew_invitation(mail: Mail, now: datetime) -> Renewed:
    """Return the mail's context for the courses that the person still has, with a new link if the old one is dead.

    Raises ResendRefused if the person needs no invitation any more, or has lost every course that the mail names.
    """
    link = AddressLink.objects.select_related("user", "account").get(pk=mail.context["link_id"])
    user = link.user
    if user is None or not user.is_active or user.email != link.email:
        raise ResendRefused(_("This person has another address by now, or cannot sign in any more."))
    if is_address_proved(user):
        raise ResendRefused(_("This person has proved their address already, and signs in with it."))
    context = dict(mail.context)
    told = context.get("told", {})
    if told:
        still = _still_placed(user, mail.account_id, told)
        if not still:
            raise ResendRefused(_("This person is no longer enrolled in what the mail invites them to."))
        context["told"] = {course: end for course, end in told.items() if course in still}
        context["courses"] = [course for course in context["courses"] if str(course["id"]) in still]
    link = _living(link, now)
    return Renewed(context | {"link_id": link.pk}, link.expires_at)


def is_for_nothing(link: AddressLink) -> bool:
    """Tell whether an invitation named courses, and its person has lost them all since."""
    mail = Mail.objects.filter(person_id=link.user_id, kind="invitation", context__link_id=link.pk).last()
    told = mail.context.get("told") if mail is not None else None
    if mail is None or link.user is None or not told:
        return False
    return not _still_placed(link.user, mail.account_id, told)


def _still_placed(user: User, account_id: int | None, course_ids: Collection[str]) -> set[str]:
    return set[str]().union(*(ask(user, account_id, list(course_ids)) for ask in STILL_PLACED))


def renew_member_invitation(mail: Mail, now: datetime) -> Renewed:
    """Return the mail's context with a new link if the old one is dead. Locks the account.

    Raises ResendRefused if the invitation was withdrawn, replaced or accepted.
    """
    link = AddressLink.objects.select_related("account").get(pk=mail.context["link_id"])
    if link.account is not None:
        lock_account(link.account.pk)
    # Renewed by an earlier mail, it has another link.
    invitation = MemberInvitation.objects.filter(account=link.account, email=link.email).select_related("link").first()
    if invitation is None:
        raise ResendRefused(_("This invitation was withdrawn or accepted."))
    living = _living(invitation.link, now)
    if living != invitation.link:
        MemberInvitation.objects.filter(pk=invitation.pk).update(link=living)
    return Renewed(mail.context | {"link_id": living.pk}, living.expires_at)


def renew_new_link(mail: Mail, now: datetime) -> Renewed:
    """Return the mail's context with a new link if the old one is dead, or without one where nothing waits any more.

    Locks whatever the renewal of the link's purpose locks.
    """
    link = AddressLink.objects.select_related("user", "account").filter(pk=mail.context["link_id"]).first()
    if link is not None and not AddressLink.objects.usable_at(now).filter(pk=link.pk).exists():
        link = RENEWALS.get(link.purpose)(link, now)
    return Renewed(mail.context | {"link_id": link.pk if link else None}, link.expires_at if link else None)


def _living(link: AddressLink, now: datetime) -> AddressLink:
    """Return a link that can be used now: the one given, or a new one like it."""
    if AddressLink.objects.usable_at(now).filter(pk=link.pk).exists():
        return link
    [renewed] = create_links(
        links=[
            NewLink(
                purpose=link.purpose,
                email=link.email,
                user=link.user,
                account=link.account,
                order_id=link.order_id,
                language=link.language,
            )
        ],
        now=now,
    )
    return renewed


KINDS = {
    "invitation": (Receiver.NAMED, by_account, pgettext_lazy("kind of mail", "Invitation")),
    "member_invitation": (Receiver.NAMED, by_account, pgettext_lazy("kind of mail", "Invitation of a member")),
    "new_link": (Receiver.READER, with_new_link, pgettext_lazy("kind of mail", "New link")),
    "address_code": (Receiver.READER, None, pgettext_lazy("kind of mail", "Code for an address")),
    "sign_in_code": (Receiver.READER, None, pgettext_lazy("kind of mail", "Code for signing in")),
    "password_reset_code": (Receiver.READER, None, pgettext_lazy("kind of mail", "Code for a new password")),
    "account_exists": (Receiver.READER, with_sign_in_pages, pgettext_lazy("kind of mail", "Account exists already")),
    "security_notice": (Receiver.READER, with_sign_in_pages, pgettext_lazy("kind of mail", "Security notice")),
}

RENEW = {
    "invitation": renew_invitation,
    "member_invitation": renew_member_invitation,
    "new_link": renew_new_link,
}

for name, (receiver, build, label) in KINDS.items():
    register_mail_kind(
        name,
        template=f"accounts/mails/{name}",
        build=build,
        label=label,
        renew=RENEW.get(name),
        # Who is told that the account exists waits for a mail as others wait for their code.
        urgency=Job.Urgency.CODES if name == "account_exists" else Job.Urgency.MAILS,
        receiver=receiver,
        as_is=("courses", "inviter"),
    )
