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
            constraint=models.CheckConstraint(condition=models.Q(('how', 'sent_back'), models.Q(('amount__gt', 0), ('how__in', ('applied', 'credit')), ('undone_at__isnull', True)), _connector='OR'), name='shop_moneyhandling_used_for_good'),
        ),
    ]
