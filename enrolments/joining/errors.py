"""Refusals of join links, each a kind sentence for a person who holds one."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from common.refusals import Refused
from common.words import end_in_words, in_words
from enrolments.joining.models import JoinLink


class JoinLinkUnknown(Refused):
    """Refusal of a token or a code that nobody has given out."""

    field = "code"
    message = _("We do not know this link or code. Compare it with what you were given, sign by sign.")


class JoinLinkWithdrawn(Refused):
    """Refusal after the account took the link back."""

    message = _("This way to join was withdrawn. Ask whoever gave it to you for another one.")


class JoinLinkEnded(Refused):
    """Refusal after the last day of the link."""

    def __init__(self, link: JoinLink) -> None:
        super().__init__(
            in_words(
                lambda: (
                    _("It was possible to join until %(date)s. Ask whoever gave you the link or the code.")
                    % {"date": end_in_words(link.ends_at)}
                )
            )
        )


class JoinLinkUsedUp(Refused):
    """Refusal when every seat of the link is taken."""

    message = _("All seats are taken. Ask whoever gave you the link or the code whether there are more.")


class JoinCodeUsed(Refused):
    """Refusal of a printed code that somebody has used."""

    message = _("This code was used already: each is good for one seat. If you used it, sign in to find your course.")


class JoinCourseClosed(Refused):
    """Refusal when no course can be joined by the link now."""

    message = _("The course takes nobody at the moment. Ask whoever gave you the link or the code.")


class JoinDomainRefused(Refused):
    """Refusal of an address outside the mail domains of the link."""

    field = "email"

    def __init__(self, domains: list[str]) -> None:
        super().__init__(
            in_words(
                lambda: (
                    _("Type an address of your organisation: one that ends in %(domains)s.")
                    % {"domains": ", ".join(f"@{domain}" for domain in domains)}
                )
            )
        )


class JoinOtherTeam(Refused):
    """Refusal of a person whom the account has in another team than the link's."""

    message = _("You are in another team of this account. Ask whoever gave you the link or the code for that of yours.")


class TooManyPlaces(Refused):
    """Refusal to make a link for more people than there are free seats."""

    field = "places"

    def __init__(self, free: int) -> None:
        super().__init__(in_words(lambda: _("Only %(free)d of these seats are free.") % {"free": free}))


class LinkBeyondPart(Refused):
    """Refusal when an operator limited to a part of the account makes a link to what is beyond it."""

    field = "course"
    message = _("You work with a part of this account: choose a course of that part, or other seats.")


class JoinCodeUnknown(Refused):
    """Refusal to withdraw a printed code by a number that none has."""

    field = "number"
    message = _("None of these codes has this number. It stands on each slip.")


class JoinCodeTaken(Refused):
    """Refusal to withdraw a printed code that somebody has used."""

    field = "number"
    message = _("Somebody has taken a seat with this code already: release the seat instead.")
