"""Order numbers come from a sequence: no two alike, no lock held, gaps allowed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE shop_order_number", "DROP SEQUENCE shop_order_number"),
    ]
