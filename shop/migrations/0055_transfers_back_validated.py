from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0054_transfers_back'),
    ]

    operations = [
        ValidateConstraint(model_name='refund', name='shop_refund_way_known'),
        ValidateConstraint(model_name='refund', name='shop_refund_of_something'),
        ValidateConstraint(model_name='refund', name='shop_refund_transfer_has_payee'),
    ]
