from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('enrolments', '0016_start_before'),
    ]

    operations = [
        ValidateConstraint(model_name='seatbatch', name='enrolments_seatbatch_start_before'),
        ValidateConstraint(model_name='seatevent', name='enrolments_seatevent_move'),
        AddIndexConcurrently(
            model_name='seat',
            index=models.Index(condition=models.Q(('enter_before__isnull', False), ('state', 'assigned')), fields=['enter_before'], name='enrolments_seat_enter_before'),
        ),
    ]
