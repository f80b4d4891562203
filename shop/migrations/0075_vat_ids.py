import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0074_second_charges'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='VatCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('asked', 'not answered yet'), ('valid', 'valid'), ('invalid', 'not valid'), ('unanswered', 'never answered')], db_default='asked', default='asked', max_length=10, verbose_name='state')),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='answered')),
                ('looked_at', models.DateTimeField(null=True, verbose_name='looked at')),
                ('consultation_number', models.CharField(blank=True, db_default='', max_length=40, verbose_name='consultation number')),
            ],
            options={
                'verbose_name': 'check of a VAT number',
                'verbose_name_plural': 'checks of VAT numbers',
                'ordering': ('pk',),
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='shopidentity',
            name='vat_id_rule',
            field=models.CharField(choices=[('trust', 'no VAT if its form is right: whatever VIES answers is told here'), ('charge', 'VAT, until VIES has answered that the number is valid')], db_default='trust', default='trust', help_text='With a VAT number of their country, where the tax is theirs to pay (reverse charge).', max_length=6, verbose_name='companies of other member states pay'),
        ),
        AddConstraintNotValid(
            model_name='shopidentity',
            constraint=models.CheckConstraint(condition=models.Q(('vat_id_rule__in', ('trust', 'charge'))), name='shop_identity_vat_id_rule_known'),
        ),
        migrations.AddField(
            model_name='vatcheck',
            name='looked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='vatcheck',
            name='order',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='vat_check', to='shop.order'),
        ),
        migrations.AddIndex(
            model_name='vatcheck',
            index=models.Index(fields=['digest'], name='shop_vatcheck_number'),
        ),
        migrations.AddIndex(
            model_name='vatcheck',
            index=models.Index(condition=models.Q(('looked_at__isnull', True), ('state__in', ('invalid', 'unanswered'))), fields=['order'], name='shop_vatcheck_to_tell'),
        ),
        migrations.AddConstraint(
            model_name='vatcheck',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('asked', 'valid', 'invalid', 'unanswered'))), name='shop_vatcheck_state_known'),
        ),
        migrations.AddConstraint(
            model_name='vatcheck',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('valid', 'invalid')), _negated=True), ('answered_at__isnull', False), _connector='OR'), name='shop_vatcheck_answer_has_time'),
        ),
        migrations.AddConstraint(
            model_name='vatcheck',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('looked_at__isnull', True), ('looked_by__isnull', True)), models.Q(('looked_at__isnull', False), ('looked_by__isnull', False), ('order__isnull', False)), _connector='OR'), name='shop_vatcheck_looked_at_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='vatcheck',
            constraint=models.UniqueConstraint(condition=models.Q(('order__isnull', True)), fields=('digest',), name='shop_vatcheck_once_before_an_order'),
        ),
    ]
