import django.core.validators
from decimal import Decimal
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0012_supply_checked'),
    ]

    operations = [
        migrations.AddField(
            model_name='entry',
            name='cancel_days_after',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Accounts may cancel units that nobody has until then. Both empty: they ask the merchant.', null=True, verbose_name='days to cancel after the purchase'),
        ),
        migrations.AddField(
            model_name='entry',
            name='cancel_days_before',
            field=models.PositiveSmallIntegerField(blank=True, help_text='The last day is so many days before the first day of the course, if that is known.', null=True, verbose_name='days to cancel before the course'),
        ),
        migrations.AddField(
            model_name='entry',
            name='cancel_fee',
            field=models.DecimalField(blank=True, decimal_places=2, help_text='Tax included.', max_digits=12, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='amount kept for each unit cancelled'),
        ),
        migrations.AddField(
            model_name='entry',
            name='cancel_share_kept',
            field=models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0'), max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='share kept when cancelled, in %'),
        ),
        AddConstraintNotValid(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(('cancel_share_kept__gte', 0), ('cancel_share_kept__lte', 100), models.Q(('cancel_fee__isnull', True), ('cancel_fee__gte', 0), _connector='OR')), name='catalog_entry_cancel_kept'),
        ),
    ]
