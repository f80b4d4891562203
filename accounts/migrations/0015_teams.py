import common.search
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_people_list_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('quota', models.PositiveIntegerField(blank=True, null=True, verbose_name='seats in use at most')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False, verbose_name='since')),
                ('sort_name', models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Left(common.search.Normalised('name'), 200), output_field=models.CharField(max_length=200))),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='teams', to='accounts.customeraccount', verbose_name='customer account')),
            ],
            options={
                'verbose_name': 'team',
                'verbose_name_plural': 'teams',
                'ordering': ('sort_name', 'pk'),
                'constraints': [
                    models.UniqueConstraint(fields=('account', 'sort_name'), name='accounts_team_name_once'),
                    models.CheckConstraint(condition=models.Q(('sort_name', ''), _negated=True), name='accounts_team_has_name'),
                    models.UniqueConstraint(fields=('id', 'account'), name='accounts_team_of_account'),
                ],
            },
        ),
    ]
