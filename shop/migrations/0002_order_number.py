"""Sequence of order numbers: unique, without a lock, gaps allowed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE shop_order_number", "DROP SEQUENCE shop_order_number"),
    ]
