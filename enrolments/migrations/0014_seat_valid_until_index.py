from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('enrolments', '0013_seat_valid_until'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='seat',
            index=models.Index(condition=models.Q(('valid_until__isnull', False)), fields=['valid_until'], name='enrolments_seat_valid_until'),
        ),
    ]
