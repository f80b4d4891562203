import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

# Steps were days before and after the due one. The last release writes none.
STEPS = "UPDATE shop_duereminder SET step = CASE step WHEN -7 THEN 0 WHEN 14 THEN 2 ELSE 1 END"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0029_wants_payment_reminders'),
        ('shop', '0070_right_to_correct'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ReminderPause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('begun_at', models.DateTimeField(verbose_name='since')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended')),
                ('account', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reminder_pauses', to='accounts.customeraccount')),
                ('begun_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reminder_pauses', to='shop.order')),
            ],
            options={
                'verbose_name': 'pause of reminders',
                'verbose_name_plural': 'pauses of reminders',
                'ordering': ('pk',),
                'permissions': [('pause_reminders', 'Can pause reminders of payments')],
                'default_permissions': (),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('account__isnull', True), ('order__isnull', False)), models.Q(('account__isnull', False), ('order__isnull', True)), _connector='OR'), name='shop_reminderpause_of_one'),
                    models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='shop_reminderpause_reason_given'),
                    models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True)), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False)), _connector='OR'), name='shop_reminderpause_ended_by_one'),
                    models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('order',), name='shop_reminderpause_one_of_order'),
                    models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('account',), name='shop_reminderpause_one_of_account'),
                ],
            },
        ),
        migrations.CreateModel(
            name='DuePart',
            fields=[
            ],
            options={
                'verbose_name': 'due part',
                'verbose_name_plural': 'due parts',
                'ordering': ('due_on', 'pk'),
                'proxy': True,
                'default_permissions': ('view',),
                'indexes': [],
                'constraints': [],
            },
            bases=('shop.paymentrequest',),
        ),
        migrations.AddField(
            model_name='shopidentity',
            name='reminder_before_days',
            field=models.PositiveSmallIntegerField(db_default=7, default=7, help_text='0: nobody is reminded in advance.', verbose_name='days before the due day'),
        ),
        migrations.AddField(
            model_name='shopidentity',
            name='reminder_first_days',
            field=models.PositiveSmallIntegerField(db_default=3, default=3, verbose_name='first reminder (days after it)'),
        ),
        migrations.AddField(
            model_name='shopidentity',
            name='reminder_last_days',
            field=models.PositiveSmallIntegerField(db_default=30, default=30, verbose_name='last reminder (days after it)'),
        ),
        migrations.AddField(
            model_name='shopidentity',
            name='reminder_second_days',
            field=models.PositiveSmallIntegerField(db_default=15, default=15, verbose_name='second reminder (days after it)'),
        ),
        migrations.AlterField(
            model_name='duereminder',
            name='step',
            field=models.SmallIntegerField(choices=[(0, 'before the day'), (1, 'first reminder'), (2, 'second reminder'), (3, 'last reminder')], verbose_name='step'),
        ),
        migrations.RunSQL(STEPS, migrations.RunSQL.noop),
        AddConstraintNotValid(
            model_name='duereminder',
            constraint=models.CheckConstraint(condition=models.Q(('step__in', (0, 1, 2, 3))), name='shop_duereminder_step_known'),
        ),
        AddConstraintNotValid(
            model_name='shopidentity',
            constraint=models.CheckConstraint(condition=models.Q(('reminder_first_days__gt', 0), ('reminder_last_days__gt', models.F('reminder_second_days')), ('reminder_second_days__gt', models.F('reminder_first_days'))), name='shop_identity_reminders_follow'),
        ),
    ]
