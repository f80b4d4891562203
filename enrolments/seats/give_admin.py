"""Page of the administration that gives seats of a pack to another customer account."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from common.admin.autocomplete import CheckedAutocompleteSelect
from common.admin.readonly import ReadOnlyAdmin
from common.refusals import Refused, add_refusal
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.give import MOST, give_seats
from enrolments.seats.models import Seat

GIVE = "enrolments.give_seats"
BATCH_PAGE = "admin:enrolments_seatbatch_change"


class GiveForm(forms.Form):
    """Number of seats, the account that gets them, and why. `seen` is the account that the page showed."""

    use_required_attribute = False

    number = forms.IntegerField(
        label=gettext_lazy("Number of seats"),
        min_value=1,
        max_value=MOST,
        widget=UnfoldAdminTextInputWidget({"inputmode": "numeric"}),
    )
    account = forms.ModelChoiceField(
        label=gettext_lazy("Customer account"),
        queryset=CustomerAccount.objects.filter(closed_at__isnull=True),
        widget=CheckedAutocompleteSelect(SeatBatch._meta.get_field("account"), admin.site),
        help_text=gettext_lazy("Gets the seats, on the terms on which they were sold."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=gettext_lazy("Kept in the history of the seats; owners and operators of both accounts read it."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)


class GivingSeats(ReadOnlyAdmin):
    """Part of the pages of a line's seats: the button that gives some of them away calls one service, by POST alone."""

    def get_urls(self) -> list[URLPattern]:
        give = path("<int:batch_id>/give/", self.admin_site.admin_view(self.give), name="enrolments_seatbatch_give")
        return [give, *super().get_urls()]

    def give(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        """Ask how many seats go to which account, and why; posting the answer gives them."""
        if not (self.has_view_permission(request) and request.user.has_perm(GIVE)):
            raise PermissionDenied
        batch = SeatBatch.objects.select_related("account").filter(pk=batch_id).first()
        if batch is None or batch.source != SeatBatch.Source.PACK:
            raise Http404
        now = timezone.now()
        form = GiveForm(request.POST if request.method == "POST" else None, initial={"seen": batch.account_id})
        if form.is_valid():
            typed = form.cleaned_data
            try:
                given = give_seats(
                    batch_id=batch.pk,
                    from_account_id=typed["seen"],
                    to_account_id=typed["account"].pk,
                    number=typed["number"],
                    actor=cast(User, request.user),
                    reason=typed["reason"],
                    now=now,
                )
            except Refused as refusal:
                add_refusal(form, refusal)
            else:
                text = ngettext(
                    "%(n)d seat was given to %(account)s.",
                    "%(n)d seats were given to %(account)s.",
                    len(given.seat_ids),
                ) % {"n": len(given.seat_ids), "account": typed["account"]}
                self.log_change(request, batch, text)
                messages.success(request, text)
                return redirect(BATCH_PAGE, batch.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": batch,
            "batch": batch,
            "free": Seat.objects.assignable_at(now).filter(batch=batch).count(),
            "title": _("Give seats to another account"),
            "form": form,
        }
        return TemplateResponse(request, "seats/admin/give.html", context)
