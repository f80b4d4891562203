import django.core.serializers.json
from django.db import migrations, models


class Migration(migrations.Migration):
    # One table after the other: a sale that goes on meanwhile waits for one, and never crosswise. Running it again is harmless.
    atomic = False

    dependencies = [
        ('outbox', '0002_index_of_failed_mails'),
    ]

    operations = [
        migrations.AlterField(
            model_name='job',
            name='attempts',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='attempts'),
        ),
        migrations.AlterField(
            model_name='job',
            name='last_error',
            field=models.TextField(blank=True, db_default='', default='', verbose_name='last error'),
        ),
        migrations.AlterField(
            model_name='job',
            name='payload',
            field=models.JSONField(db_default={}, default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='payload'),
        ),
        migrations.AlterField(
            model_name='job',
            name='state',
            field=models.CharField(choices=[('pending', 'pending'), ('done', 'done'), ('dead', 'dead')], db_default='pending', default='pending', max_length=8, verbose_name='state'),
        ),
        migrations.AlterField(
            model_name='mail',
            name='context',
            field=models.JSONField(db_default={}, default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='context'),
        ),
        migrations.AlterField(
            model_name='mail',
            name='failed_reason',
            field=models.TextField(blank=True, db_default='', default='', verbose_name='why it failed'),
        ),
        migrations.AlterField(
            model_name='mail',
            name='has_secret',
            field=models.BooleanField(db_default=False, default=False, verbose_name='contained a one-time code or link'),
        ),
        migrations.AlterField(
            model_name='mail',
            name='secret',
            field=models.TextField(blank=True, db_default='', default='', verbose_name='secret'),
        ),
        migrations.AlterField(
            model_name='mail',
            name='state',
            field=models.CharField(choices=[('queued', 'queued'), ('sent', 'sent'), ('failed', 'failed')], db_default='queued', default='queued', max_length=8, verbose_name='state'),
        ),
    ]
