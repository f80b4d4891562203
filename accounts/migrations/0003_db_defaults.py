import django.db.models.functions.datetime
import django.utils.timezone
import django_countries.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    # One table after the other: a sale that goes on meanwhile waits for one, and never crosswise. Running it again is harmless.
    atomic = False

    dependencies = [
        ('accounts', '0002_attempts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='customeraccount',
            name='country',
            field=django_countries.fields.CountryField(db_default='FR', default='FR', max_length=2, verbose_name='country'),
        ),
        migrations.AlterField(
            model_name='customeraccount',
            name='created_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False, verbose_name='created'),
        ),
        migrations.AlterField(
            model_name='customeraccount',
            name='kind',
            field=models.CharField(choices=[('organisation', 'Organisation'), ('person', 'Private person')], db_default='organisation', default='organisation', max_length=12, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='delegation',
            name='created_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False, verbose_name='since'),
        ),
        migrations.AlterField(
            model_name='memberinvitation',
            name='created_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False, verbose_name='since'),
        ),
        migrations.AlterField(
            model_name='memberinvitation',
            name='is_accountant',
            field=models.BooleanField(db_default=False, default=False, verbose_name='accountant'),
        ),
        migrations.AlterField(
            model_name='memberinvitation',
            name='is_buyer',
            field=models.BooleanField(db_default=False, default=False, verbose_name='buyer'),
        ),
        migrations.AlterField(
            model_name='memberinvitation',
            name='is_operator',
            field=models.BooleanField(db_default=False, default=False, verbose_name='operator'),
        ),
        migrations.AlterField(
            model_name='memberinvitation',
            name='is_owner',
            field=models.BooleanField(db_default=False, default=False, verbose_name='owner'),
        ),
        migrations.AlterField(
            model_name='membership',
            name='created_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False, verbose_name='since'),
        ),
        migrations.AlterField(
            model_name='membership',
            name='is_accountant',
            field=models.BooleanField(db_default=False, default=False, verbose_name='accountant'),
        ),
        migrations.AlterField(
            model_name='membership',
            name='is_buyer',
            field=models.BooleanField(db_default=False, default=False, verbose_name='buyer'),
        ),
        migrations.AlterField(
            model_name='membership',
            name='is_operator',
            field=models.BooleanField(db_default=False, default=False, verbose_name='operator'),
        ),
        migrations.AlterField(
            model_name='membership',
            name='is_owner',
            field=models.BooleanField(db_default=False, default=False, verbose_name='owner'),
        ),
        migrations.AlterField(
            model_name='user',
            name='date_joined',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False, verbose_name='known since'),
        ),
        migrations.AlterField(
            model_name='user',
            name='is_active',
            field=models.BooleanField(db_default=True, default=True, help_text='Untick instead of deleting a person.', verbose_name='active'),
        ),
        migrations.AlterField(
            model_name='user',
            name='is_staff',
            field=models.BooleanField(db_default=False, default=False, help_text='May sign in to the administration.', verbose_name='staff'),
        ),
    ]
