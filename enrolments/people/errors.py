"""What both refuse."""

from django.utils.translation import gettext_lazy as _

from enrolments.errors import EnrolmentRefused


class PersonNotFound(EnrolmentRefused):
    """This customer account looks after no such person; whether another one does is never told."""

    def __init__(self) -> None:
        super().__init__(_("This person does not exist."))
