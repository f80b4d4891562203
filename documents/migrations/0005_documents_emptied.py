from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

# A document is emptied once, when no law asks for it any more; all else of its row stays as it was.
FROZEN = """
CREATE FUNCTION documents_document_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.emptied_at IS NULL AND NEW.emptied_at IS NOT NULL AND NOT documents_must_be_kept(OLD.issued_on)
        AND to_jsonb(NEW) - ARRAY['data', 'emptied_at'] = to_jsonb(OLD) - ARRAY['data', 'emptied_at']
    THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'Documents are frozen when they are issued, and emptied ten years after the end of their year.'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'documents_document_frozen';
END
$$;
DROP TRIGGER documents_document_frozen ON documents_document;
CREATE CONSTRAINT TRIGGER documents_document_frozen AFTER UPDATE ON documents_document
    FOR EACH ROW EXECUTE FUNCTION documents_document_frozen();
"""
FROZEN_BEFORE = """
DROP TRIGGER documents_document_frozen ON documents_document;
CREATE CONSTRAINT TRIGGER documents_document_frozen AFTER UPDATE ON documents_document
    FOR EACH ROW EXECUTE FUNCTION documents_refuse('documents_document_frozen');
DROP FUNCTION documents_document_frozen();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0004_parts_of_series'),
    ]

    operations = [
        migrations.AddField(
            model_name='document',
            name='emptied_at',
            field=models.DateTimeField(null=True, verbose_name='emptied'),
        ),
        migrations.RunSQL(FROZEN, FROZEN_BEFORE),
        AddConstraintNotValid(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(('emptied_at__isnull', True), ('data', {}), _connector='OR'), name='documents_document_emptied_says_nothing'),
        ),
    ]
