from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0014_cancelling_checked'),
    ]

    operations = [
        migrations.AddField(
            model_name='entry',
            name='is_digital_content',
            field=models.BooleanField(db_default=False, default=False, help_text='On demand and at once, without a service by people. A private person asks for it at once, at the checkout, and gives up the right to withdraw from it (code de la consommation, L221-28).', verbose_name='digital content'),
        ),
    ]
