from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0002_ubl'),
    ]

    operations = [
        ValidateConstraint(model_name='documentfile', name='documents_documentfile_form_known'),
    ]
