from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('enrolments', '0038_frozen'),
    ]

    operations = [
        ValidateConstraint(model_name='seatbatch', name='enrolments_seatbatch_frozen_for'),
        ValidateConstraint(model_name='seatbatch', name='enrolments_seatbatch_frozen_since'),
    ]
