import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.expressions
import uuid
from decimal import Decimal
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

# The payment's row is locked, so that two refunds of it at once are both counted.
TRIGGER = """
CREATE FUNCTION shop_refund_within_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    taken numeric;
BEGIN
    IF NEW.payment_id IS NULL OR NEW.state = 'failed' THEN
        RETURN NULL;
    END IF;
    SELECT amount INTO taken FROM shop_payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;
    IF (SELECT sum(amount) FROM shop_refund WHERE payment_id = NEW.payment_id AND state <> 'failed') > taken THEN
        RAISE EXCEPTION 'No more of a payment goes back than it was.'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'shop_refund_within_payment';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER shop_refund_within_payment AFTER INSERT OR UPDATE OF payment_id, amount, state ON shop_refund
    FOR EACH ROW EXECUTE FUNCTION shop_refund_within_payment();
"""
WITHOUT_TRIGGER = """
DROP TRIGGER shop_refund_within_payment ON shop_refund;
DROP FUNCTION shop_refund_within_payment();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0040_statements_and_plans'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, verbose_name='key')),
                ('way', models.CharField(choices=[('provider', 'by the payment method'), ('transfer', 'by transfer'), ('outside', 'outside the shop')], max_length=10, verbose_name='way')),
                ('state', models.CharField(choices=[('asked', 'to be sent'), ('pending', 'under way'), ('done', 'sent'), ('failed', 'failed')], db_default='asked', default='asked', max_length=10, verbose_name='state')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='amount')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('reference', models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='reference')),
                ('problem', models.CharField(blank=True, db_default='', default='', max_length=60, verbose_name='reason of failure')),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                ('times_asked', models.PositiveIntegerField(db_default=0, default=0, verbose_name='times asked')),
                ('done_at', models.DateTimeField(null=True, verbose_name='sent on')),
                ('failed_at', models.DateTimeField(null=True, verbose_name='failed on')),
            ],
            options={
                'verbose_name': 'refund',
                'verbose_name_plural': 'refunds',
                'ordering': ('-pk',),
                'permissions': (('send_refund', 'Can send money back'),),
                'default_permissions': ('view',),
            },
        ),
        migrations.AddField(
            model_name='givingback',
            name='lowered',
            field=models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0'), max_digits=12, verbose_name='not asked for any more'),
        ),
        migrations.AddField(
            model_name='givingback',
            name='sent',
            field=models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0'), max_digits=12, verbose_name='sent back'),
        ),
        migrations.AlterField(
            model_name='orderevent',
            name='what',
            field=models.CharField(choices=[('placed', 'order placed'), ('method_chosen', 'payment method chosen'), ('paid', 'payment received'), ('planned', 'money asked for in parts'), ('promised', 'promise of payment accepted'), ('part_paid', 'part of the payment received'), ('declined', 'payment declined'), ('money_recorded', 'money recorded, order unchanged'), ('money_handled', 'payment resolved'), ('money_reopened', 'payment reopened'), ('line_fulfilled', 'line delivered'), ('line_failed', 'line failed'), ('line_retried', 'delivery tried again'), ('completed', 'order completed'), ('claimed', 'order claimed'), ('operator_replaced', 'operator replaced by an owner'), ('units_given_back', 'units given back'), ('cancelled', 'order cancelled'), ('expired', 'order expired unpaid'), ('refunded', 'everything given back'), ('paid_back', 'amount paid back'), ('owed_again', 'amount owed again'), ('refund_asked', 'refund sent on its way'), ('refund_failed', 'refund failed, amount owed again'), ('address_proved', 'address proved'), ('places_released', 'places released'), ('places_retaken', 'places taken again'), ('billing_corrected', 'billing data corrected'), ('second_person', 'approved by a second person'), ('withdrawn', 'customer withdrew from the contract'), ('frozen', 'seats and delivery frozen'), ('unfrozen', 'no longer frozen'), ('sealed', 'closed to accounting'), ('blanked', 'personal data blanked')], max_length=20, verbose_name='what'),
        ),
        AddConstraintNotValid(
            model_name='givingback',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', django.db.models.expressions.CombinedExpression(models.F('lowered'), '+', models.F('sent'))), ('lowered__gte', 0), ('sent__gte', 0)), name='shop_givingback_sent_within_amount'),
        ),
        migrations.AddField(
            model_name='refund',
            name='handling',
            field=models.ForeignKey(help_text='The mark that unallocated money is resolved, for a refund of such.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='shop.moneyhandling'),
        ),
        migrations.AddField(
            model_name='refund',
            name='order',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='shop.order', verbose_name='order'),
        ),
        migrations.AddField(
            model_name='refund',
            name='payment',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='shop.payment', verbose_name='payment'),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(condition=models.Q(('state__in', ('asked', 'pending'))), fields=['state'], name='shop_refund_open'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.UniqueConstraint(fields=('key',), name='shop_refund_key_once'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='shop_refund_amount'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('way__in', ('provider', 'transfer', 'outside'))), name='shop_refund_way_known'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('way', 'provider'), _negated=True), ('payment__isnull', False), _connector='OR'), name='shop_refund_provider_has_payment'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('order__isnull', False), ('handling__isnull', False), _connector='OR'), name='shop_refund_of_something'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('done_at__isnull', True), ('failed_at__isnull', True), ('state__in', ('asked', 'pending'))), models.Q(('done_at__isnull', False), ('failed_at__isnull', True), ('state', 'done')), models.Q(('failed_at__isnull', False), ('state', 'failed')), _connector='OR'), name='shop_refund_state'),
        ),
        migrations.RunSQL(TRIGGER, WITHOUT_TRIGGER),
    ]
