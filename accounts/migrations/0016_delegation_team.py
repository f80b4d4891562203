import django.db.models.deletion
from django.db import migrations, models


# A team of another account is refused. Not checked for the rows that are there: none has a team.
OF_ACCOUNT = """
ALTER TABLE accounts_delegation ADD CONSTRAINT accounts_delegation_team_of_account
    FOREIGN KEY (team_id, account_id) REFERENCES accounts_team (id, account_id) DEFERRABLE INITIALLY DEFERRED NOT VALID
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0015_teams'),
    ]

    operations = [
        migrations.AddField(
            model_name='delegation',
            name='team',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='delegations', to='accounts.team', verbose_name='team'),
        ),
        migrations.RunSQL(OF_ACCOUNT, 'ALTER TABLE accounts_delegation DROP CONSTRAINT accounts_delegation_team_of_account'),
    ]
