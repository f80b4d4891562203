from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0021_membership_limits'),
    ]

    operations = [
        migrations.AddField(
            model_name='customeraccount',
            name='closed_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='closed'),
        ),
        AddConstraintNotValid(
            model_name='customeraccount',
            constraint=models.CheckConstraint(condition=models.Q(('closed_at__isnull', True), models.Q(('city', ''), ('name', ''), ('payer_email', ''), ('postal_code', ''), ('street', ''), ('vat_id', '')), _connector='OR'), name='accounts_customeraccount_closed_is_blank'),
        ),
    ]
