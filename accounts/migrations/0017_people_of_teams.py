from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('accounts', '0016_delegation_team'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='delegation',
            index=models.Index(condition=models.Q(('team__isnull', False)), fields=['team'], name='accounts_delegation_team'),
        ),
    ]
