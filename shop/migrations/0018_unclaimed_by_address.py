from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0017_search_columns")]

    operations = [
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("claimed_at__isnull", True)),
                fields=["contact_email"],
                name="shop_order_unclaimed",
            ),
        ),
    ]
