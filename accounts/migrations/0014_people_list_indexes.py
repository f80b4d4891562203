from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('accounts', '0013_detachments'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='delegation',
            index=models.Index(fields=['account', 'id'], name='accounts_delegation_list'),
        ),
        AddIndexConcurrently(
            model_name='delegation',
            index=models.Index(fields=['account', 'sort_name', 'id'], name='accounts_delegation_by_name'),
        ),
    ]
