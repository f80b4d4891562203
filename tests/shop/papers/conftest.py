"""A seller who may issue invoices."""

from __future__ import annotations

import pytest

from shop.seller.models import ShopIdentity
from tests.shop.papers.given import complete_seller


@pytest.fixture
def seller(db: None) -> ShopIdentity:
    return complete_seller()
