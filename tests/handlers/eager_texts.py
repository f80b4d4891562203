"""A handler whose label is translated while it is imported, in whatever language is active then."""

from django.utils.translation import gettext as _

from handlers.contract import Handler


class Eager(Handler):
    name = "ext_eager"
    label = _("Seats")
