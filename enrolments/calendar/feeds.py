"""Calendars as programs read them: iCalendar (RFC 5545), each session or course one event of whole days.

Nobody else's name is in them, and no link that opens anything.
"""

from __future__ import annotations

import datetime
from urllib.parse import urlsplit

import icalendar
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.members.models import CustomerAccount, Membership
from accounts.members.parts import Part
from accounts.people.models import User
from common.moments import local_day
from enrolments.calendar.sessions import FEED_LOOKS_BACK, Days, days_of, sessions_of_feed
from enrolments.courses.models import Course
from enrolments.learning.selectors import my_courses

A_DAY = datetime.timedelta(days=1)
READ_AGAIN_AFTER = datetime.timedelta(hours=6)


def feed_of_account(account: CustomerAccount, person: User, now: datetime.datetime) -> bytes:
    """Return the sessions of an account that a member sees, in their language. Three statements."""
    part = Part.of(Membership.objects.get(account=account, user=person))
    with translation.override(person.language or settings.LANGUAGE_CODE):
        feed = _empty(_("Sessions · %(account)s") % {"account": account})
        for session in sessions_of_feed(account, local_day(now), part=part):
            group = session.group
            _add(
                feed,
                f"session-{group.pk}",
                group.course,
                session.days,
                session.sold_at,
                note=_("Order %(number)s") % {"number": group.name},
                address=reverse("account-session", args=[account.pk, group.pk]),
            )
        return feed.to_ical()


def feed_of_person(person: User, now: datetime.datetime) -> bytes:
    """Return the person's own courses, in their language. One statement."""
    with translation.override(person.language or settings.LANGUAGE_CODE):
        feed = _empty(_("My courses"))
        for mine in my_courses(person, now):
            days = days_of(mine.course, mine.starts_at, mine.ends_at)
            if days is None or (days.last or days.first) < local_day(now) - FEED_LOOKS_BACK:
                continue
            _add(
                feed,
                f"course-{mine.course.pk}-{person.pk}",
                mine.course,
                days,
                mine.starts_at,
                note="",
                address=reverse("learn-course", args=[mine.course.short_name]),
            )
        return feed.to_ical()


def _empty(name: str) -> icalendar.Calendar:
    feed = icalendar.Calendar()
    feed.add("prodid", "-//Amphi//Training//EN")
    feed.add("version", "2.0")
    feed.add("method", "PUBLISH")
    feed.add("name", name)
    feed.add("x-wr-calname", name)
    feed.add("x-wr-timezone", settings.TIME_ZONE)
    feed.add("refresh-interval", READ_AGAIN_AFTER, parameters={"VALUE": "DURATION"})
    return feed


def _add(
    feed: icalendar.Calendar,
    key: str,
    course: Course,
    days: Days | None,
    made_at: datetime.datetime,
    *,
    note: str,
    address: str,
) -> None:
    if days is None:
        return
    event = icalendar.Event()
    host = urlsplit(settings.SITE_URL).hostname or ""
    event.add("uid", f"{key}@{host}")
    event.add("dtstamp", made_at.astimezone(datetime.UTC))
    event.add("dtstart", days.first)
    event.add("dtend", (days.last or days.first) + A_DAY)  # the first day that does not belong to it
    begins = pgettext("an event in a calendar", "%(course)s begins") % {"course": course.name}
    event.add("summary", begins if days.last is None else course.name)
    event.add("transp", "TRANSPARENT")
    if course.place:
        event.add("location", course.place)
    url = f"{settings.SITE_URL}{address}"
    event.add("description", "\n".join(filter(None, (note, url))))
    event.add("url", url)
    feed.add_component(event)
