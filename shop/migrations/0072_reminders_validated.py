from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0071_reminders'),
    ]

    operations = [
        ValidateConstraint(model_name='duereminder', name='shop_duereminder_step_known'),
        ValidateConstraint(model_name='shopidentity', name='shop_identity_reminders_follow'),
    ]
