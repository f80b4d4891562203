import django.db.models.deletion
from django.db import migrations, models


# A team of another account is refused. Not checked for the rows that are there: none has a team.
OF_ACCOUNT = """
ALTER TABLE enrolments_seat ADD CONSTRAINT enrolments_seat_team_of_account
    FOREIGN KEY (team_id, account_id) REFERENCES accounts_team (id, account_id) DEFERRABLE INITIALLY DEFERRED NOT VALID
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0015_teams'),
        ('enrolments', '0020_ground_ending'),
    ]

    operations = [
        migrations.AddField(
            model_name='seat',
            name='team',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='seats', to='accounts.team', verbose_name='team'),
        ),
        migrations.RunSQL(OF_ACCOUNT, 'ALTER TABLE enrolments_seat DROP CONSTRAINT enrolments_seat_team_of_account'),
    ]
