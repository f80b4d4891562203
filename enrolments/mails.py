"""The mails of this floor."""

from outbox.mails import register_mail_kind

register_mail_kind("seat_assigned", template="enrolments/mails/seat_assigned")
