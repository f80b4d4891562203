from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('enrolments', '0019_seat_extensions'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='ground',
            index=models.Index(condition=models.Q(('ended_at__isnull', True), ('ends_at__isnull', False), ('kind__in', ['seat', 'line'])), fields=['account', 'ends_at', 'id'], name='enrolments_ground_ending'),
        ),
    ]
