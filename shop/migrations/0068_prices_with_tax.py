import django.db.models.expressions
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0029_wants_payment_reminders'),
        ('catalog', '0017_prices_with_tax'),
        ('shop', '0067_moving_terms'),
    ]

    operations = [
        migrations.AddField(
            model_name='orderline',
            name='unit_gross',
            field=models.DecimalField(decimal_places=2, editable=False, help_text='As typed; empty where prices were typed net.', max_digits=12, null=True, verbose_name='unit price with tax'),
        ),
        migrations.AddField(
            model_name='shopidentity',
            name='prices_include_tax',
            field=models.BooleanField(choices=[(False, 'net: tax is added'), (True, 'with tax: tax is taken out of them')], db_default=False, default=False, help_text='Prices of the catalogue, and those that customers see first.', verbose_name='prices are typed'),
        ),
        AddConstraintNotValid(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('unit_gross__isnull', True), models.Q(('gross', django.db.models.expressions.CombinedExpression(models.F('unit_gross'), '*', models.F('charged'))), ('unit_gross__gte', 0)), _connector='OR'), name='shop_orderline_gross_as_typed'),
        ),
    ]
