"""Kinds of mails about requests for courses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import pgettext_lazy

from accounts.members.trust import names_to_strangers
from common.defused import defused
from enrolments.people.selectors import typed_names
from enrolments.requests.models import CourseRequest
from outbox.mails.kinds import Receiver, register_mail_kind
from outbox.mails.models import Mail


def with_request(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the person's name as their account typed it, their words, the address of the request's page, and the
    account's name as far as strangers may read it.

    The page opens for members with the right alone, once they have signed in. Both texts are "" once the request is
    deleted.
    """
    path = reverse("account-request", args=[mail.account_id, mail.context["request_id"]])
    asked = CourseRequest.objects.select_related("account").filter(pk=mail.context["request_id"]).first()
    person = typed_names(asked.account, [asked.person_id]).get(asked.person_id) if asked else None
    return names_to_strangers(mail.account_id, account_name=defused(mail.context["account_name"])) | {
        "request_url": settings.SITE_URL + path,
        "person_name": defused(person.name or person.email) if person else "",
        "words": defused(asked.words) if asked else "",
    }


def by_account(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the account's name and its operator's words, as far as strangers may read them."""
    names = names_to_strangers(mail.account_id, account_name=defused(mail.context["account_name"]))
    return names | {"words": defused(mail.context["words"]) if names["account_name"] else ""}


def is_open(mail: Mail, now: datetime) -> bool:
    """Tell whether the request that the mail is about still waits for an answer."""
    return CourseRequest.objects.filter(pk=mail.context["request_id"], state=CourseRequest.State.OPEN).exists()


register_mail_kind(
    "course_requested",
    template="requests/mails/course_requested",
    build=with_request,
    is_due=is_open,
    receiver=Receiver.NAMED,
    as_is=("course_name",),
    label=pgettext_lazy("kind of mail", "Request for a course"),
)
register_mail_kind(
    "course_request_answered",
    template="requests/mails/course_request_answered",
    build=by_account,
    receiver=Receiver.NAMED,
    as_is=("course_name",),
    label=pgettext_lazy("kind of mail", "Answer to a request for a course"),
)
