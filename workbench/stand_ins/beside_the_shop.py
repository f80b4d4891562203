"""Stand-ins of payment providers that run beside the shop of development, and are offered there like the real ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

from django.urls import reverse

from workbench.stand_ins import gocardless, lyra, mollie, stripe


@dataclass(frozen=True)
class StandIn:
    """A provider's stand-in: `run` takes the shop's address for messages, and gives the stand-in's own; `settings`
    returns the variables by which the shop knows it; `key` is the one that tells of keys of one's own."""

    provider: str
    name: str
    key: str
    run: Callable[[str], AbstractContextManager[str]]
    settings: Callable[[str], dict[str, str]]


STAND_INS = (
    StandIn(
        "stripe",
        "Stripe",
        "STRIPE_SECRET_KEY",
        lambda webhook: stripe.running(stripe.Stripe(webhook=webhook)),
        stripe.settings,
    ),
    StandIn("lyra", "Lyra", "LYRA_SITE_ID", lambda _webhook: lyra.running(lyra.Lyra()), lyra.settings),
    StandIn(
        "mollie",
        "Mollie",
        "MOLLIE_API_KEY",
        lambda webhook: mollie.running(mollie.Mollie(webhook=webhook)),
        mollie.settings,
    ),
    StandIn(
        "gocardless",
        "GoCardless",
        "GOCARDLESS_ACCESS_TOKEN",
        lambda webhook: gocardless.running(gocardless.GoCardless(webhook=webhook)),
        gocardless.settings,
    ),
)


@dataclass(frozen=True)
class Running:
    """A stand-in that runs: its name, its address, and the variables by which the shop knows it."""

    name: str
    address: str
    settings: dict[str, str]


@contextmanager
def running_beside(shop: str) -> Iterator[Sequence[Running]]:
    """Run, within the block, the stand-in of each provider for which the environment has no keys of its own, beside the
    shop of an address. None where the environment chooses how customers pay."""
    chosen = bool(os.environ.get("PAYMENT_PROVIDERS"))
    wanted = [each for each in STAND_INS if not chosen and not os.environ.get(each.key)]
    with ExitStack() as stack:
        started = []
        for each in wanted:
            address = stack.enter_context(each.run(shop + reverse("payment-webhook", args=[each.provider])))
            started.append(Running(each.name, address, each.settings(address)))
        yield started
