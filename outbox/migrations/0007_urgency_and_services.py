from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models

# Mails that wait already would else count as urgent as deliveries. Rows that are locked are being sent.
MAILS = """
UPDATE outbox_job SET urgency = 3
WHERE id IN (SELECT id FROM outbox_job WHERE state = 'pending' AND kind = 'send_mail' FOR UPDATE SKIP LOCKED)
"""
KNOWN = models.CheckConstraint(condition=models.Q(('urgency__in', [1, 2, 3, 4])), name='outbox_job_urgency_known')


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('outbox', '0006_subject'),
    ]

    operations = [
        migrations.CreateModel(
            name='OutsideService',
            fields=[
                ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('failures', models.PositiveIntegerField(db_default=0, default=0)),
                ('failing_since', models.DateTimeField(blank=True, null=True)),
                ('left_alone_until', models.DateTimeField(blank=True, null=True)),
                ('last_error', models.TextField(blank=True, db_default='', default='')),
            ],
            options={
                'default_permissions': (),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='outbox_service_named'),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(('failing_since__isnull', True), ('failures', 0)),
                            models.Q(('failing_since__isnull', False), ('failures__gt', 0)),
                            _connector='OR',
                        ),
                        name='outbox_service_fails_since_a_moment',
                    ),
                    models.CheckConstraint(
                        condition=models.Q(('left_alone_until__isnull', True), ('failures__gt', 0), _connector='OR'),
                        name='outbox_service_left_alone_after_failures',
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name='job',
            name='urgency',
            field=models.PositiveSmallIntegerField(
                choices=[(1, 'codes'), (2, 'deliveries'), (3, 'mails'), (4, 'the rest')],
                db_default=2, default=2, verbose_name='urgency',
            ),
        ),
        AddConstraintNotValid(model_name='job', constraint=KNOWN),
        ValidateConstraint(model_name='job', name='outbox_job_urgency_known'),
        migrations.RunSQL(MAILS, migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(
                condition=models.Q(('state', 'pending')),
                fields=['urgency', 'kind', 'due_at', 'id'],
                name='outbox_job_claim',
            ),
        ),
    ]
