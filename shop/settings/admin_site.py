"""The admin's looks (django-unfold)."""

from django.utils.translation import gettext_lazy as _

UNFOLD = {
    "SITE_TITLE": "Amphi",
    "SITE_HEADER": "Amphi",
    "SITE_SUBHEADER": _("Training seats"),
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
}
