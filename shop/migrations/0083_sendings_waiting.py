from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('shop', '0082_lines_by_day'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='documentsending',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['told_at'], name='shop_documentsending_waiting'),
        ),
    ]
