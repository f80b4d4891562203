"""Removal of the time of a cart's last change, which nothing reads.

The column stays, with its default: the previous release still writes it. The next release drops it.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0014_operators_and_expiry")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name="cart", name="updated_at")]
        )
    ]
