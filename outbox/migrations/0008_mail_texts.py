from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outbox', '0007_urgency_and_services'),
    ]

    operations = [
        migrations.AddField(
            model_name='mail',
            name='forgotten_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='text deleted at'),
        ),
        # Validated in the next migration, without a lock that stops others.
        AddConstraintNotValid(
            model_name='mail',
            constraint=models.CheckConstraint(condition=models.Q(('forgotten_at__isnull', True), models.Q(('state', 'queued'), _negated=True), _connector='OR'), name='outbox_mail_waiting_has_its_text'),
        ),
    ]
