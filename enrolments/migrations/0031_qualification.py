from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('enrolments', '0030_ground_ends'),
    ]

    operations = [
        migrations.AddField(
            model_name='ground',
            name='qualification_months',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='months of validity'),
        ),
        migrations.AddField(
            model_name='seatbatch',
            name='qualification_months',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='months of validity'),
        ),
        AddConstraintNotValid(
            model_name='ground',
            constraint=models.CheckConstraint(condition=models.Q(('qualification_months__isnull', True), ('qualification_months__gte', 1), _connector='OR'), name='enrolments_ground_qualification'),
        ),
        AddConstraintNotValid(
            model_name='seatbatch',
            constraint=models.CheckConstraint(condition=models.Q(('qualification_months__isnull', True), ('qualification_months__gte', 1), _connector='OR'), name='enrolments_seatbatch_qualification'),
        ),
    ]
