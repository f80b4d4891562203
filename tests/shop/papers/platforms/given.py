"""Keys of the platform that stands in, as a merchant saves them."""

from __future__ import annotations

from django.utils import timezone

from shop.papers.platforms.models import PlatformSettings
from shop.papers.platforms.registry import get_platform
from shop.payments.configured.services import save_settings
from tests.factories.accounts import UserFactory
from workbench.stand_ins import afnor as stand_in


def platform_row() -> PlatformSettings:
    """Return the row of the platform, made if a test that committed has emptied the table."""
    return PlatformSettings.objects.get_or_create(name="afnor")[0]


def switch(address: str = "http://127.0.0.1:9", *, offer: str = "yes", voluntary: str = "no") -> PlatformSettings:
    """Save keys for a platform at an address, and whether documents are sent; return the row."""
    platform_row()
    typed = {
        "token_url": f"{address}/token", "flow_url": address, "directory_url": address,
        "client_id": stand_in.CLIENT_ID, "client_secret": stand_in.CLIENT_SECRET, "voluntary": voluntary,
        "mode": "test",
    }  # fmt: skip
    afnor = get_platform("afnor")
    assert afnor is not None
    save_settings(provider=afnor, offer=offer, typed=typed, actor=UserFactory(), now=timezone.now())
    return platform_row()
