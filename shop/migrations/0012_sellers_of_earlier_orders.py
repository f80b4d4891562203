"""Current seller for the orders placed before sellers were frozen.

In batches, each a transaction of its own: the previous release goes on selling meanwhile. Orders that it places after
this migration have no frozen seller, and name the current one when they are read.
"""

import hashlib
import json

from django.db import migrations, transaction

FROZEN = ("name", "street", "postal_code", "city", "country", "siret", "vat_number", "bank_name", "iban", "bic")
BATCH = 1_000


def freeze_seller_of_today(apps, schema_editor):
    identity = apps.get_model("shop", "ShopIdentity").objects.filter(pk=1).first()
    orders = apps.get_model("shop", "Order").objects.filter(seller=None).order_by("pk")
    if identity is None or not orders.exists():
        return
    values = {name: str(getattr(identity, name)) for name in FROZEN}
    fingerprint = hashlib.sha256(json.dumps(values).encode()).hexdigest()
    sellers = apps.get_model("shop", "FrozenSeller").objects
    seller, _is_new = sellers.get_or_create(fingerprint=fingerprint, defaults=values)
    after = 0
    while True:
        with transaction.atomic():
            batch = orders.filter(pk__gt=after).select_for_update(no_key=True)
            keys = list(batch.values_list("pk", flat=True)[:BATCH])
            if not keys:
                return
            orders.model.objects.filter(pk__in=keys).update(seller=seller)
        after = keys[-1]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('shop', '0011_frozen_seller'),
    ]

    operations = [
        migrations.RunPython(freeze_seller_of_today, migrations.RunPython.noop),
    ]
