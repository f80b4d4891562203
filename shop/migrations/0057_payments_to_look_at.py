from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('shop', '0056_payments_looked_at'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(condition=models.Q(('look_again_at__isnull', False)), fields=['look_again_at'], name='shop_payment_to_look_at'),
        ),
    ]
