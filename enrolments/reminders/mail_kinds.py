"""Kinds of reminders."""

from django.utils.translation import pgettext_lazy

from enrolments.reminders.mails import (
    entries_are_due,
    entry_reminder,
    renew_entries,
    renew_seats,
    seats_are_due,
    seats_reminder,
)
from enrolments.reminders.services import TO_LEARNER, TO_OPERATOR
from outbox.mails.kinds import Receiver, register_mail_kind

register_mail_kind(
    TO_OPERATOR,
    template="reminders/mails/seats_reminder",
    build=seats_reminder,
    renew=renew_seats,
    is_due=seats_are_due,
    receiver=Receiver.READER,
    label=pgettext_lazy("kind of mail", "Reminder of seats to assign"),
)
register_mail_kind(
    TO_LEARNER,
    template="reminders/mails/entry_reminder",
    build=entry_reminder,
    renew=renew_entries,
    is_due=entries_are_due,
    receiver=Receiver.NAMED,
    label=pgettext_lazy("kind of mail", "Reminder of a course not entered yet"),
)
