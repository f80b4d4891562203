from django.db import migrations

# Seats that were used up before the release are no news on the day of it.
KNOWN = """
INSERT INTO enrolments_usedup (batch_id, percent)
SELECT counted.batch_id, threshold
FROM (
    SELECT max(batch.id) AS batch_id, count(*) AS total,
        count(*) FILTER (WHERE seat.state IN ('assigned', 'consumed')) AS used
    FROM enrolments_seat seat JOIN enrolments_seatbatch batch ON batch.id = seat.batch_id
    WHERE batch.source = 'pack' AND seat.state <> 'revoked'
    GROUP BY batch.account_id, batch.entry_code
) counted JOIN (VALUES (80), (100)) AS known (threshold) ON counted.used * 100 >= counted.total * threshold
ORDER BY 1, 2
"""


class Migration(migrations.Migration):

    dependencies = [
        ('enrolments', '0026_used_up'),
    ]

    operations = [migrations.RunSQL(KNOWN, migrations.RunSQL.noop)]
