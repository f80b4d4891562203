from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0041_refunds'),
    ]

    operations = [
        ValidateConstraint(model_name='givingback', name='shop_givingback_sent_within_amount'),
    ]
