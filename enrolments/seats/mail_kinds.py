"""Kinds of mails about seats."""

from django.utils.translation import pgettext_lazy

from enrolments.seats.lapse_mails import KIND, build
from outbox.mails.kinds import Receiver, register_mail_kind

register_mail_kind(
    KIND,
    template="enrolments/mails/seats_lapsed",
    build=build,
    receiver=Receiver.NAMED,
    as_is=("rows",),
    label=pgettext_lazy("kind of mail", "Seats not entered in time"),
)
