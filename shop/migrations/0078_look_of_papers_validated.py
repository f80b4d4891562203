from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0077_look_of_papers'),
    ]

    operations = [
        ValidateConstraint(model_name='shopidentity', name='shop_identity_accent'),
    ]
