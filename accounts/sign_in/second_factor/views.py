from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.members.current import SignedInRequest
from accounts.people.selectors import has_second_factor


@login_required
@require_safe
def second_factor_required(request: SignedInRequest) -> HttpResponse:
    """Explain why the administration is closed to staff without a second factor, and how to set one up."""
    if has_second_factor(request.user):
        return redirect("admin:index")
    return render(request, "second_factor/required.html")
