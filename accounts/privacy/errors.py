"""Refusals of requests for erasure."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from common.refusals import Refused


class ErasureAsked(Refused):
    message = _("This is asked for already.")


class ErasureDecided(Refused):
    message = _("This request was withdrawn or decided meanwhile. Nothing was changed.")


class StaffNotErased(Refused):
    message = _("This person works in the administration. Take their access away first, then erase them.")


class ErasedAlready(Refused):
    message = _("This person was erased already.")


class ReasonMissing(Refused):
    field = "reason"
    message = _("Say why: the person reads it.")
