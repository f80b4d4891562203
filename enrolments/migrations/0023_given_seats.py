"""Batches of seats that were given to another account, beside that of the order line.

Safe while the shop is in use: a column without a value, checks validated afterwards, indexes built concurrently. May be
run again after it was stopped halfway.
"""

import django.db.models.deletion
from django.db import migrations, models


def check(table, name, condition):
    return [
        f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}",
        f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID",
        f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}",
    ]


def index(name, on, *, unique=False):
    kind = "UNIQUE INDEX" if unique else "INDEX"
    return [f"DROP INDEX CONCURRENTLY IF EXISTS {name}", f"CREATE {kind} CONCURRENTLY {name} ON {on}"]


BATCHES = [
    "ALTER TABLE enrolments_seatbatch ADD COLUMN IF NOT EXISTS given_from_id bigint",
    "ALTER TABLE enrolments_seatbatch DROP CONSTRAINT IF EXISTS enrolments_seatbatch_given_from_id_b33ec922_fk_enrolment",
    "ALTER TABLE enrolments_seatbatch ADD CONSTRAINT enrolments_seatbatch_given_from_id_b33ec922_fk_enrolment"
    " FOREIGN KEY (given_from_id)"
    " REFERENCES enrolments_seatbatch (id) DEFERRABLE INITIALLY DEFERRED NOT VALID",
    "ALTER TABLE enrolments_seatbatch VALIDATE CONSTRAINT enrolments_seatbatch_given_from_id_b33ec922_fk_enrolment",
    *check("enrolments_seatbatch", "enrolments_seatbatch_given_pack", "given_from_id IS NULL OR source = 'pack'"),
    *index("enrolments_batch_line_id", "enrolments_seatbatch (line_id)"),
    *index(
        "enrolments_seatbatch_given_once",
        "enrolments_seatbatch (given_from_id, account_id) WHERE given_from_id IS NOT NULL",
        unique=True,
    ),
    # By its former name, by which the last release knows it.
    *index("enrolments_seatbatch_line_new", "enrolments_seatbatch (line_id) WHERE given_from_id IS NULL", unique=True),
    "ALTER TABLE enrolments_seatbatch DROP CONSTRAINT IF EXISTS enrolments_seatbatch_line",
    "DROP INDEX CONCURRENTLY IF EXISTS enrolments_seatbatch_line",
    "ALTER INDEX enrolments_seatbatch_line_new RENAME TO enrolments_seatbatch_line",
]

MOVES = (
    "(from_state = '' AND to_state IN ('available', 'assigned'))"
    " OR (from_state = 'available' AND to_state IN ('assigned', 'expired', 'revoked'))"
    " OR (from_state = 'available' AND to_state = 'available' AND given_to_id IS NOT NULL)"
    " OR (from_state = 'assigned' AND to_state IN ('available', 'consumed', 'expired', 'revoked'))"
    " OR (from_state = 'consumed' AND to_state = 'revoked')"
    " OR (from_state = 'expired' AND to_state = 'available')"
)
EVENTS = [
    "ALTER TABLE enrolments_seatevent ADD COLUMN IF NOT EXISTS given_to_id bigint",
    *check("enrolments_seatevent", "enrolments_seatevent_move", MOVES),
    *check(
        "enrolments_seatevent",
        "enrolments_seatevent_given",
        "given_to_id IS NULL OR (from_state = 'available' AND to_state = 'available')",
    ),
]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('enrolments', '0022_seats_of_teams'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='seatbatch',
            options={'ordering': ('pk',), 'permissions': (('give_seats', 'Can give seats to another customer account'),), 'verbose_name': 'seats of an order line', 'verbose_name_plural': 'seats of order lines'},
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(BATCHES)],
            state_operations=[
                migrations.AddField(
                    model_name='seatbatch',
                    name='given_from',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='given', to='enrolments.seatbatch', verbose_name='given from'),
                ),
                migrations.RemoveConstraint(model_name='seatbatch', name='enrolments_seatbatch_line'),
                migrations.AddIndex(
                    model_name='seatbatch',
                    index=models.Index(fields=['line_id'], name='enrolments_batch_line_id'),
                ),
                migrations.AddConstraint(
                    model_name='seatbatch',
                    constraint=models.UniqueConstraint(condition=models.Q(('given_from__isnull', True)), fields=('line_id',), name='enrolments_seatbatch_line'),
                ),
                migrations.AddConstraint(
                    model_name='seatbatch',
                    constraint=models.UniqueConstraint(condition=models.Q(('given_from__isnull', False)), fields=('given_from', 'account'), name='enrolments_seatbatch_given_once'),
                ),
                migrations.AddConstraint(
                    model_name='seatbatch',
                    constraint=models.CheckConstraint(condition=models.Q(('given_from__isnull', True), ('source', 'pack'), _connector='OR'), name='enrolments_seatbatch_given_pack'),
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(EVENTS)],
            state_operations=[
                migrations.AddField(
                    model_name='seatevent',
                    name='given_to',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.customeraccount', verbose_name='given to'),
                ),
                migrations.RemoveConstraint(model_name='seatevent', name='enrolments_seatevent_move'),
                migrations.AddConstraint(
                    model_name='seatevent',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('from_state', ''), ('to_state__in', ['available', 'assigned'])), models.Q(('from_state', 'available'), ('to_state__in', ['assigned', 'expired', 'revoked'])), models.Q(('from_state', 'available'), ('given_to__isnull', False), ('to_state', 'available')), models.Q(('from_state', 'assigned'), ('to_state__in', ['available', 'consumed', 'expired', 'revoked'])), models.Q(('from_state', 'consumed'), ('to_state', 'revoked')), models.Q(('from_state', 'expired'), ('to_state', 'available')), _connector='OR'), name='enrolments_seatevent_move'),
                ),
                migrations.AddConstraint(
                    model_name='seatevent',
                    constraint=models.CheckConstraint(condition=models.Q(('given_to__isnull', True), models.Q(('from_state', 'available'), ('to_state', 'available')), _connector='OR'), name='enrolments_seatevent_given'),
                ),
            ],
        ),
    ]
