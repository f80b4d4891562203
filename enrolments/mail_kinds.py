"""Kinds of mails of this floor."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.mail_kinds import STILL_PLACED
from accounts.members.trust import names_to_strangers
from accounts.people.models import User
from common.defused import defused
from common.languages import in_reader_language
from enrolments.grounds.models import Ground
from enrolments.grounds.told import EXTENDED_KIND, LOST
from outbox.errors import ResendRefused
from outbox.mails.kinds import Receiver, Renewed, register_mail_kind
from outbox.mails.models import Mail


def with_sign_in_page(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Add the address of the sign-in page, which leads on to the person's courses."""
    query = urlencode({"next": reverse("learn")})
    return by_account(mail, blank=blank) | {"sign_in_url": f"{settings.SITE_URL}{reverse('account_login')}?{query}"}


def by_account(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the name of the account that placed the person, as far as strangers may read it."""
    return names_to_strangers(mail.account_id, account_name=defused(mail.context.get("account_name", "")))


def about_given_seats(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the entry's name in the mail's language, and the address of the account's seats."""
    seats = reverse("account-seats", args=[mail.account_id])
    return {
        "entry_name": in_reader_language(mail.context.get("entry") or {}) or mail.context.get("entry_code", ""),
        "seats_url": f"{settings.SITE_URL}{seats}",
    }


def still_placed(user: User, account_id: int | None, course_ids: Collection[str]) -> set[str]:
    """Return those of some courses in which a person is, by a live ground of an account, or of the merchant."""
    grounds = Ground.objects.live().filter(
        account=account_id, enrolment__user=user, enrolment__course_id__in=[int(pk) for pk in course_ids]
    )
    lasting = grounds.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=timezone.now()))
    return {str(pk) for pk in lasting.order_by().values_list("enrolment__course_id", flat=True)}


def renew_assigned(mail: Mail, now: datetime) -> Renewed:
    """Return the mail's context. Raises ResendRefused if the person is no longer in the course, or it is over."""
    told = [course for course, day in mail.context.get("told", {}).items() if day != LOST]
    user = User.objects.filter(pk=mail.person_id or 0).first()
    if told and user is not None and not still_placed(user, mail.account_id, told):
        raise ResendRefused(_("This person is no longer enrolled in the course that the mail tells of."))
    return Renewed(mail.context)


STILL_PLACED.add(still_placed)
register_mail_kind(
    "seat_assigned",
    renew=renew_assigned,
    template="enrolments/mails/seat_assigned",
    build=by_account,
    receiver=Receiver.NAMED,
    as_is=("course_name", "place", "lost"),
    label=pgettext_lazy("kind of mail", "Enrolment in a course"),
)
register_mail_kind(
    "place_lost",
    template="enrolments/mails/place_lost",
    build=by_account,
    receiver=Receiver.NAMED,
    as_is=("courses",),
    label=pgettext_lazy("kind of mail", "Enrolment taken back"),
)
register_mail_kind(
    EXTENDED_KIND,
    renew=renew_assigned,
    template="enrolments/mails/access_extended",
    build=with_sign_in_page,
    receiver=Receiver.NAMED,
    as_is=("courses",),
    label=pgettext_lazy("kind of mail", "Extension of an enrolment"),
)
register_mail_kind(
    "sign_in_reminder",
    template="enrolments/mails/sign_in_reminder",
    build=with_sign_in_page,
    receiver=Receiver.NAMED,
    label=pgettext_lazy("kind of mail", "Reminder of how to sign in"),
)
register_mail_kind(
    "seats_given_away",
    template="enrolments/mails/seats_given_away",
    build=about_given_seats,
    receiver=Receiver.READER,
    label=pgettext_lazy("kind of mail", "Seats given to another account"),
)
register_mail_kind(
    "seats_received",
    template="enrolments/mails/seats_received",
    build=about_given_seats,
    receiver=Receiver.READER,
    label=pgettext_lazy("kind of mail", "Seats received from the shop"),
)
