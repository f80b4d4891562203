import django.db.models.deletion
from decimal import Decimal
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

# What a bank took back counts beside what a payment gives, and beside what is sent back of it. A bank may take what was
# sent back already: refunds are compared as they are made alone, and what a provider says of them later is noted.
TRIGGERS = """
CREATE OR REPLACE FUNCTION shop_allocation_within_bounds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT coalesce(sum(given.amount), 0) FROM shop_allocation given
        WHERE given.payment_id = NEW.payment_id AND given.released_at IS NULL)
        + (SELECT coalesce(sum(taken.amount), 0) FROM shop_chargeback taken
        WHERE taken.payment_id = NEW.payment_id AND taken.lost_at IS NOT NULL AND taken.won_at IS NULL)
        > (SELECT amount FROM shop_payment WHERE id = NEW.payment_id)
    THEN
        RAISE EXCEPTION 'A payment gives no more than it is.'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER shop_chargeback_within_payment AFTER INSERT OR UPDATE ON shop_chargeback
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION shop_allocation_within_bounds();

CREATE OR REPLACE FUNCTION shop_refund_within_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    taken numeric;
    gone numeric := 0;
BEGIN
    IF NEW.payment_id IS NULL OR NEW.state = 'failed' THEN
        RETURN NULL;
    END IF;
    SELECT amount INTO taken FROM shop_payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;
    IF TG_OP = 'INSERT' THEN
        SELECT coalesce(sum(amount), 0) INTO gone FROM shop_chargeback
        WHERE payment_id = NEW.payment_id AND lost_at IS NOT NULL AND won_at IS NULL;
    END IF;
    IF (SELECT sum(amount) FROM shop_refund WHERE payment_id = NEW.payment_id AND state <> 'failed') + gone > taken THEN
        RAISE EXCEPTION 'No more of a payment goes back than it was.'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'shop_refund_within_payment';
    END IF;
    RETURN NULL;
END
$$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0051_rights_of_promises'),
    ]

    operations = [
        migrations.AlterField(
            model_name='orderevent',
            name='what',
            field=models.CharField(choices=[('placed', 'order placed'), ('method_chosen', 'payment method chosen'), ('paid', 'payment received'), ('planned', 'money asked for in parts'), ('promised', 'promise of payment accepted'), ('part_paid', 'part of the payment received'), ('charged_back', 'payment taken back by the bank'), ('declined', 'payment declined'), ('money_recorded', 'money recorded, order unchanged'), ('money_handled', 'payment resolved'), ('money_reopened', 'payment reopened'), ('line_fulfilled', 'line delivered'), ('line_failed', 'line failed'), ('line_retried', 'delivery tried again'), ('completed', 'order completed'), ('claimed', 'order claimed'), ('operator_replaced', 'operator replaced by an owner'), ('units_given_back', 'units given back'), ('cancelled', 'order cancelled'), ('expired', 'order expired unpaid'), ('refunded', 'everything given back'), ('paid_back', 'amount paid back'), ('owed_again', 'amount owed again'), ('refund_asked', 'refund sent on its way'), ('refund_failed', 'refund failed, amount owed again'), ('address_proved', 'address proved'), ('places_released', 'places released'), ('places_retaken', 'places taken again'), ('billing_corrected', 'billing data corrected'), ('second_person', 'approved by a second person'), ('withdrawn', 'customer withdrew from the contract'), ('frozen', 'seats and delivery frozen'), ('unfrozen', 'no longer frozen'), ('sealed', 'closed to accounting'), ('blanked', 'personal data blanked')], max_length=20, verbose_name='what'),
        ),
        migrations.CreateModel(
            name='ChargeBack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(blank=True, db_default='', max_length=200, verbose_name='reference')),
                ('amount', models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0'), max_digits=12, verbose_name='amount')),
                ('from_credit', models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0'), max_digits=12, verbose_name='taken from credit')),
                ('fee', models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0'), max_digits=12, verbose_name='fee')),
                ('lost_at', models.DateTimeField(null=True, verbose_name='taken back on')),
                ('won_at', models.DateTimeField(null=True, verbose_name='won on')),
                ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='charge_backs', to='shop.payment', verbose_name='payment')),
            ],
            options={
                'verbose_name': 'charge-back',
                'verbose_name_plural': 'charge-backs',
                'ordering': ('pk',),
                'default_permissions': (),
                'constraints': [
                    models.UniqueConstraint(fields=('payment', 'reference'), name='shop_chargeback_once'),
                    models.CheckConstraint(condition=models.Q(('fee__gte', 0), ('from_credit__gte', 0), ('from_credit__lte', models.F('amount'))), name='shop_chargeback_amount'),
                    models.CheckConstraint(condition=models.Q(('lost_at__isnull', False), models.Q(('amount', 0), ('fee', 0), ('won_at__isnull', False)), _connector='OR'), name='shop_chargeback_ended'),
                ],
            },
        ),
        migrations.AddField(
            model_name='allocation',
            name='charge_back',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='shop.chargeback'),
        ),
        AddConstraintNotValid(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(('charge_back__isnull', True), ('released_at__isnull', False), _connector='OR'), name='shop_allocation_taken_back_released'),
        ),
        migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop),
    ]
