"""What both refuse."""

from django.utils.translation import gettext_lazy as _

from common.refusals import Refused


class PersonNotFound(Refused):
    """This customer account looks after no such person; whether another one does is never told."""

    message = _("This person does not exist.")
