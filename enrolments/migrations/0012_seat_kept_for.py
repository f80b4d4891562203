from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('enrolments', '0011_lists'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='seat',
            index=models.Index(condition=models.Q(('people_list__isnull', False)), fields=['people_list'], name='enrolments_seat_kept_for'),
        ),
    ]
