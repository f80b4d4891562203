from django.db import migrations

# Deferred, like the sum of a line: rows are written under the lock of their order alone.
TRIGGER = """
CREATE FUNCTION shop_invoicedline_credit_within_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    document documents_document%ROWTYPE;
BEGIN
    SELECT * INTO document FROM documents_document WHERE id = NEW.document_id;
    IF document.kind <> 'credit_note' THEN
        IF NEW.net >= 0 AND NEW.tax >= 0 THEN
            RETURN NULL;
        END IF;
    ELSIF NEW.net <= 0 AND NEW.tax <= 0 AND EXISTS (
        SELECT FROM shop_invoicedline said JOIN documents_document other ON other.id = said.document_id
        WHERE said.line_id = NEW.line_id
            AND (other.id = document.corrects_id OR other.kind = 'credit_note' AND other.corrects_id = document.corrects_id)
        HAVING sum(said.net) >= 0 AND sum(said.tax) >= 0
    ) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'Credit notes alone take off what is invoiced, and of no line more than their invoice says.'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'shop_invoicedline_credit_within_invoice';
END
$$;
CREATE CONSTRAINT TRIGGER shop_invoicedline_credit_within_invoice AFTER INSERT ON shop_invoicedline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shop_invoicedline_credit_within_invoice();
"""
WITHOUT_TRIGGER = """
DROP TRIGGER shop_invoicedline_credit_within_invoice ON shop_invoicedline;
DROP FUNCTION shop_invoicedline_credit_within_invoice();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0003_ubl_checked'),
        ('shop', '0065_invoiced_lines'),
    ]

    operations = [migrations.RunSQL(TRIGGER, WITHOUT_TRIGGER)]
