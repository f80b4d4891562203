import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='BrokenHook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('handler', models.CharField(max_length=110, verbose_name='extension')),
                ('hook', models.CharField(max_length=40, verbose_name='hook')),
                ('file', models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='file')),
                ('line', models.PositiveIntegerField(db_default=0, default=0, verbose_name='line')),
                ('error', models.CharField(max_length=100, verbose_name='error')),
                ('detail', models.CharField(blank=True, db_default='', default='', max_length=500, verbose_name='detail')),
                ('times', models.PositiveIntegerField(db_default=1, default=1, verbose_name='times')),
                ('first_seen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='first seen')),
                ('last_seen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='last seen')),
            ],
            options={
                'verbose_name': 'broken hook',
                'verbose_name_plural': 'broken hooks',
                'ordering': ('-last_seen_at', 'pk'),
                'constraints': [models.UniqueConstraint(fields=('handler', 'hook', 'file', 'line', 'error'), name='handlers_brokenhook_once'), models.CheckConstraint(condition=models.Q(('times__gte', 1)), name='handlers_brokenhook_seen'), models.CheckConstraint(condition=models.Q(models.Q(('handler', ''), _negated=True), models.Q(('hook', ''), _negated=True), models.Q(('error', ''), _negated=True)), name='handlers_brokenhook_named')],
            },
        ),
    ]
