import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0010_search_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='ActAlone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40)),
                ('worth', models.DecimalField(decimal_places=2, max_digits=12)),
                ('at', models.DateTimeField(db_index=True)),
                ('actor', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'act of one person alone',
                'verbose_name_plural': 'acts of one person alone',
                'default_permissions': (),
                'indexes': [models.Index(fields=['actor', 'kind', 'at'], name='accounts_actalone_lately')],
                'constraints': [models.CheckConstraint(condition=models.Q(('worth__gt', 0)), name='accounts_actalone_worth')],
            },
        ),
    ]
