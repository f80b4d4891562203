from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

# The refusal bears the name of the trigger that noticed it.
RECEIVED = """
CREATE OR REPLACE FUNCTION shop_paymentrequest_received() RETURNS trigger LANGUAGE plpgsql AS $$
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
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END
$$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0036_frozen_and_attempts'),
    ]

    operations = [
        migrations.RunSQL(RECEIVED, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='orderevent',
            name='what',
            field=models.CharField(choices=[('placed', 'order placed'), ('method_chosen', 'payment method chosen'), ('paid', 'payment received'), ('promised', 'promise of payment accepted'), ('part_paid', 'part of the payment received'), ('declined', 'payment declined'), ('money_recorded', 'money recorded, order unchanged'), ('money_handled', 'payment resolved'), ('money_reopened', 'payment reopened'), ('line_fulfilled', 'line delivered'), ('line_failed', 'line failed'), ('line_retried', 'delivery tried again'), ('completed', 'order completed'), ('claimed', 'order claimed'), ('operator_replaced', 'operator replaced by an owner'), ('units_given_back', 'units given back'), ('cancelled', 'order cancelled'), ('expired', 'order expired unpaid'), ('refunded', 'everything given back'), ('paid_back', 'amount paid back'), ('owed_again', 'amount owed again'), ('address_proved', 'address proved'), ('places_released', 'places released'), ('places_retaken', 'places taken again'), ('billing_corrected', 'billing data corrected'), ('second_person', 'approved by a second person'), ('withdrawn', 'customer withdrew from the contract'), ('frozen', 'seats and delivery frozen'), ('unfrozen', 'no longer frozen'), ('sealed', 'closed to accounting'), ('blanked', 'personal data blanked')], max_length=20, verbose_name='what'),
        ),
        migrations.AddField(
            model_name='paymentrequest',
            name='link_nonce',
            field=models.CharField(blank=True, db_default='', max_length=22),
        ),
        migrations.AddField(
            model_name='paymentrequest',
            name='link_hash',
            field=models.CharField(max_length=64, null=True, unique=True),
        ),
        migrations.AddField(
            model_name='moneyhandling',
            name='amount',
            field=models.DecimalField(decimal_places=2, help_text='Empty: the whole payment.', max_digits=12, null=True, verbose_name='amount'),
        ),
        migrations.AddField(
            model_name='moneyhandling',
            name='how',
            field=models.CharField(choices=[('sent_back', 'sent back'), ('applied', 'given to an order'), ('credit', 'kept as credit')], db_default='sent_back', default='sent_back', max_length=10, verbose_name='how'),
        ),
        AddConstraintNotValid(
            model_name='moneyhandling',
            constraint=models.CheckConstraint(condition=models.Q(('how', 'sent_back'), models.Q(('amount__gt', 0), ('amount__isnull', False), ('how__in', ('applied', 'credit')), ('undone_at__isnull', True)), _connector='OR'), name='shop_moneyhandling_used_for_good'),
        ),
    ]
