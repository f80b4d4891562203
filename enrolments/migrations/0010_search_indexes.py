from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from common.search import Normalised, Words


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('enrolments', '0009_course_venue'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='seat',
            index=models.Index(condition=models.Q(('course__isnull', False)), fields=['course'], name='enrolments_seat_of_course'),
        ),
        AddIndexConcurrently(
            model_name='coursegroup',
            index=GinIndex(Words('search_text'), name='enrolments_group_words'),
        ),
        AddIndexConcurrently(
            model_name='seatbatch',
            index=GinIndex(Words(Normalised('order_number', 'entry_code')), name='enrolments_batch_words'),
        ),
        AddIndexConcurrently(
            model_name='seatbatch',
            index=models.Index(fields=['order_number'], name='enrolments_batch_order_number'),
        ),
    ]
