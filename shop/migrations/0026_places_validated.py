from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0025_tidying_indexes'),
    ]

    operations = [
        ValidateConstraint(model_name='order', name='shop_order_paid_has_its_places'),
    ]
