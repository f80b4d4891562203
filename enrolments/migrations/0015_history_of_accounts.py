from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('enrolments', '0014_seat_valid_until_index'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='seatevent',
            index=models.Index(condition=models.Q(('actor__isnull', False)), fields=['account', 'at', 'id'], name='enrolments_seatevent_by_actor'),
        ),
    ]
