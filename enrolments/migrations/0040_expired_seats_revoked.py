"""Wider moves of seats: one that has expired is taken back too. Checked without keeping anybody out; may be run again
after it was stopped halfway."""

from django.db import migrations, models

MOVES = (
    "(from_state = '' AND to_state IN ('available', 'assigned'))"
    " OR (from_state = 'available' AND to_state IN ('assigned', 'expired', 'revoked'))"
    " OR (from_state = 'available' AND to_state = 'available' AND given_to_id IS NOT NULL)"
    " OR (from_state = 'assigned' AND to_state IN ('available', 'consumed', 'expired', 'revoked'))"
    " OR (from_state = 'consumed' AND to_state = 'revoked')"
    " OR (from_state = 'expired' AND to_state IN ('available', 'revoked'))"
)
EVENTS = [
    "ALTER TABLE enrolments_seatevent DROP CONSTRAINT IF EXISTS enrolments_seatevent_move",
    f"ALTER TABLE enrolments_seatevent ADD CONSTRAINT enrolments_seatevent_move CHECK ({MOVES}) NOT VALID",
    "ALTER TABLE enrolments_seatevent VALIDATE CONSTRAINT enrolments_seatevent_move",
]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('enrolments', '0039_quotas_kept_index'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(EVENTS)],
            state_operations=[
                migrations.RemoveConstraint(model_name='seatevent', name='enrolments_seatevent_move'),
                migrations.AddConstraint(
                    model_name='seatevent',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('from_state', ''), ('to_state__in', ['available', 'assigned'])), models.Q(('from_state', 'available'), ('to_state__in', ['assigned', 'expired', 'revoked'])), models.Q(('from_state', 'available'), ('given_to__isnull', False), ('to_state', 'available')), models.Q(('from_state', 'assigned'), ('to_state__in', ['available', 'consumed', 'expired', 'revoked'])), models.Q(('from_state', 'consumed'), ('to_state', 'revoked')), models.Q(('from_state', 'expired'), ('to_state__in', ['available', 'revoked'])), _connector='OR'), name='enrolments_seatevent_move'),
                ),
            ],
        ),
    ]
