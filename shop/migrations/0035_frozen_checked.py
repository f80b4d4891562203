from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0034_frozen'),
    ]

    operations = [
        ValidateConstraint(model_name='orderline', name='shop_orderline_frozen_for'),
    ]
