import django.contrib.postgres.fields
import django.db.models.deletion
import enrolments.seats.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_people_list_indexes'),
        ('enrolments', '0028_used_up_before'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('seats', 'Free seats about to end'), ('blanks', 'Seats of a session to fill'), ('entry', 'Course not entered yet')], max_length=6, verbose_name='kind')),
                ('ends_at', models.DateTimeField(verbose_name='date reminded of')),
                ('days', models.PositiveSmallIntegerField(verbose_name='days before')),
                ('sent_on', models.DateField(verbose_name='sent')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'reminder',
                'verbose_name_plural': 'reminders',
                'ordering': ('pk',),
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='seatbatch',
            name='remind_days',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, db_default=[90, 30, 7], default=enrolments.seats.models.usual_remind_days, size=None, verbose_name='days before on which people are reminded'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='batch',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrolments.seatbatch', verbose_name='seats of an order line'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='seat',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrolments.seat', verbose_name='seat'),
        ),
        migrations.AddIndex(
            model_name='reminder',
            index=models.Index(fields=['user', 'sent_on'], name='enrolments_reminder_of_day'),
        ),
        migrations.AddIndex(
            model_name='reminder',
            index=models.Index(fields=['ends_at'], name='enrolments_reminder_ends_at'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.UniqueConstraint(condition=models.Q(('batch__isnull', False)), fields=('user', 'batch', 'kind', 'ends_at', 'days'), name='enrolments_reminder_batch_once'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.UniqueConstraint(condition=models.Q(('seat__isnull', False)), fields=('user', 'seat', 'ends_at', 'days'), name='enrolments_reminder_seat_once'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('batch__isnull', False), ('kind__in', ['seats', 'blanks']), ('seat__isnull', True)), models.Q(('batch__isnull', True), ('kind', 'entry'), ('seat__isnull', False)), _connector='OR'), name='enrolments_reminder_shape'),
        ),
    ]
