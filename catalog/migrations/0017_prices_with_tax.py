import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0016_moving_terms'),
    ]

    operations = [
        migrations.AddField(
            model_name='pricetier',
            name='includes_tax',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='with tax'),
        ),
        migrations.AlterField(
            model_name='pricetier',
            name='unit_net',
            field=models.DecimalField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='price of a unit'),
        ),
    ]
