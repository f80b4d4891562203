"""A platform that stands in, switched on, and a document to send to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone

from shop.papers.platforms.models import PlatformSettings
from shop.papers.platforms.registry import get_platform
from shop.payments.configured.in_force import forget
from shop.payments.configured.services import save_settings
from tests.factories.accounts import UserFactory
from workbench.stand_ins import afnor as stand_in


@pytest.fixture
def desk(db) -> Iterator[stand_in.Afnor]:
    """The stand-in, whose keys are saved; documents are sent."""
    platform = stand_in.Afnor()
    with stand_in.running(platform) as address:
        switch(address)
        yield platform
    forget()


def switch(address: str, *, offer: str = "yes", voluntary: str = "no") -> None:
    PlatformSettings.objects.get_or_create(name="afnor")
    typed = {
        "token_url": f"{address}/token", "flow_url": address, "directory_url": address,
        "client_id": stand_in.CLIENT_ID, "client_secret": stand_in.CLIENT_SECRET, "voluntary": voluntary,
        "mode": "test",
    }  # fmt: skip
    afnor = get_platform("afnor")
    assert afnor is not None
    save_settings(provider=afnor, offer=offer, typed=typed, actor=UserFactory(), now=timezone.now())
