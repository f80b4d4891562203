from django.db import migrations

BATCH = 1_000
REACHED = """
SELECT max(batch.id), count(*) FILTER (WHERE seat.state IN ('assigned', 'consumed')) * 100 / count(*)
FROM enrolments_seat seat JOIN enrolments_seatbatch batch ON batch.id = seat.batch_id
WHERE batch.source = 'pack' AND seat.state <> 'revoked'
GROUP BY batch.account_id, batch.entry_code
ORDER BY 1
"""


def keep_known(apps, schema_editor):
    """Seats that were used up before the release are no news on the day of it."""
    UsedUp = apps.get_model('enrolments', 'UsedUp')
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(REACHED)
        rows = cursor.fetchall()
    known = [UsedUp(batch_id=batch, percent=each) for batch, used in rows for each in (80, 100) if used >= each]
    for start in range(0, len(known), BATCH):
        UsedUp.objects.bulk_create(known[start : start + BATCH], ignore_conflicts=True)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('enrolments', '0027_used_up'),
    ]

    operations = [migrations.RunPython(keep_known, migrations.RunPython.noop)]
