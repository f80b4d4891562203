"""Refusal that editing and mailing a person share."""

from django.utils.translation import gettext_lazy as _

from common.refusals import Refused


class PersonNotFound(Refused):
    """Refusal when this account looks after no such person; whether another account does is never told."""

    message = _("This person does not exist.")
