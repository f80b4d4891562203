"""Action of the list of entries that changes state, category, tax or vocational training of all that are ticked."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from catalog.admin.categories import category_choices
from catalog.models.categories import Category
from catalog.models.entries import Entry, EntryState, Vocational
from catalog.models.taxes import Tax
from catalog.services.together import Change, apply_change
from common.admin.pages import Page
from common.numbers import whole_number
from common.refusals import Refused

AT_MOST = 200


class TogetherForm(forms.Form):
    """State, category, tax and vocational training for several entries; blank leaves as it is."""

    use_required_attribute = False

    state = forms.ChoiceField(
        label=gettext_lazy("State"), required=False, widget=UnfoldAdminSelectWidget(),
        choices=[("", gettext_lazy("as it is")), *EntryState.choices],
    )  # fmt: skip
    category = forms.ModelChoiceField(
        label=gettext_lazy("Category"), required=False, widget=UnfoldAdminSelectWidget(),
        queryset=Category.objects.all(), empty_label=gettext_lazy("as it is"),
    )  # fmt: skip
    tax = forms.ModelChoiceField(
        label=gettext_lazy("Tax"), required=False, widget=UnfoldAdminSelectWidget(), queryset=Tax.objects.all(),
        empty_label=gettext_lazy("as it is"),
    )  # fmt: skip

    vocational = forms.ChoiceField(
        label=gettext_lazy("Vocational training"), required=False, widget=UnfoldAdminSelectWidget(),
        choices=[("", gettext_lazy("as it is")), *Vocational.choices],
    )  # fmt: skip

    def change(self) -> Change:
        """Return the change asked for; for a valid form only."""
        return Change(**self.cleaned_data)


@dataclass(frozen=True)
class EntryShown:
    """Entry with a sentence for each change, none if it has all of it already."""

    entry: Entry
    told: list[str]


class ChangesTogether(Page):
    """Mixin with the action; each entry is written by its own service, and each one refused is named."""

    @action(description=gettext_lazy("Change state, category or tax …"), permissions=["change"])
    def change_together(self, request: HttpRequest, queryset: QuerySet[Entry]) -> HttpResponse | None:
        """Ask what to change, show what changes, and change it on the second button."""
        keys = list(queryset.order_by("pk").values_list("pk", flat=True)[: AT_MOST + 1])
        if len(keys) > AT_MOST:
            messages.error(request, _("At most %(most)d entries at a time.") % {"most": AT_MOST})
            return None
        entries = list(Entry.objects.select_related("category", "tax").filter(pk__in=keys).order_by("position", "code"))
        posted = request.POST if "together" in request.POST else None
        form = TogetherForm(posted)
        form.fields["category"].widget.choices = [("", gettext_lazy("as it is")), *category_choices()]
        is_valid = form.is_valid()
        change = form.change() if is_valid else Change()
        if is_valid and "apply" in request.POST:
            self._apply(request, entries, change)
            return None
        shown = [EntryShown(entry, _in_words(entry, change)) for entry in entries]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Change several entries"),
            "form": form,
            "entries": shown,
            "is_ready": is_valid and any(each.told for each in shown),
            "says_nothing": is_valid and not any(each.told for each in shown),
        }
        return TemplateResponse(request, "catalog/admin/together.html", context)

    def _apply(self, request: HttpRequest, entries: list[Entry], change: Change) -> None:
        done = 0
        for entry in entries:
            told, seen = _in_words(entry, change), request.POST.get(f"seen-{entry.pk}", "")
            if not told:
                continue
            version = whole_number(seen, digits=9)
            try:
                apply_change(entry_id=entry.pk, change=change, expected_version=version, now=timezone.now())
            except Refused as refusal:
                messages.error(
                    request, _("%(code)s was not changed: %(reason)s") % {"code": entry.code, "reason": refusal}
                )
            else:
                self.log_change(request, entry, "; ".join(told))
                done += 1
        if done:
            sentence = ngettext("One entry is changed.", "%(number)d entries are changed.", done)
            messages.success(request, sentence % {"number": done})


def _in_words(entry: Entry, change: Change) -> list[str]:
    states = {str(code): str(label) for code, label in (*EntryState.choices, *Vocational.choices)}
    labels = {field.name: str(field.verbose_name) for field in Entry._meta.fields}
    return [
        _("%(label)s: “%(before)s” → “%(after)s”")
        % {
            "label": capfirst(labels[name]),
            "before": states.get(str(before), str(before)),
            "after": states.get(str(after), str(after)),
        }
        for name, before, after in change.of(entry)
    ]
