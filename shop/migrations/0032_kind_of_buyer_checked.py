from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0031_kind_of_buyer'),
    ]

    operations = [
        ValidateConstraint(model_name='order', name='shop_order_public_body_is_no_person'),
    ]
