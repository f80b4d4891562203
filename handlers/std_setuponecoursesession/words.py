"""Texts about a session that was set up, made from the result of its delivery alone."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.words import end_in_words, moment_in_words
from handlers.contract import Feedback, in_words, paragraphs
from handlers.std_setuponecoursesession.session import SessionSetUp


def session_is_set_up(done: SessionSetUp) -> Feedback:
    """Return the feedback of a delivery; no text names a person, and the public one depends on none."""
    told = in_words(lambda: " ".join(filter(None, (_set_up(done), _counts(done)))))
    accounts = in_words(lambda: _accounts(done))
    already = in_words(lambda: "\n".join(_already(number, until) for number, until in done.already))
    return Feedback(public=told, customer=paragraphs(told, already), sales=paragraphs(told, accounts, already))


def _set_up(done: SessionSetUp) -> str:
    told = {"course": done.course.name, "group": done.group_name, "start": moment_in_words(done.period.starts_at)}
    if done.period.ends_at is None:
        return _("The session in “%(course)s” is set up from %(start)s, in the group %(group)s.") % told
    told["end"] = end_in_words(done.period.ends_at)
    return _("The session in “%(course)s” is set up from %(start)s to %(end)s, in the group %(group)s.") % told


def _counts(done: SessionSetUp) -> str:
    declared = ngettext(
        "%(n)d participant was declared and hears from us by e-mail.",
        "%(n)d participants were declared and hear from us by e-mail.",
        done.declared,
    ) % {"n": done.declared}
    blank = ngettext(
        "%(n)d seat is left to be filled later.", "%(n)d seats are left to be filled later.", done.blank
    ) % {"n": done.blank}
    return " ".join(text for text, count in ((declared, done.declared), (blank, done.blank)) if count)


def _already(number: int, until: datetime | None) -> str:
    if until is None:
        return _("Participant %(number)d was enrolled already, without an end, on a seat of your account.") % {
            "number": number
        }
    return _(
        "Participant %(number)d was enrolled already until %(date)s on a seat of your account; the later end counts."
    ) % {"number": number, "date": end_in_words(until)}


def _accounts(done: SessionSetUp) -> str:
    if not done.declared:
        return ""
    new, known = done.created, done.known
    return _("%(new)s, %(known)s.") % {
        "new": ngettext("%(n)d new user invited", "%(n)d new users invited", new) % {"n": new},
        "known": ngettext("%(n)d known user enrolled", "%(n)d known users enrolled", known) % {"n": known},
    }
