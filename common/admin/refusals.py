"""Refusals of services on the admin's pages: each is told to the merchant, from whatever service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from common.admin.made_from import CarriesMadeFrom
from common.admin.search import FindsText
from common.constraints import refusal_of
from common.refusals import Refused


class TellsRefusals(FindsText, CarriesMadeFrom):
    """Admin whose rows services write: a refusal is told in the service's own words, and nothing is written.

    A form is shown again with all that was typed, and the refusal at the field to blame. Deleting, and an action of the
    list, lead back with a message.
    """

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        refusal: Refused | None = getattr(request, "refusal_to_tell", None)
        return form if refusal is None else _with_refusal(form, refusal)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as error:
            refusal: Refused = error
        except IntegrityError as error:
            violated = refusal_of(error)
            if violated is None:
                raise
            refusal = violated
        # A rival wrote between the form's validation and the service, which rolled back. Now that the rival is done,
        # the form itself may find the mistake, at its field.
        request.refusal_to_tell = refusal  # type: ignore[attr-defined]  # a note of ours on the request
        for upload in cast("Iterable[UploadedFile]", request.FILES.values()):  # the last of each name
            upload.seek(0)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (Refused, PermissionDenied):
            # The page has no form any more: the row was closed to changes meanwhile, for instance.
            return _told(request, refusal)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)

    def response_action(self, request: HttpRequest, queryset: Any, *more: Any, **named: Any) -> Any:
        try:
            with transaction.atomic():
                return super().response_action(request, queryset, *more, **named)
        except Refused as refusal:
            return _told(request, refusal)


def _told(request: HttpRequest, refusal: Refused) -> HttpResponse:
    messages.error(request, str(refusal))
    return redirect(request.get_full_path())


def _with_refusal(form: type[forms.ModelForm], refusal: Refused) -> type[forms.ModelForm]:
    """Make a form that has the refusal as an error, unless the form finds an error by itself."""

    class RefusedForm(form):  # type: ignore[misc, valid-type]  # made while it runs
        def _post_clean(self) -> None:
            super()._post_clean()
            if not self.errors:
                self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))

    return RefusedForm
