from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0037_money_used'),
    ]

    operations = [
        ValidateConstraint(model_name='moneyhandling', name='shop_moneyhandling_used_for_good'),
    ]
