"""What every race starts from: committed rows, which other processes see."""

import pytest

from shop.seller.frozen import freeze_seller
from shop.seller.models import ShopIdentity


@pytest.fixture(autouse=True)
def _a_shop_with_its_rows_committed(transactional_db: None) -> None:
    """Rivals are other processes: nothing of a test may hide in a transaction of its own.

    The shop knows who it is, as any shop that sells: else the first orders would wait for each other to note it.
    """
    freeze_seller(seller=ShopIdentity.current())
