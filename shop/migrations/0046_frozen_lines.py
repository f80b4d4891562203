from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('shop', '0045_attempts_given_up'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='orderline',
            index=models.Index(condition=models.Q(('frozen_for', []), _negated=True), fields=['order'], name='shop_orderline_frozen'),
        ),
    ]
