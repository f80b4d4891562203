from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0059_plans_of_payment'),
    ]

    operations = [
        migrations.AddField(
            model_name='orderline',
            name='cancel_terms',
            field=models.JSONField(db_default={}, default=dict, editable=False, help_text='Terms on which the account may cancel (`CancelTerms`); empty where it may not.'),
        ),
    ]
