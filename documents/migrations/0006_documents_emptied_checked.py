from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0005_documents_emptied'),
    ]

    operations = [
        ValidateConstraint(model_name='document', name='documents_document_emptied_says_nothing'),
    ]
