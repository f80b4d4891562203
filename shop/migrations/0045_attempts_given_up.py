from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("shop", "0044_refund_calls"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='paymentattempt',
            index=models.Index(condition=models.Q(('state', 'given_up')), fields=['begun_at'], name='shop_paymentattempt_given_up'),
        ),
    ]
