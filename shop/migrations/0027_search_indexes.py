from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from common.search import Normalised, Words


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('shop', '0026_places_validated'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='order',
            index=GinIndex(Words('search_text'), name='shop_order_words'),
        ),
        AddIndexConcurrently(
            model_name='order',
            index=models.Index(fields=['gross'], name='shop_order_by_amount'),
        ),
        AddIndexConcurrently(
            model_name='order',
            index=models.Index(fields=['contact_email'], name='shop_order_by_contact'),
        ),
        AddIndexConcurrently(
            model_name='order',
            index=models.Index(condition=models.Q(('payer_email', ''), _negated=True), fields=['payer_email'], name='shop_order_by_payer'),
        ),
        AddIndexConcurrently(
            model_name='payment',
            index=GinIndex(Words(Normalised('reference')), name='shop_payment_words'),
        ),
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(fields=['reference'], name='shop_payment_by_reference'),
        ),
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(fields=['amount'], name='shop_payment_by_amount'),
        ),
        AddIndexConcurrently(
            model_name='paymentevent',
            index=GinIndex(Words(Normalised('event_id')), name='shop_paymentevent_words'),
        ),
        AddIndexConcurrently(
            model_name='paymentevent',
            index=models.Index(fields=['event_id'], name='shop_paymentevent_by_event'),
        ),
        AddIndexConcurrently(
            model_name='paymentevent',
            index=models.Index(fields=['amount'], name='shop_paymentevent_by_amount'),
        ),
    ]
