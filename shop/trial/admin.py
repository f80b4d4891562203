"""Admin page to try an entry: a purchase of it, undone at once."""

from __future__ import annotations

from typing import cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.people.models import User
from catalog.admin.tools import EntryTool, register_entry_tool
from catalog.models.entries import Entry
from catalog.offers import offer_of
from common.admin.display import NOTHING, Label, Table, amount, columns
from common.words import end_in_words, start_in_words
from enrolments.seats.admin import SEAT_COLOURS
from enrolments.seats.models import SeatState
from outbox.mails.kinds import mail_kind_label
from shop.cart.micro_forms import asked_of
from shop.trial.services import MOST_UNITS, Trial, try_entry


class TrialForm(forms.Form):
    """Number of units to try."""

    use_required_attribute = False

    quantity = forms.IntegerField(
        label=gettext_lazy("Quantity"),
        min_value=1,
        max_value=MOST_UNITS,
        widget=UnfoldAdminTextInputWidget({"inputmode": "numeric", "autocomplete": "off", "maxlength": 6}),
    )


def trial_page(model_admin: ModelAdmin, request: HttpRequest, entry: Entry) -> HttpResponse:
    """Ask for a quantity; a POST shows the outcome of the trial. Nothing is stored either way."""
    offer = offer_of(entry)
    form = TrialForm(
        request.POST if request.method == "POST" else None, initial={"quantity": min(offer.min_quantity, MOST_UNITS)}
    )
    trial = None
    if form.is_valid():
        trial = try_entry(
            entry_id=entry.pk,
            quantity=form.cleaned_data["quantity"],
            actor=cast(User, request.user),
            now=timezone.now(),
        )
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": entry,
        "entry": entry,
        "title": _("Try %(entry)s") % {"entry": entry.code},
        "form": form,
        "trial": trial,
        "asks_details": bool(asked_of(offer)),
        **(_tables(trial) if trial else {}),
    }
    return TemplateResponse(request, "trial/trial.html", context)


def _tables(trial: Trial) -> dict[str, object]:
    found = trial.findings
    return {
        "total": amount(trial.total, trial.currency) if trial.total is not None else NOTHING,
        "seat_labels": [
            Label(f"{seats.label}: {seats.count}", SEAT_COLOURS[SeatState(seats.state)]) for seats in found.seats
        ],
        "mails": [(mail, mail_kind_label(mail.kind)) for mail in found.mails],
        "groups": Table(
            columns(_("Course"), pgettext("of people in a course", "Group")),
            [[group.course, group.name] for group in found.groups],
            _("No group."),
        ),
        "enrolments": Table(
            columns(
                _("Person"),
                _("Course"),
                pgettext("in a course", "Role"),
                pgettext("of a period", "From"),
                _("Until"),
            ),
            [
                [
                    f"{row.person}\n{row.email}",
                    row.course,
                    row.role,
                    start_in_words(row.starts_at),
                    end_in_words(row.ends_at) if row.ends_at else NOTHING,
                ]
                for row in found.enrolments
            ],
            _("Nobody is enrolled."),
        ),
        "people": Table(
            columns(_("Name"), _("E-mail address")),
            [[person.name, person.email] for person in found.people],
            _("No user account is made."),
        ),
    }


register_entry_tool(
    EntryTool(
        name="try",
        label=gettext_lazy("Try it"),
        icon="science",
        view=trial_page,
        permissions=("catalog.change_entry",),
    )
)
