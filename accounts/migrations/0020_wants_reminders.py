from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0019_first_summaries'),
    ]

    operations = [
        migrations.AddField(
            model_name='membership',
            name='wants_reminders',
            field=models.BooleanField(db_default=True, default=True, verbose_name='is reminded of seats to assign'),
        ),
    ]
