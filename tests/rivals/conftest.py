"""Committed rows for every race, since other processes see nothing else."""

import pytest

from shop.seller.frozen import freeze_seller
from shop.seller.models import ShopIdentity


@pytest.fixture(autouse=True)
def _a_shop_with_its_rows_committed(transactional_db: None) -> None:
    """Commit the rows of a test, since rivals are other processes, and freeze the seller as in any shop that sells.

    Without a frozen seller the first orders would wait for each other to freeze it.
    """
    freeze_seller(seller=ShopIdentity.current())
