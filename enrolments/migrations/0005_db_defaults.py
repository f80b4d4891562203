from django.db import migrations, models


class Migration(migrations.Migration):
    # Not atomic: one table is locked at a time, so that a running sale waits but never deadlocks. May be run again.
    atomic = False

    dependencies = [
        ('enrolments', '0004_seat_list'),
    ]

    operations = [
        migrations.AlterField(
            model_name='course',
            name='group_mode',
            field=models.CharField(choices=[('none', 'No groups'), ('visible', 'Visible groups'), ('separate', 'Separate groups')], db_default='none', default='none', help_text='In separate groups, people of one session never see those of another.', max_length=10, verbose_name='groups'),
        ),
        migrations.AlterField(
            model_name='course',
            name='is_visible',
            field=models.BooleanField(db_default=True, default=True, verbose_name='visible'),
        ),
        migrations.AlterField(
            model_name='enrolmentevent',
            name='detail',
            field=models.JSONField(blank=True, db_default={}, default=dict, verbose_name='detail'),
        ),
        migrations.AlterField(
            model_name='seat',
            name='keeps_place',
            field=models.BooleanField(db_default=False, default=False, verbose_name='keeps its place'),
        ),
        migrations.AlterField(
            model_name='seatbatch',
            name='entry_name',
            field=models.JSONField(db_default={}, default=dict, verbose_name='name of the entry'),
        ),
    ]
