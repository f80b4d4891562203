from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('enrolments', '0025_joining'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='seat',
            index=models.Index(fields=['account', 'batch', 'state', 'course'], name='enrolments_seat_numbers'),
        ),
        RemoveIndexConcurrently(
            model_name='seat',
            name='enrolments_seat_counts',
        ),
    ]
