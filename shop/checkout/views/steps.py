"""Steps of a checkout: each tells whether it applies and whether it is complete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from handlers.faults import HookBroken
from shop.cart.current import GONE, why_cart_is_gone
from shop.cart.services import CartRefused, save_details
from shop.checkout.forms.details import as_typed
from shop.checkout.views.mending import first_unit_error, linked
from shop.checkout.views.state import Checkout, checkout_to_keep


@dataclass(frozen=True)
class Step:
    """Page of the checkout. `name` is the name of its URL."""

    name: str
    label: str | Promise

    @property
    def url(self) -> str:
        return reverse(self.name)

    def applies(self, checkout: Checkout) -> bool:
        """Tell whether the step has anything to ask; other steps are skipped."""
        return True

    def is_complete(self, checkout: Checkout) -> bool:
        """Tell whether the customer may go on to the next step."""
        return False

    def what_is_missing(self, checkout: Checkout) -> str:
        """Return a sentence that names what keeps the step from being complete, with a link to it."""
        return linked(_("This step is not complete."), self.url, self.label)

    def keep(self, request: HttpRequest, checkout: Checkout) -> None:
        """Keep what was sent to this step while an earlier one has to come first. Raises CartRefused."""


class UnitsStep(Step):
    def applies(self, checkout: Checkout) -> bool:
        return bool(checkout.lines_with_forms)

    def is_complete(self, checkout: Checkout) -> bool:
        return all(line.line.units_confirmed for line in checkout.lines_with_forms) and not checkout.unit_errors

    def what_is_missing(self, checkout: Checkout) -> str:
        error = first_unit_error(checkout.lines_with_forms, checkout.unit_errors)
        unread = next((line for line in checkout.lines_with_forms if not line.line.units_confirmed), None)
        if error is None and unread is not None:
            error = _("%(name)s: please look through its units.") % {"name": unread.entry_name}
        return linked(error or _("This step is not complete."), self.url, self.label)


class DetailsStep(Step):
    def keep(self, request: HttpRequest, checkout: Checkout) -> None:
        kept = as_typed(request.POST, user=checkout.user)
        if any(kept.values()):
            save_details(cart=checkout.cart, details=kept)

    def is_complete(self, checkout: Checkout) -> bool:
        return checkout.details_form is not None and checkout.details_form.is_valid()

    def what_is_missing(self, checkout: Checkout) -> str:
        form = checkout.details_form
        field = next((field for field in form if field.errors), None) if form is not None else None
        if field is None:
            return super().what_is_missing(checkout)
        return linked(str(field.errors[0]), f"{self.url}#{field.auto_id}", f"{self.label}, {field.label}")


UNITS = UnitsStep("checkout-units", _("Units"))
DETAILS = DetailsStep("checkout-details", _("Your details"))
REVIEW = Step("checkout-review", _("Review"))
STEPS: tuple[Step, ...] = (UNITS, DETAILS, REVIEW)


@dataclass(frozen=True)
class StepShown:
    """Step in the indicator; `url` is None for the current step and those that cannot be reached yet."""

    label: str | Promise
    url: str | None
    is_current: bool
    is_done: bool


def next_step(checkout: Checkout) -> Step:
    """Return the first step that applies and is not complete."""
    return next(step for step in STEPS if step.applies(checkout) and not step.is_complete(checkout))


def indicator(checkout: Checkout, current: Step) -> list[StepShown]:
    """Return the steps of this checkout, from the cart to the payment, for the indicator above its pages."""
    first_open = next_step(checkout)
    shown = [StepShown(_("Cart"), reverse("cart"), is_current=False, is_done=True)]
    is_reachable = True
    for step in STEPS:
        if not step.applies(checkout):
            continue
        shown.append(
            StepShown(
                step.label,
                step.url if is_reachable and step is not current else None,
                is_current=step is current,
                is_done=is_reachable and step is not first_open and step is not current,
            )
        )
        is_reachable = is_reachable and step is not first_open
    return [*shown, StepShown(_("Payment"), None, is_current=False, is_done=False)]


def step_view(step: Step) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Return a decorator for the view of a step, called with the checkout as second argument; a jump ahead redirects to
    the first incomplete step."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            checkout = checkout_to_keep(request, is_only_shown=request.method != "POST" and step is not REVIEW)
            if checkout is None or not checkout.can_be_ordered:
                return _lead_back(request, step, checkout)
            try:
                if not step.applies(checkout):
                    return redirect(next_step(checkout).url)
                for earlier in STEPS[: STEPS.index(step)]:
                    if earlier.applies(checkout) and not earlier.is_complete(checkout):
                        return _lead_back(request, step, checkout, to=earlier)
                return view(request, checkout, *args, **kwargs)
            except (CartRefused, HookBroken) as refusal:  # another tab was faster, or a handler is broken
                messages.error(request, str(refusal))
                return redirect("cart")

        return wrapper

    return decorate


def _lead_back(
    request: HttpRequest, step: Step, checkout: Checkout | None, *, to: Step | None = None
) -> HttpResponseRedirect:
    """Redirect to a step that has to come first, or to the cart, with the reason if something was sent; what was sent
    is kept."""
    if request.method == "POST":
        try:
            if checkout is not None:
                step.keep(request, checkout)
        except (CartRefused, HookBroken) as refusal:
            messages.error(request, str(refusal))
        else:
            messages.warning(
                request, to.what_is_missing(checkout) if to and checkout else _why_cart_first(request, checkout)
            )
    return redirect(to.url if to else "cart")


def _why_cart_first(request: HttpRequest, checkout: Checkout | None) -> str:
    if checkout is None or not checkout.priced.lines:
        return why_cart_is_gone(request) or str(GONE)
    return str(_("First the cart needs your attention: it has changed, or something in it cannot be ordered."))


def go_on(request: HttpRequest, checkout: Checkout | None = None) -> HttpResponseRedirect:
    """Redirect to the first incomplete step, of the checkout given or read anew; to the cart if nothing can be
    ordered."""
    checkout = checkout or checkout_to_keep(request)
    if checkout is None or not checkout.can_be_ordered:
        if checkout is not None and checkout.priced.lines:
            messages.warning(request, _why_cart_first(request, checkout))
        return redirect("cart")
    try:
        step = next_step(checkout)
    except (CartRefused, HookBroken) as refusal:
        messages.error(request, str(refusal))
        return redirect("cart")
    came_from = next((each for each in STEPS if each.url == request.path), None)
    if request.method == "POST" and came_from is not None and STEPS.index(step) < STEPS.index(came_from):
        messages.warning(request, step.what_is_missing(checkout))
    return redirect(step.url)
