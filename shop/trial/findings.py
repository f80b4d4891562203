"""Rows written by a trial, read before they are undone. The number of queries does not grow with the quantity."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.people.models import User
from enrolments.courses.groups.models import CourseGroup
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.models import Seat, SeatState
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.lines.models import LineFeedback
from shop.orders.models import Order

logger = logging.getLogger(__name__)

ROWS_SHOWN = 50
MAILS_SHOWN_OF_A_KIND = 3


@dataclass(frozen=True)
class TrialSeats:
    """Number of seats in one state."""

    state: str
    label: str
    count: int


@dataclass(frozen=True)
class TrialGroup:
    course: str
    name: str


@dataclass(frozen=True)
class TrialEnrolment:
    """Enrolment of one person in one course. `ends_at` None: no end."""

    person: str
    email: str
    course: str
    role: str
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True)
class TrialPerson:
    """User account made by the trial."""

    name: str
    email: str


@dataclass(frozen=True)
class TrialMail:
    kind: str
    recipient: str
    subject: str
    text: str


@dataclass(frozen=True)
class TrialFeedback:
    """Feedback of a hook for each audience, "" for none."""

    hook: str
    public: str
    customer: str
    sales: str


@dataclass(frozen=True)
class Findings:
    """Findings of a trial: the first rows of long lists, and their full numbers."""

    seats: tuple[TrialSeats, ...] = ()
    groups: tuple[TrialGroup, ...] = ()
    enrolments: tuple[TrialEnrolment, ...] = ()
    enrolment_count: int = 0
    people: tuple[TrialPerson, ...] = ()
    people_count: int = 0
    mails: tuple[TrialMail, ...] = ()
    mail_count: int = 0
    feedback: tuple[TrialFeedback, ...] = ()

    @property
    def seat_count(self) -> int:
        return sum(seats.count for seats in self.seats)

    @property
    def more_enrolments(self) -> int:
        return self.enrolment_count - len(self.enrolments)

    @property
    def more_people(self) -> int:
        return self.people_count - len(self.people)

    @property
    def more_mails(self) -> int:
        return self.mail_count - len(self.mails)


def findings_of(order: Order, *, domain: str) -> Findings:
    """Collect what a trial order wrote. No other order may share its account, nor other people `domain`."""
    enrolled = Enrolment.objects.filter(pk__in=_grounds(order).values("enrolment"))
    people = User.objects.filter(email__endswith=f"@{domain}").exclude(email=order.contact_email)
    mails = list(Mail.objects.filter(Q(order_id=order.pk) | Q(account_id=order.account_id)).order_by("pk"))
    return Findings(
        seats=_seats(order),
        groups=_groups(order),
        enrolments=tuple(
            TrialEnrolment(
                person=row.user.get_full_name(),
                email=row.user.email,
                course=str(row.course),
                role=str(row.role),
                starts_at=row.starts_at,
                ends_at=row.ends_at,
            )
            for row in enrolled.select_related("user", "course", "role").order_by("pk")[:ROWS_SHOWN]
        ),
        enrolment_count=enrolled.count(),
        people=tuple(TrialPerson(user.get_full_name(), user.email) for user in people.order_by("pk")[:ROWS_SHOWN]),
        people_count=people.count(),
        mails=tuple(_readable(mail) for mail in _some_of_each_kind(mails)),
        mail_count=len(mails),
        feedback=tuple(
            TrialFeedback(said.get_hook_display(), said.public_text, said.customer_text, said.sales_text)
            for said in LineFeedback.objects.filter(line__order=order).order_by("pk")
        ),
    )


def _grounds(order: Order) -> QuerySet[Ground]:
    return Ground.objects.live().filter(account=order.account_id)


def _seats(order: Order) -> tuple[TrialSeats, ...]:
    counts = dict(
        Seat.objects.filter(account=order.account_id)
        .order_by()
        .values_list("state")
        .annotate(count=Count("pk"))
        .values_list("state", "count")
    )
    return tuple(
        TrialSeats(state.value, str(state.label), counts[state.value]) for state in SeatState if state.value in counts
    )


def _groups(order: Order) -> tuple[TrialGroup, ...]:
    joined = CourseGroup.objects.filter(
        Q(account=order.account_id) | Q(pk__in=_grounds(order).filter(group__isnull=False).values("group"))
    )
    return tuple(TrialGroup(str(group.course), group.name) for group in joined.select_related("course").order_by("pk"))


def _some_of_each_kind(mails: list[Mail]) -> list[Mail]:
    """Return the first few mails of each kind: fifty invitations differ by their names only."""
    seen: Counter[str] = Counter()
    chosen = []
    for mail in mails:
        seen[mail.kind] += 1
        if seen[mail.kind] <= MAILS_SHOWN_OF_A_KIND:
            chosen.append(mail)
    return chosen


def _readable(mail: Mail) -> TrialMail:
    try:
        rendered = render_mail(mail, blank_secrets=True)
    except Exception as error:
        # A faulty template of an extension is one of the things that a trial should find.
        logger.exception("A mail of a trial cannot be written")
        problem = _("This mail cannot be written: %(error)s") % {"error": f"{type(error).__name__}: {error}"}
        return TrialMail(mail.kind, mail.recipient, "", problem)
    return TrialMail(mail.kind, mail.recipient, rendered.subject, rendered.text)
