"""A platform that stands in, switched on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from shop.payments.configured.in_force import forget
from tests.shop.papers.given import SIRET
from tests.shop.papers.platforms.given import switch
from workbench.stand_ins import afnor as stand_in


@pytest.fixture
def desk(db: None) -> Iterator[stand_in.Afnor]:
    """The stand-in, whose keys are saved; documents are sent to buyers whom its directory knows."""
    cache.clear()
    platform = stand_in.Afnor(directory={SIRET[:9]: f"{SIRET[:9]}_FACTURES"})
    with stand_in.running(platform) as address:
        switch(address)
        yield platform
    forget()
