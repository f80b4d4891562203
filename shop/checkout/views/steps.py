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
from shop.cart.services import CartRefused
from shop.checkout.views.state import Checkout, checkout_of


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


class UnitsStep(Step):
    def applies(self, checkout: Checkout) -> bool:
        return bool(checkout.lines_with_forms)

    def is_complete(self, checkout: Checkout) -> bool:
        return all(line.line.units_confirmed for line in checkout.lines_with_forms) and not checkout.unit_errors


class DetailsStep(Step):
    def is_complete(self, checkout: Checkout) -> bool:
        return checkout.details_form is not None and checkout.details_form.is_valid()


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
            checkout = checkout_of(request)
            if checkout is None:
                return redirect("cart")
            try:
                if not step.applies(checkout):
                    return redirect(next_step(checkout).url)
                for earlier in STEPS[: STEPS.index(step)]:
                    if earlier.applies(checkout) and not earlier.is_complete(checkout):
                        return redirect(earlier.url)
                return view(request, checkout, *args, **kwargs)
            except (CartRefused, HookBroken) as refusal:  # another tab was faster, or a handler is broken
                messages.error(request, str(refusal))
                return redirect("cart")

        return wrapper

    return decorate


def go_on(request: HttpRequest) -> HttpResponseRedirect:
    """Redirect to the first incomplete step, read anew; to the cart if nothing can be ordered."""
    checkout = checkout_of(request)
    try:
        return redirect("cart") if checkout is None else redirect(next_step(checkout).url)
    except (CartRefused, HookBroken) as refusal:
        messages.error(request, str(refusal))
        return redirect("cart")
