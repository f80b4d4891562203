from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The index is made beside jobs that go on. May be run again.
    atomic = False

    dependencies = [
        ('outbox', '0004_recalled_and_dismissed'),
    ]

    operations = [
        migrations.AddField(
            model_name='job',
            name='order_id',
            field=models.BigIntegerField(blank=True, null=True, verbose_name='order'),
        ),
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(condition=models.Q(('order_id__isnull', False)), fields=['order_id'], name='outbox_job_order'),
        ),
    ]
