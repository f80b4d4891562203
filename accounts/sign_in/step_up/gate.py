"""Refusal of requests whose session has not proved enough."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts.people.models import User
from accounts.people.selectors import has_second_factor
from accounts.sign_in.second_factor.proved import has_proved_second_factor
from accounts.sign_in.step_up.proofs import ProofWanted, demand_proof_of_staff, pages_for

# Explains to staff without a factor how to set one up.
SET_UP = "accounts-second-factor"


def refuse_unproved(request: HttpRequest) -> None:
    """Raise ProofWanted where the administration, or one of STEP_UP_ACTS, asks for more than this session has proved.

    The request has a resolver match. A visitor, or a person who is no staff, is left to the administration itself.
    """
    user = request.user
    match = request.resolver_match
    if match is None or not isinstance(user, User) or not user.is_staff:
        return
    if request.path.startswith(reverse("admin:index")) and not has_proved_second_factor(request):
        raise ProofWanted(pages_for(user)[0] if has_second_factor(user) else SET_UP)
    if request.method == "POST" and _is_sensitive(request, match.view_name):
        demand_proof_of_staff(request)


def _is_sensitive(request: HttpRequest, address: str) -> bool:
    """Tell whether an address, or one of the actions posted to a list, is sensitive: of several, the page chooses.

    Reads the form of such a list alone: a message of a provider is read by its page, as it came.
    """
    acts = {act for act in settings.STEP_UP_ACTS if act.partition(" ")[0] == address}
    return address in acts or any(f"{address} {action}" in acts for action in acts and request.POST.getlist("action"))
