"""Name the unit of a seat and of a ground by its index in the line.

Safe while the shop is in use: columns without a value, checks validated afterwards, indexes built concurrently. May be
run again after it was stopped halfway.
"""

from django.db import migrations, models


def check(table, name, condition):
    return [
        f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}",
        f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID",
        f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}",
    ]


def unique_index(name, on):
    return [f"DROP INDEX CONCURRENTLY IF EXISTS {name}", f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {on}"]


SEATS = [
    "ALTER TABLE enrolments_seat ADD COLUMN IF NOT EXISTS unit_index integer",
    "ALTER TABLE enrolments_seat ALTER COLUMN unit_id DROP NOT NULL",
    *check("enrolments_seat", "enrolments_seat_unit_index_check", "unit_index >= 0"),
    *check("enrolments_seat", "enrolments_seat_has_unit", "unit_index IS NOT NULL OR unit_id IS NOT NULL"),
    "ALTER TABLE enrolments_seat DROP CONSTRAINT IF EXISTS enrolments_seat_of_unit_once",
    *unique_index("enrolments_seat_of_unit_once", "enrolments_seat (batch_id, unit_index, number)"),
    "ALTER TABLE enrolments_seat"
    " ADD CONSTRAINT enrolments_seat_of_unit_once UNIQUE USING INDEX enrolments_seat_of_unit_once",
]

LIVE_OF_A_LINE = "ended_at IS NULL AND seat_id IS NULL AND line_id IS NOT NULL"

GROUNDS = [
    "ALTER TABLE enrolments_ground ADD COLUMN IF NOT EXISTS unit_index integer",
    *check("enrolments_ground", "enrolments_ground_unit_index_check", "unit_index >= 0"),
    *unique_index(
        "enrolments_ground_unit_unique",
        f"enrolments_ground (enrolment_id, kind, line_id, unit_index) WHERE {LIVE_OF_A_LINE} AND unit_index IS NOT NULL",
    ),
    *unique_index(
        "enrolments_ground_line_once",
        "enrolments_ground (enrolment_id, kind, line_id, unit_id) NULLS NOT DISTINCT"
        f" WHERE {LIVE_OF_A_LINE} AND unit_index IS NULL",
    ),
    "DROP INDEX CONCURRENTLY IF EXISTS enrolments_ground_line_unique",
]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('enrolments', '0005_db_defaults'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SEATS)],
            state_operations=[
                migrations.AddField(
                    model_name='seat',
                    name='unit_index',
                    field=models.PositiveIntegerField(blank=True, help_text='From 0.', null=True, verbose_name='unit'),
                ),
                migrations.AlterField(
                    model_name='seat',
                    name='unit_id',
                    field=models.BigIntegerField(blank=True, editable=False, null=True),
                ),
                migrations.AddConstraint(
                    model_name='seat',
                    constraint=models.UniqueConstraint(
                        fields=('batch', 'unit_index', 'number'), name='enrolments_seat_of_unit_once'
                    ),
                ),
                migrations.AddConstraint(
                    model_name='seat',
                    constraint=models.CheckConstraint(
                        condition=models.Q(('unit_index__isnull', False), ('unit_id__isnull', False), _connector='OR'),
                        name='enrolments_seat_has_unit',
                    ),
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(GROUNDS)],
            state_operations=[
                migrations.AddField(
                    model_name='ground',
                    name='unit_index',
                    field=models.PositiveIntegerField(blank=True, help_text='From 0.', null=True, verbose_name='unit'),
                ),
                migrations.AlterField(
                    model_name='ground',
                    name='unit_id',
                    field=models.BigIntegerField(blank=True, editable=False, null=True),
                ),
                migrations.RemoveConstraint(model_name='ground', name='enrolments_ground_line_unique'),
                migrations.AddConstraint(
                    model_name='ground',
                    constraint=models.UniqueConstraint(
                        condition=models.Q(
                            ('ended_at__isnull', True),
                            ('line_id__isnull', False),
                            ('seat__isnull', True),
                            ('unit_index__isnull', False),
                        ),
                        fields=('enrolment', 'kind', 'line_id', 'unit_index'),
                        name='enrolments_ground_unit_unique',
                    ),
                ),
                migrations.AddConstraint(
                    model_name='ground',
                    constraint=models.UniqueConstraint(
                        condition=models.Q(
                            ('ended_at__isnull', True),
                            ('line_id__isnull', False),
                            ('seat__isnull', True),
                            ('unit_index__isnull', True),
                        ),
                        fields=('enrolment', 'kind', 'line_id', 'unit_id'),
                        name='enrolments_ground_line_once',
                        nulls_distinct=False,
                    ),
                ),
            ],
        ),
    ]
