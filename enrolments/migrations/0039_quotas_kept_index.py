from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('enrolments', '0038_quotas_kept_by_lists'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='listrow',
            index=models.Index(condition=models.Q(('step', 'kept'), ('team__isnull', False)), fields=['team'], name='enrolments_listrow_of_team'),
        ),
    ]
