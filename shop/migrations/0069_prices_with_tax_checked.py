from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0068_prices_with_tax'),
    ]

    operations = [
        ValidateConstraint(model_name='orderline', name='shop_orderline_gross_as_typed'),
    ]
