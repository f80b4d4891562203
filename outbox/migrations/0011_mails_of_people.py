from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('outbox', '0010_search_indexes'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='mail',
            index=models.Index(condition=models.Q(('person_id__isnull', False)), fields=['account_id', 'id'], name='outbox_mail_people'),
        ),
    ]
