from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('shop', '0044_attempts_given_up'),
        ('shop', '0044_refund_calls'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='orderline',
            index=models.Index(condition=models.Q(('frozen_for', []), _negated=True), fields=['order'], name='shop_orderline_frozen'),
        ),
    ]
