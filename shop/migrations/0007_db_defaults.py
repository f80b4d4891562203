import django.db.models.functions.datetime
import django_countries.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    # One table after the other: a sale meanwhile waits for one table at a time, never in a deadlock. May be run again.
    atomic = False

    dependencies = [
        ('shop', '0006_fields_of_entries'),
    ]

    operations = [
        migrations.AlterField(
            model_name='cart',
            name='created_at',
            field=models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AlterField(
            model_name='cart',
            name='details',
            field=models.JSONField(db_default={}, default=dict, help_text='What was typed at «your details», as it was typed.'),
        ),
        migrations.AlterField(
            model_name='cart',
            name='updated_at',
            field=models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AlterField(
            model_name='cart',
            name='version',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='Raised by every change; the review is bound to it.'),
        ),
        migrations.AlterField(
            model_name='cartline',
            name='units_confirmed',
            field=models.BooleanField(db_default=False, default=False, help_text='The customer has gone through the micro-forms of exactly this quantity.'),
        ),
        migrations.AlterField(
            model_name='cartunit',
            name='answers',
            field=models.JSONField(db_default={}, default=dict, help_text='What the handler asks.'),
        ),
        migrations.AlterField(
            model_name='cartunit',
            name='fields',
            field=models.JSONField(db_default={}, default=dict, help_text='What the fields of the entry ask, by name.'),
        ),
        migrations.AlterField(
            model_name='linefeedback',
            name='customer',
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AlterField(
            model_name='linefeedback',
            name='public',
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AlterField(
            model_name='linefeedback',
            name='sales',
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AlterField(
            model_name='order',
            name='billing_country',
            field=django_countries.fields.CountryField(db_default='FR', default='FR', max_length=2, verbose_name='country'),
        ),
        migrations.AlterField(
            model_name='order',
            name='is_organisation',
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AlterField(
            model_name='order',
            name='status',
            field=models.CharField(choices=[('placed', 'waiting for payment'), ('paid', 'paid'), ('completed', 'completed'), ('cancelled', 'cancelled'), ('expired', 'expired'), ('refunded', 'refunded')], db_default='placed', default='placed', max_length=10, verbose_name='status'),
        ),
        migrations.AlterField(
            model_name='orderevent',
            name='detail',
            field=models.JSONField(db_default={}, default=dict, verbose_name='detail'),
        ),
        migrations.AlterField(
            model_name='orderline',
            name='failure',
            field=models.JSONField(db_default={}, default=dict, help_text='By language.', verbose_name='reason of failure'),
        ),
        migrations.AlterField(
            model_name='orderline',
            name='fields_frozen',
            field=models.JSONField(db_default=[], default=list, help_text='The fields of the entry that its units were asked for.'),
        ),
        migrations.AlterField(
            model_name='orderline',
            name='handler_version',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name='orderline',
            name='parameters',
            field=models.JSONField(db_default={}, default=dict, verbose_name='parameters'),
        ),
        migrations.AlterField(
            model_name='orderline',
            name='places_held',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='Places in courses that the line holds from checkout on.'),
        ),
        migrations.AlterField(
            model_name='orderline',
            name='status',
            field=models.CharField(choices=[('pending', 'to be delivered'), ('fulfilled', 'delivered'), ('failed', 'failed'), ('given_back', 'given back')], db_default='pending', default='pending', max_length=10, verbose_name='status'),
        ),
        migrations.AlterField(
            model_name='orderunit',
            name='answers',
            field=models.JSONField(db_default={}, default=dict, help_text='What the handler asked.'),
        ),
        migrations.AlterField(
            model_name='orderunit',
            name='fields',
            field=models.JSONField(db_default={}, default=dict, help_text='What the fields of the entry asked, by name.'),
        ),
        migrations.AlterField(
            model_name='payment',
            name='status',
            field=models.CharField(choices=[('pending', 'under way'), ('succeeded', 'received'), ('declined', 'declined')], db_default='pending', default='pending', max_length=10, verbose_name='status'),
        ),
        migrations.AlterField(
            model_name='paymentevent',
            name='payload',
            field=models.JSONField(db_default={}, default=dict, verbose_name='payload'),
        ),
        migrations.AlterField(
            model_name='shopidentity',
            name='country',
            field=django_countries.fields.CountryField(db_default='FR', default='FR', max_length=2, verbose_name='country'),
        ),
        migrations.AlterField(
            model_name='shopidentity',
            name='deferred_days',
            field=models.PositiveIntegerField(db_default=14, default=14, verbose_name='unpaid time, deferred payment (days)'),
        ),
        migrations.AlterField(
            model_name='shopidentity',
            name='immediate_minutes',
            field=models.PositiveIntegerField(db_default=60, default=60, help_text='Counted from the placing of the order.', verbose_name='unpaid time, immediate payment (minutes)'),
        ),
        migrations.AlterField(
            model_name='shopidentity',
            name='undecided_minutes',
            field=models.PositiveIntegerField(db_default=60, default=60, verbose_name='unpaid time, no method chosen (minutes)'),
        ),
        migrations.AlterField(
            model_name='shopidentity',
            name='zero_total_hours',
            field=models.PositiveIntegerField(db_default=24, default=24, verbose_name='time to confirm a zero total by the link (hours)'),
        ),
    ]
