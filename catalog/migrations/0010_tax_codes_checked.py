from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0009_tax_codes'),
    ]

    operations = [
        ValidateConstraint(model_name='tax', name='catalog_tax_kind_known'),
        ValidateConstraint(model_name='tax', name='catalog_tax_exemption_of_exempt'),
        ValidateConstraint(model_name='tax', name='catalog_tax_rate_of_kind'),
        ValidateConstraint(model_name='tax', name='catalog_tax_e_invoicing_known'),
    ]
