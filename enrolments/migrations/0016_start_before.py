from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('enrolments', '0015_history_of_accounts'),
    ]

    operations = [
        migrations.AddField(
            model_name='seat',
            name='enter_before',
            field=models.DateTimeField(blank=True, null=True, verbose_name='to be entered before'),
        ),
        migrations.AddField(
            model_name='seatbatch',
            name='start_before_days',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='days in which to enter'),
        ),
        AddConstraintNotValid(
            model_name='seatbatch',
            constraint=models.CheckConstraint(condition=models.Q(('start_before_days__isnull', True), ('start_before_days__gte', 1), _connector='OR'), name='enrolments_seatbatch_start_before'),
        ),
        migrations.RemoveConstraint(
            model_name='seatevent',
            name='enrolments_seatevent_move',
        ),
        AddConstraintNotValid(
            model_name='seatevent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('from_state', ''), ('to_state__in', ['available', 'assigned'])), models.Q(('from_state', 'available'), ('to_state__in', ['assigned', 'expired', 'revoked'])), models.Q(('from_state', 'assigned'), ('to_state__in', ['available', 'consumed', 'expired', 'revoked'])), models.Q(('from_state', 'consumed'), ('to_state', 'revoked')), models.Q(('from_state', 'expired'), ('to_state', 'available')), _connector='OR'), name='enrolments_seatevent_move'),
        ),
    ]
