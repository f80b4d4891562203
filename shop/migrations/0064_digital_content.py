from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0063_papers'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='withdrawal_waived_at',
            field=models.DateTimeField(help_text='When a private buyer asked for digital content at once, and gave withdrawing up.', null=True),
        ),
        migrations.AddField(
            model_name='orderline',
            name='is_digital_content',
            field=models.BooleanField(db_default=False, default=False, help_text='Content on demand, of which a private buyer may waive withdrawal.'),
        ),
    ]
