from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('shop', '0052_charge_backs'),
    ]

    operations = [
        ValidateConstraint(model_name='allocation', name='shop_allocation_taken_back_released'),
        AddIndexConcurrently(
            model_name='allocation',
            index=models.Index(condition=models.Q(('charge_back__isnull', False)), fields=['charge_back'], name='shop_allocation_charge_back'),
        ),
        AddIndexConcurrently(
            model_name='paymentevent',
            index=models.Index(condition=models.Q(('kind__in', ('dispute_won', 'dispute_lost'))), fields=['payment'], name='shop_paymentevent_of_disputes'),
        ),
    ]
