from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('enrolments', '0029_reminders'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='ground',
            index=models.Index(condition=models.Q(('ended_at__isnull', True), ('ends_at__isnull', False), ('kind', 'seat')), fields=['ends_at'], name='enrolments_ground_seat_ends_at'),
        ),
    ]
