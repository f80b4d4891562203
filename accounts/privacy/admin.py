"""Requests for erasure in the admin: what would be blanked and what stays, carried out or refused."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from accounts.people.models import User
from accounts.privacy.acts import ERASE, erase_or_ask
from accounts.privacy.forms import EraseForm, RefuseForm
from accounts.privacy.held import counts
from accounts.privacy.known import known_person
from accounts.privacy.models import ErasureRequest
from accounts.privacy.requests import ask_for_erasure, refuse_erasure
from common.admin.display import choice_label, moment
from common.admin.readonly import ReadOnlyAdmin
from common.personal_data import kept
from common.refusals import Refused, add_refusal

State = ErasureRequest.State
STATE_COLOURS = {State.OPEN: "warning", State.RUNNING: "info", State.DONE: "success"}
PAGE = "admin:accounts_erasurerequest_change"


@admin.register(ErasureRequest)
class ErasureRequestAdmin(ReadOnlyAdmin):
    list_display = ("person", "state_label", "asked", "asked_by", "decided", "decided_by")
    list_filter = (("state", ChoicesDropdownFilter),)
    list_filter_submit = True
    rows_named = gettext_lazy("requests for erasure")
    list_select_related = ("person", "asked_by", "decided_by")
    ordering = ("-id",)
    fields = ("person", "state_label", "asked", "asked_by", "decided", "decided_by", "reason", "rows", "ended")
    readonly_fields = fields
    change_form_outer_after_template = "privacy/admin/request.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:erasure_id>/erase/", wrap(self.erase), name="accounts_erasurerequest_erase"),
            path("<int:erasure_id>/refuse/", wrap(self.refuse), name="accounts_erasurerequest_refuse"),
            path("person/<int:user_id>/", wrap(self.note), name="accounts_erasurerequest_note"),
            *super().get_urls(),
        ]

    def row_context(self, request: HttpRequest, row: ErasureRequest) -> dict[str, Any]:
        if row.state != State.OPEN:
            return {}
        person = known_person(row.person)
        return {
            "held": counts(person),
            "kept": kept(person, timezone.now()),
            "may_decide": request.user.has_perm(ERASE),
        }

    def erase(self, request: HttpRequest, erasure_id: int) -> HttpResponse:
        """Ask for the person's address once more; posting it begins the erasure, or asks a second person."""
        asked = self._open(request, erasure_id)
        form = EraseForm(request.POST if request.method == "POST" else None, person=asked.person)
        if form.is_valid():
            try:
                waits = erase_or_ask(request_id=asked.pk, actor=cast(User, request.user), now=timezone.now())
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                if waits is not None:
                    messages.warning(
                        request, _("The erasure waits for a second person, who finds it under “Second person”.")
                    )
                else:
                    messages.success(request, _("The person is closed; what is held about them is being blanked."))
                return redirect(PAGE, asked.pk)
        return self._page(request, "privacy/admin/erase.html", asked, form, _("Erase a person"))

    def refuse(self, request: HttpRequest, erasure_id: int) -> HttpResponse:
        """Ask for the reason; posting it refuses the request and mails the person."""
        asked = self._open(request, erasure_id)
        form = RefuseForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                refuse_erasure(
                    request_id=asked.pk,
                    actor=cast(User, request.user),
                    reason=form.cleaned_data["reason"],
                    now=timezone.now(),
                )
            except Refused as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("Refused; the person gets a mail with the reason."))
                return redirect(PAGE, asked.pk)
        return self._page(request, "privacy/admin/refuse.html", asked, form, _("Refuse the erasure"))

    def note(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Note that a person has asked by letter or telephone; by POST alone."""
        if not (self.has_view_permission(request) and request.user.has_perm(ERASE)):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        person = User.objects.filter(pk=user_id).first()
        if person is None:
            raise Http404
        try:
            asked = ask_for_erasure(person=person, asked_by=cast(User, request.user), now=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:accounts_user_change", person.pk)
        messages.success(
            request, _("The request is noted, and the person was told. Look it over before you erase them.")
        )
        return redirect(PAGE, asked.pk)

    def _open(self, request: HttpRequest, erasure_id: int) -> ErasureRequest:
        """Return a request of which a reader may decide. Raises PermissionDenied, Http404."""
        if not (self.has_view_permission(request) and request.user.has_perm(ERASE)):
            raise PermissionDenied
        asked = ErasureRequest.objects.select_related("person").filter(pk=erasure_id).first()
        if asked is None:
            raise Http404
        return asked

    def _page(
        self, request: HttpRequest, template: str, asked: ErasureRequest, form: forms.Form, title: str
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": asked,
            "asked": asked,
            "form": form,
            "title": title,
        }
        return TemplateResponse(request, template, context)

    @display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, asked: ErasureRequest) -> SafeString:
        return choice_label(asked, "state", STATE_COLOURS)

    @display(description=gettext_lazy("asked on"), ordering="asked_at")
    def asked(self, asked: ErasureRequest) -> str:
        return moment(asked.asked_at)

    @display(description=gettext_lazy("decided on"), ordering="decided_at")
    def decided(self, asked: ErasureRequest) -> str:
        return moment(asked.decided_at)

    @display(description=gettext_lazy("done on"), ordering="ended_at")
    def ended(self, asked: ErasureRequest) -> str:
        return moment(asked.ended_at)
