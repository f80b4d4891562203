from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('shop', '0024_cart_changed_at'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='cart',
            index=models.Index(condition=models.Q(('ordered_at__isnull', True)), fields=['changed_at'], name='shop_cart_left_behind'),
        ),
        AddIndexConcurrently(
            model_name='paymentevent',
            index=models.Index(condition=models.Q(('payload', {}), _negated=True), fields=['received_at'], name='shop_paymentevent_payload'),
        ),
    ]
