import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0026_limits_and_teams_in_history'),
        ('enrolments', '0037_waiting_history_and_parts'),
    ]

    operations = [
        migrations.AddField(
            model_name='listrow',
            name='team',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.team', verbose_name='team'),
        ),
        migrations.AddField(
            model_name='listrow',
            name='team_seats',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name="seats of the team's quota"),
        ),
    ]
