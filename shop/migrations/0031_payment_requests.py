import django.db.models.deletion
import django.db.models.functions.datetime
from decimal import Decimal
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

# Deferred: a plan of payment replaces another in one transaction. Orders of the previous release have no requests, and
# what it does with an order fires nothing here.
TRIGGERS = """
CREATE FUNCTION shop_paymentrequest_sums_to_total() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM shop_order orders, LATERAL (
            SELECT coalesce(sum(amount), 0) AS total FROM shop_paymentrequest
            WHERE order_id = orders.id AND state <> 'withdrawn'
        ) asked
        WHERE orders.id IN (NEW.order_id, OLD.order_id) AND asked.total <> orders.gross
            AND NOT (asked.total = 0 AND orders.status IN ('cancelled', 'expired'))
    ) THEN
        RAISE EXCEPTION 'The requests of an order sum to its total, or are all withdrawn with it.'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'shop_paymentrequest_sums_to_total';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER shop_paymentrequest_sums_to_total
    AFTER INSERT OR DELETE OR UPDATE OF order_id, amount, state ON shop_paymentrequest
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION shop_paymentrequest_sums_to_total();

CREATE FUNCTION shop_allocation_within_bounds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT coalesce(sum(given.amount), 0) FROM shop_allocation given
        WHERE given.payment_id = NEW.payment_id AND given.released_at IS NULL)
        > (SELECT amount FROM shop_payment WHERE id = NEW.payment_id)
    THEN
        RAISE EXCEPTION 'A payment gives no more than it is.'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'shop_allocation_within_bounds';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER shop_allocation_within_bounds AFTER INSERT OR UPDATE ON shop_allocation
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION shop_allocation_within_bounds();

CREATE FUNCTION shop_paymentrequest_received() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    which bigint;
BEGIN
    IF TG_TABLE_NAME = 'shop_allocation' THEN
        which := NEW.request_id;
    ELSE
        which := NEW.id;
    END IF;
    IF EXISTS (
        SELECT FROM shop_paymentrequest request, LATERAL (
            SELECT coalesce(sum(amount), 0) AS received FROM shop_allocation
            WHERE request_id = request.id AND released_at IS NULL
        ) given
        WHERE request.id = which AND (
            given.received > request.amount - request.lowered
            OR (request.state = 'paid' AND given.received <> request.amount - request.lowered)
            OR (request.state = 'withdrawn' AND given.received > 0)
        )
    ) THEN
        RAISE EXCEPTION 'A request is paid when it has received what it asks for, and never receives more.'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'shop_paymentrequest_received';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER shop_paymentrequest_received
    AFTER INSERT OR UPDATE OF amount, lowered, state ON shop_paymentrequest
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION shop_paymentrequest_received();
CREATE CONSTRAINT TRIGGER shop_allocation_received AFTER INSERT OR UPDATE ON shop_allocation
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION shop_paymentrequest_received();
"""
WITHOUT_TRIGGERS = """
DROP TRIGGER shop_allocation_received ON shop_allocation;
DROP TRIGGER shop_paymentrequest_received ON shop_paymentrequest;
DROP TRIGGER shop_allocation_within_bounds ON shop_allocation;
DROP TRIGGER shop_paymentrequest_sums_to_total ON shop_paymentrequest;
DROP FUNCTION shop_paymentrequest_received();
DROP FUNCTION shop_allocation_within_bounds();
DROP FUNCTION shop_paymentrequest_sums_to_total();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0030_copied_of_people_indexes'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='release_rule',
            field=models.CharField(choices=[('all', 'when everything is paid or promised'), ('first', 'when the first part is paid or promised')], db_default='all', default='all', help_text='Fixed when the order is placed.', max_length=5, verbose_name='released'),
        ),
        migrations.AlterField(
            model_name='orderevent',
            name='what',
            field=models.CharField(choices=[('placed', 'order placed'), ('method_chosen', 'payment method chosen'), ('paid', 'payment received'), ('part_paid', 'part of the payment received'), ('declined', 'payment declined'), ('money_recorded', 'money recorded, order unchanged'), ('money_handled', 'payment resolved'), ('money_reopened', 'payment reopened'), ('line_fulfilled', 'line delivered'), ('line_failed', 'line failed'), ('line_retried', 'delivery tried again'), ('completed', 'order completed'), ('claimed', 'order claimed'), ('operator_replaced', 'operator replaced by an owner'), ('units_given_back', 'units given back'), ('cancelled', 'order cancelled'), ('expired', 'order expired unpaid'), ('refunded', 'everything given back'), ('paid_back', 'amount paid back'), ('owed_again', 'amount owed again'), ('address_proved', 'address proved'), ('places_released', 'places released'), ('places_retaken', 'places taken again'), ('billing_corrected', 'billing data corrected'), ('second_person', 'approved by a second person'), ('sealed', 'closed to accounting'), ('blanked', 'personal data blanked')], max_length=20, verbose_name='what'),
        ),
        migrations.AlterField(
            model_name='paymentevent',
            name='outcome',
            field=models.CharField(choices=[('settled', 'order paid'), ('allocated', 'part of the order paid'), ('known', 'already known'), ('declined', 'declined'), ('mismatch', 'amount or currency differs'), ('second_charge', 'second charge on a paid order'), ('late', 'came too late, places gone'), ('released', 'order ended before it was paid in full'), ('unknown_order', 'no such order'), ('recorded', 'recorded, order unchanged'), ('unknown_payment', 'no such payment')], max_length=15, verbose_name='outcome'),
        ),
        # Django would take the key away and add it anew, reading all rows under a lock.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'ALTER TABLE shop_settlement ALTER COLUMN payment_id DROP NOT NULL',
                    'ALTER TABLE shop_settlement ALTER COLUMN payment_id SET NOT NULL',
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name='settlement',
                    name='payment',
                    field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='settlement', to='shop.payment'),
                )
            ],
        ),
        AddConstraintNotValid(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('release_rule__in', ('all', 'first'))), name='shop_order_release_rule_known'),
        ),
        migrations.CreateModel(
            name='PaymentRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='shop.order')),
                ('position', models.PositiveIntegerField(help_text='From 1.', verbose_name='part')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='amount')),
                ('lowered', models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0'), max_digits=12, verbose_name='not asked for any more')),
                ('due_on', models.DateField(help_text='Empty: at once.', null=True, verbose_name='due on')),
                ('state', models.CharField(choices=[('open', 'to be paid'), ('paid', 'paid'), ('covered', 'promised'), ('withdrawn', 'withdrawn')], db_default='open', default='open', max_length=10, verbose_name='state')),
                ('replaced_at', models.DateTimeField(null=True, verbose_name='replaced')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='asked since')),
            ],
            options={
                'verbose_name': 'payment request',
                'verbose_name_plural': 'payment requests',
                'ordering': ('order', 'position'),
                'default_permissions': ('view',),
                'constraints': [
                    models.UniqueConstraint(fields=('order', 'position'), name='shop_paymentrequest_position_once'),
                    models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='shop_paymentrequest_amount'),
                    models.CheckConstraint(condition=models.Q(('lowered__gte', 0), ('lowered__lte', models.F('amount'))), name='shop_paymentrequest_lowered'),
                    models.CheckConstraint(condition=models.Q(('state__in', ('open', 'paid', 'covered', 'withdrawn'))), name='shop_paymentrequest_state_known'),
                    models.CheckConstraint(condition=models.Q(('replaced_at__isnull', True), ('state', 'withdrawn'), _connector='OR'), name='shop_paymentrequest_replaced'),
                ],
                'indexes': [
                    models.Index(condition=models.Q(('state__in', ('open', 'covered'))), fields=['due_on'], name='shop_paymentrequest_owed'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='shop.payment')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='shop.paymentrequest')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='amount')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('released_at', models.DateTimeField(null=True, verbose_name='released')),
            ],
            options={
                'verbose_name': 'allocated payment',
                'verbose_name_plural': 'allocated payments',
                'ordering': ('pk',),
                'default_permissions': (),
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('released_at__isnull', True)), fields=('payment', 'request'), name='shop_allocation_once'),
                    models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='shop_allocation_amount'),
                ],
            },
        ),
        migrations.RunSQL(TRIGGERS, WITHOUT_TRIGGERS),
    ]
