from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0020_wants_reminders'),
    ]

    operations = [
        migrations.AddField(
            model_name='membership',
            name='limits',
            field=models.JSONField(blank=True, editable=False, null=True, verbose_name='limited to'),
        ),
    ]
