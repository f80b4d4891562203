import json

import django.db.models.deletion
from django.db import migrations, models

from common.secrets import Purpose, encrypt

BATCH = 500


def seal(apps, schema_editor):
    """Encrypt what lines tell of the other party. May be run again: lines that are sealed are passed over."""
    lines = apps.get_model("shop", "StatementLine").objects
    told = lines.filter(secret="").exclude(name="", iban="", text="").order_by("pk")
    while rows := list(told[:BATCH]):
        for row in rows:
            party = {"name": row.name, "iban": row.iban, "text": row.text}
            row.secret = encrypt(json.dumps(party, ensure_ascii=False), Purpose.STATEMENT)
        lines.bulk_update(rows, ("secret",))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('shop', '0046_frozen_lines'),
    ]

    operations = [
        migrations.AddField(
            model_name='statementline',
            name='perhaps',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='shop.statementline', verbose_name='perhaps the same as'),
        ),
        migrations.AddField(
            model_name='statementline',
            name='secret',
            field=models.TextField(blank=True, db_default='', default='', verbose_name='other party'),
        ),
        migrations.RunPython(seal, migrations.RunPython.noop),
    ]
