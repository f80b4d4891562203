from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0003_db_defaults'),
    ]

    operations = [
        migrations.AlterField(
            model_name='entry',
            name='max_quantity',
            field=models.PositiveIntegerField(blank=True, help_text='Empty: 1,000. Where each unit is asked for something, 500 in one order at most.', null=True, verbose_name='largest quantity'),
        ),
    ]
