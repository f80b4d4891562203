from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('enrolments', '0012_seat_kept_for'),
    ]

    operations = [
        migrations.AddField(
            model_name='seat',
            name='valid_until',
            field=models.DateTimeField(blank=True, null=True, verbose_name='assignable until'),
        ),
    ]
