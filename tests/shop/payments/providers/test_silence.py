"""Providers that take a call and say nothing: no page and no job waits for them longer than their time."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest

from shop.payments.port import Unreachable
from shop.payments.providers.gocardless import client as at_gocardless
from shop.payments.providers.lyra import client as at_lyra
from shop.payments.providers.mollie import client as at_mollie
from shop.payments.providers.stripe import client as at_stripe
from tests.shop.payments.providers import desks

pytestmark = pytest.mark.django_db
# Two tries and three, with what libraries wait in between.
AT_MOST_SECONDS = 12.0
# `proxy_read_timeout` of docs/deploy.md.
OF_A_PROXY = 60


def within_moments(module: object, monkeypatch: pytest.MonkeyPatch) -> None:
    name, short = ("TIMES", (0.2, 0.2)) if hasattr(module, "TIMES") else ("SECONDS", 0.2)
    monkeypatch.setattr(module, name, short)


@pytest.mark.parametrize(
    ("module", "variable", "desk"),
    [
        (at_gocardless, "GOCARDLESS_API_BASE", desks.gocardless_desk),
        (at_lyra, "LYRA_API_URL", desks.lyra_desk),
        (at_mollie, "MOLLIE_API_BASE", desks.mollie_desk),
        (at_stripe, "STRIPE_API_BASE", desks.stripe_desk),
    ],
    ids=["gocardless", "lyra", "mollie", "stripe"],
)
def test_silence_is_told_in_time(module: object, variable: str, desk: Callable, monkeypatch: pytest.MonkeyPatch):
    with desk(monkeypatch) as at, socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        monkeypatch.setenv(variable, f"http://127.0.0.1:{silent.getsockname()[1]}")
        within_moments(module, monkeypatch)
        began = time.monotonic()

        with pytest.raises(Unreachable):
            at.provider.check_connection()

        assert time.monotonic() - began < AT_MOST_SECONDS


@pytest.mark.parametrize(("module", "tries"), [(at_gocardless, 3), (at_lyra, 1), (at_mollie, 2), (at_stripe, 2)])
def test_a_page_waits_for_none_of_them_as_long_as_a_proxy_waits_for_it(module: object, tries: int):
    seconds = sum(getattr(module, "TIMES", ())) or module.SECONDS

    assert seconds * tries < OF_A_PROXY
