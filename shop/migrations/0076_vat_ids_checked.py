from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0075_vat_ids'),
    ]

    operations = [
        ValidateConstraint(model_name='shopidentity', name='shop_identity_vat_id_rule_known'),
    ]
