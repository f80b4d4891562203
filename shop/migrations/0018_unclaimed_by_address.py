from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The index is made beside sales that go on. May be run again.
    atomic = False

    dependencies = [("shop", "0017_search_columns")]

    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("claimed_at__isnull", True)),
                fields=["contact_email"],
                name="shop_order_unclaimed",
            ),
        ),
    ]
