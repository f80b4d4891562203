import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


# Invoices that are there have invoiced the whole of their orders.
FILL = """
INSERT INTO shop_invoicedline (document_id, line_id, net, tax, gross)
SELECT document.id, line.id, line.net, line.tax, line.gross
FROM documents_document document JOIN shop_orderline line ON line.order_id = document.order_id
WHERE document.kind = 'invoice' ORDER BY document.id, line.position
"""
# Deferred: a credit note and the invoice that takes its place are one transaction. Rows are written under the lock of
# their order alone, so that no two transactions sum the same line.
TRIGGERS = """
CREATE FUNCTION shop_invoicedline_within_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM shop_orderline line JOIN documents_document document ON document.order_id = line.order_id, LATERAL (
            SELECT coalesce(sum(net), 0) AS net, coalesce(sum(tax), 0) AS tax FROM shop_invoicedline
            WHERE line_id = line.id
        ) invoiced
        WHERE line.id = NEW.line_id AND document.id = NEW.document_id
            AND invoiced.net BETWEEN 0 AND line.net AND invoiced.tax BETWEEN 0 AND line.tax
    ) THEN
        RAISE EXCEPTION 'Documents of an order invoice its own lines, each never below nothing nor above its amount.'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'shop_invoicedline_within_line';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER shop_invoicedline_within_line AFTER INSERT ON shop_invoicedline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shop_invoicedline_within_line();

CREATE FUNCTION shop_invoicedline_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What a document has invoiced never changes.'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'shop_invoicedline_frozen';
END
$$;
CREATE CONSTRAINT TRIGGER shop_invoicedline_frozen AFTER UPDATE ON shop_invoicedline
    FOR EACH ROW EXECUTE FUNCTION shop_invoicedline_frozen();
"""
WITHOUT_TRIGGERS = """
DROP TRIGGER shop_invoicedline_frozen ON shop_invoicedline;
DROP TRIGGER shop_invoicedline_within_line ON shop_invoicedline;
DROP FUNCTION shop_invoicedline_frozen();
DROP FUNCTION shop_invoicedline_within_line();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0003_ubl_checked'),
        ('shop', '0064_digital_content'),
    ]

    operations = [
        migrations.CreateModel(
            name='InvoicedLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('net', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='net')),
                ('tax', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='tax')),
                ('gross', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='gross')),
                ('document', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='invoiced_lines', to='documents.document')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoiced', to='shop.orderline')),
            ],
            options={
                'verbose_name': 'invoiced line',
                'verbose_name_plural': 'invoiced lines',
                'ordering': ('pk',),
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('document', 'line'), name='shop_invoicedline_once'), models.CheckConstraint(condition=models.Q(('gross', django.db.models.expressions.CombinedExpression(models.F('net'), '+', models.F('tax')))), name='shop_invoicedline_gross_is_net_plus_tax'), models.CheckConstraint(condition=models.Q(models.Q(('net__gte', 0), ('tax__gte', 0)), models.Q(('net__lte', 0), ('tax__lte', 0)), _connector='OR'), name='shop_invoicedline_one_sign')],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, WITHOUT_TRIGGERS),
    ]
