"""Index of the unit for seats and grounds made before this release, read from the unit's row.

In batches, each a transaction of its own that waits for no lock, so that the shop stays in use. The migration may be
run again after it was stopped halfway. Rows that processes of the previous release write afterwards have no index; it
is then read from the unit's row (`enrolments.unit_rows`).
"""

import time

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

TABLES = ("enrolments_seat", "enrolments_ground")
ROWS_A_BATCH = 5_000
# Pause between passes, in which locks on skipped rows are expected to be released.
PAUSE_SECONDS = 0.5
PASSES_AT_MOST = 20

FILL = """
WITH batch AS (
    SELECT id, unit_id FROM {table} WHERE id > %s AND id <= %s AND unit_index IS NULL AND unit_id IS NOT NULL
    ORDER BY id FOR UPDATE SKIP LOCKED
)
UPDATE {table} SET unit_index = unit.index FROM batch JOIN shop_orderunit unit ON unit.id = batch.unit_id
WHERE {table}.id = batch.id
"""

NEXT = """
SELECT max(id) FROM (
    SELECT id FROM {table} WHERE id > %s AND unit_index IS NULL AND unit_id IS NOT NULL ORDER BY id LIMIT %s
) batch
"""

ARE_LEFT = """
SELECT EXISTS (
    SELECT FROM {table} JOIN shop_orderunit unit ON unit.id = {table}.unit_id WHERE {table}.unit_index IS NULL
)
"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for table in TABLES:
            for _pass in range(PASSES_AT_MOST):
                walk(cursor, table)
                cursor.execute(ARE_LEFT.format(table=table))
                if not cursor.fetchone()[0]:
                    break
                time.sleep(PAUSE_SECONDS)


def walk(cursor, table):
    """Fill the rows that are not locked, from the first to the last."""
    after = 0
    while True:
        cursor.execute(NEXT.format(table=table), [after, ROWS_A_BATCH])
        last = cursor.fetchone()[0]
        if last is None:
            return
        cursor.execute(FILL.format(table=table), [after, last])
        after = last


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('enrolments', '0006_units_by_index'),
        ('shop', '0012_sellers_of_earlier_orders'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='orderunit',
            index=models.Index(
                condition=models.Q(('answers', {}), ('fields', {}), _negated=True),
                fields=['line', 'index'],
                name='shop_orderunit_answered',
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
