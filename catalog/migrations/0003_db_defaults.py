import django.core.validators
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):
    # One table after the other: a sale that goes on meanwhile waits for one, and never crosswise. Running it again is harmless.
    atomic = False

    dependencies = [
        ('catalog', '0002_entryfield'),
    ]

    operations = [
        migrations.AlterField(
            model_name='category',
            name='position',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='Lower numbers come first.', verbose_name='position'),
        ),
        migrations.AlterField(
            model_name='entry',
            name='audience',
            field=models.CharField(choices=[('everyone', 'Everyone'), ('members', 'Whoever is signed in'), ('customers', 'Customers')], db_default='everyone', default='everyone', help_text='Customers are people who have paid an order before. If the handler is stricter, its rule holds.', max_length=10, verbose_name='sold to'),
        ),
        migrations.AlterField(
            model_name='entry',
            name='handler_version',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AlterField(
            model_name='entry',
            name='min_quantity',
            field=models.PositiveIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name='smallest quantity'),
        ),
        migrations.AlterField(
            model_name='entry',
            name='parameters',
            field=models.JSONField(blank=True, db_default={}, default=dict, editable=False),
        ),
        migrations.AlterField(
            model_name='entry',
            name='position',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='Lower numbers come first.', verbose_name='position'),
        ),
        migrations.AlterField(
            model_name='entry',
            name='search_text',
            field=models.TextField(db_default='', default='', editable=False),
        ),
        migrations.AlterField(
            model_name='entry',
            name='sort_name',
            field=models.CharField(db_default='', default='', editable=False, max_length=220),
        ),
        migrations.AlterField(
            model_name='entry',
            name='sort_name_en',
            field=models.CharField(db_default='', default='', editable=False, max_length=220, null=True),
        ),
        migrations.AlterField(
            model_name='entry',
            name='sort_name_fr',
            field=models.CharField(db_default='', default='', editable=False, max_length=220, null=True),
        ),
        migrations.AlterField(
            model_name='entry',
            name='state',
            field=models.CharField(choices=[('draft', 'Draft'), ('available', 'Available'), ('internal', 'Internal'), ('suspended', 'Suspended'), ('retired', 'Retired')], db_default='draft', default='draft', help_text='Draft: only staff see it. Internal: sold by staff only. Suspended: shown, but not sold. Retired: neither shown nor sold.', max_length=10, verbose_name='state'),
        ),
        migrations.AlterField(
            model_name='entry',
            name='version',
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
        migrations.AlterField(
            model_name='entryfield',
            name='choices',
            field=models.JSONField(blank=True, db_default=[], default=list, verbose_name='choices'),
        ),
        migrations.AlterField(
            model_name='entryfield',
            name='is_required',
            field=models.BooleanField(db_default=False, default=False, help_text='For a checkbox: it must be ticked.', verbose_name='required'),
        ),
        migrations.AlterField(
            model_name='entryfield',
            name='kind',
            field=models.CharField(choices=[('text', 'Text'), ('long_text', 'Long text'), ('choice', 'Choice'), ('checkbox', 'Checkbox'), ('number', 'Number'), ('email', 'E-mail address'), ('date', 'Date')], db_default='text', default='text', max_length=10, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='entryfield',
            name='position',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='Lower numbers come first.', verbose_name='position'),
        ),
        migrations.AlterField(
            model_name='pricetier',
            name='from_quantity',
            field=models.PositiveIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name='from quantity'),
        ),
        migrations.AlterField(
            model_name='tax',
            name='rate',
            field=models.DecimalField(db_default=Decimal('20.00'), decimal_places=2, default=Decimal('20.00'), max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='rate in %'),
        ),
    ]
