
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Category',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(help_text="Part of the page's address: small letters, digits and hyphens.", max_length=64, unique=True, verbose_name='address')),
                ('name', models.CharField(max_length=150, verbose_name='name')),
                ('name_en', models.CharField(max_length=150, null=True, verbose_name='name')),
                ('name_fr', models.CharField(max_length=150, null=True, verbose_name='name')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('description_en', models.TextField(blank=True, null=True, verbose_name='description')),
                ('description_fr', models.TextField(blank=True, null=True, verbose_name='description')),
                ('position', models.PositiveIntegerField(default=0, help_text='Lower numbers come first.', verbose_name='position')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='catalog.category', verbose_name='inside')),
            ],
            options={
                'verbose_name': 'category',
                'verbose_name_plural': 'categories',
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(help_text='Letters, digits, hyphens and underscores. It cannot be changed any more once the entry has been sold or has a specific handler.', max_length=64, verbose_name='code')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('name_en', models.CharField(max_length=200, null=True, verbose_name='name')),
                ('name_fr', models.CharField(max_length=200, null=True, verbose_name='name')),
                ('summary', models.CharField(blank=True, help_text='One or two sentences for lists.', max_length=300, verbose_name='summary')),
                ('summary_en', models.CharField(blank=True, help_text='One or two sentences for lists.', max_length=300, null=True, verbose_name='summary')),
                ('summary_fr', models.CharField(blank=True, help_text='One or two sentences for lists.', max_length=300, null=True, verbose_name='summary')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('description_en', models.TextField(blank=True, null=True, verbose_name='description')),
                ('description_fr', models.TextField(blank=True, null=True, verbose_name='description')),
                ('terms', models.TextField(blank=True, help_text="What applies to this entry beside the shop's general terms. Plain text.", verbose_name='terms of sale')),
                ('terms_en', models.TextField(blank=True, help_text="What applies to this entry beside the shop's general terms. Plain text.", null=True, verbose_name='terms of sale')),
                ('terms_fr', models.TextField(blank=True, help_text="What applies to this entry beside the shop's general terms. Plain text.", null=True, verbose_name='terms of sale')),
                ('image', models.ImageField(blank=True, upload_to='entries/', verbose_name='image')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('available', 'Available'), ('internal', 'Internal'), ('suspended', 'Suspended'), ('retired', 'Retired')], default='draft', help_text='Draft: only staff see it. Internal: sold by staff only. Suspended: shown, but not sold. Retired: neither shown nor sold.', max_length=10, verbose_name='state')),
                ('handler', models.CharField(blank=True, max_length=80, verbose_name='what happens after the sale')),
                ('handler_version', models.PositiveIntegerField(default=0, editable=False)),
                ('parameters', models.JSONField(blank=True, default=dict, editable=False)),
                ('min_quantity', models.PositiveIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name='smallest quantity')),
                ('max_quantity', models.PositiveIntegerField(blank=True, help_text='Empty: no limit.', null=True, verbose_name='largest quantity')),
                ('audience', models.CharField(choices=[('everyone', 'Everyone'), ('members', 'Whoever is signed in'), ('customers', 'Customers')], default='everyone', help_text='Customers are people who have paid an order before. If the handler is stricter, its rule holds.', max_length=10, verbose_name='sold to')),
                ('position', models.PositiveIntegerField(default=0, help_text='Lower numbers come first.', verbose_name='position')),
                ('search_text', models.TextField(default='', editable=False)),
                ('sort_name', models.CharField(default='', editable=False, max_length=220)),
                ('sort_name_en', models.CharField(default='', editable=False, max_length=220, null=True)),
                ('sort_name_fr', models.CharField(default='', editable=False, max_length=220, null=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(editable=False, verbose_name='created at')),
                ('updated_at', models.DateTimeField(editable=False, verbose_name='changed at')),
                ('category', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='catalog.category', verbose_name='category')),
            ],
            options={
                'verbose_name': 'catalogue entry',
                'verbose_name_plural': 'catalogue entries',
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='PriceTier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_quantity', models.PositiveIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name='from quantity')),
                ('unit_net', models.DecimalField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(0)], verbose_name='net price of a unit')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tiers', to='catalog.entry')),
            ],
            options={
                'verbose_name': 'price tier',
                'verbose_name_plural': 'price tiers',
                'ordering': ['from_quantity'],
            },
        ),
        migrations.CreateModel(
            name='Tax',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('name_en', models.CharField(max_length=100, null=True, verbose_name='name')),
                ('name_fr', models.CharField(max_length=100, null=True, verbose_name='name')),
                ('rate', models.DecimalField(decimal_places=2, default=Decimal('20.00'), max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='rate in %')),
            ],
            options={
                'verbose_name': 'tax',
                'verbose_name_plural': 'taxes',
                'ordering': ['-rate', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('rate__gte', 0), ('rate__lte', 100)), name='catalog_tax_rate_range')],
            },
        ),
        migrations.AddField(
            model_name='entry',
            name='tax',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='catalog.tax', verbose_name='tax'),
        ),
        migrations.AddConstraint(
            model_name='category',
            constraint=models.CheckConstraint(condition=models.Q(('parent__isnull', True), models.Q(('parent', models.F('id')), _negated=True), _connector='OR'), name='catalog_category_not_own_parent', violation_error_message='A category cannot stand inside itself.'),
        ),
        migrations.AddConstraint(
            model_name='pricetier',
            constraint=models.UniqueConstraint(fields=('entry', 'from_quantity'), name='catalog_pricetier_quantity', violation_error_message='There is a price from this quantity already.'),
        ),
        migrations.AddConstraint(
            model_name='pricetier',
            constraint=models.CheckConstraint(condition=models.Q(('from_quantity__gte', 1)), name='catalog_pricetier_quantity_positive'),
        ),
        migrations.AddConstraint(
            model_name='pricetier',
            constraint=models.CheckConstraint(condition=models.Q(('unit_net__gte', 0)), name='catalog_pricetier_price_not_negative'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['category', 'state'], name='catalog_entry_shelf'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('code'), name='catalog_entry_code_ci', violation_error_code='code_taken', violation_error_message='Another entry has this code already.'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Replace(django.db.models.functions.text.Lower('code'), models.Value('-'), models.Value('_')), condition=models.Q(('handler', 'specific')), name='catalog_entry_specific_folder', violation_error_code='folder_taken', violation_error_message='Another entry uses the same specific handler, because its code differs by hyphens and underscores only.'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(('code__regex', '^[A-Za-z0-9][A-Za-z0-9_-]*$')), name='catalog_entry_code_signs', violation_error_code='code_signs', violation_error_message='A code begins with a letter or a digit and has only letters without accents, digits, hyphens and underscores.'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'available', 'internal', 'suspended', 'retired'])), name='catalog_entry_state_known'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(('audience__in', ['everyone', 'members', 'customers'])), name='catalog_entry_audience_known'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(('min_quantity__gte', 1)), name='catalog_entry_min_quantity_positive'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(('max_quantity__isnull', True), ('max_quantity__gte', models.F('min_quantity')), _connector='OR'), name='catalog_entry_quantity_range', violation_error_code='quantity_range', violation_error_message='The largest quantity cannot be below the smallest quantity.'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('handler', ''), _negated=True), ('parameters', {}), _connector='OR'), name='catalog_entry_parameters_of_handler'),
        ),
    ]
