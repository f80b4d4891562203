from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0022_closed_accounts'),
    ]

    operations = [
        ValidateConstraint(
            model_name='customeraccount',
            name='accounts_customeraccount_closed_is_blank',
        ),
    ]
