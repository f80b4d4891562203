"""Welcome webinar, sold by the entry WEBINAIRE-ACCUEIL: a place in its course, and its hours in words."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_lazy

from common.words import end_in_words, moment_in_words
from handlers.contract import Feedback, LineContext, Text, in_words
from handlers.std_enroloncourse.handler import EnrolOnCourse

from .forms import WebinarForm, hours_of


class WelcomeWebinar(EnrolOnCourse):
    """Handler that enrols the buyer like ``std_enroloncourse``, until the webinar ends, with feedback of its own."""

    name = "webinaire_accueil"
    version = 1
    label = gettext_lazy("Welcome webinar")
    summary = gettext_lazy("Enrols the buyer in the course of the welcome webinar, and tells when it takes place.")
    MerchantForm = WebinarForm

    def post_payment(self, line: LineContext) -> Feedback:
        delivered = super().post_payment(line)
        if delivered == Feedback():  # a second run: everything has been said
            return delivered
        when = _when(line)
        return Feedback(when, when, when) | delivered


def _when(line: LineContext) -> Text:
    begins, ends = hours_of(line.parameters)
    return in_words(
        lambda: (
            gettext("The webinar begins on %(start)s and ends on %(end)s. Its course leads into it.")
            % {"start": moment_in_words(begins), "end": end_in_words(ends)}
        )
    )
