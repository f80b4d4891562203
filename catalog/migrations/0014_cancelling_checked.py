from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0013_cancelling'),
    ]

    operations = [
        ValidateConstraint(model_name='entry', name='catalog_entry_cancel_kept'),
    ]
