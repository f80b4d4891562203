from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from common.search import Normalised, Words


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('outbox', '0009_mail_texts_indexes'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='job',
            index=GinIndex(Words(Normalised('key', 'last_error')), name='outbox_job_words'),
        ),
        AddIndexConcurrently(
            model_name='mail',
            index=GinIndex(Words('search_text'), name='outbox_mail_words'),
        ),
        AddIndexConcurrently(
            model_name='mail',
            index=models.Index(fields=['recipient'], name='outbox_mail_recipient'),
        ),
    ]
