import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0028_credit_days'),
        ('shop', '0053_charge_backs_found'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PayeeAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('secrets', models.JSONField(db_default={}, default=dict, verbose_name='holder and IBAN, encrypted')),
                ('ends_with', models.CharField(blank=True, db_default='', max_length=4, verbose_name='IBAN ends with')),
                ('typed_at', models.DateTimeField(verbose_name='typed')),
            ],
            options={
                'verbose_name': 'bank account to pay back to',
                'verbose_name_plural': 'bank accounts to pay back to',
                'ordering': ('pk',),
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='TransferFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_id', models.CharField(max_length=35, verbose_name='message')),
                ('made_at', models.DateTimeField(verbose_name='made')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                ('execute_on', models.DateField(verbose_name='to be executed on')),
                ('sent_at', models.DateTimeField(null=True, verbose_name='given to the bank')),
                ('discarded_at', models.DateTimeField(null=True, verbose_name='discarded')),
            ],
            options={
                'verbose_name': 'transfer file',
                'verbose_name_plural': 'transfer files',
                'ordering': ('-pk',),
                'default_permissions': ('view',),
            },
        ),
        migrations.RemoveConstraint(
            model_name='refund',
            name='shop_refund_way_known',
        ),
        migrations.RemoveConstraint(
            model_name='refund',
            name='shop_refund_of_something',
        ),
        migrations.AddField(
            model_name='refund',
            name='account',
            field=models.ForeignKey(help_text='Whose credit it sends back, for a refund of such.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='accounts.customeraccount', verbose_name='customer account'),
        ),
        migrations.AlterField(
            model_name='refund',
            name='way',
            field=models.CharField(choices=[('provider', 'by the payment method'), ('transfer', 'by transfer'), ('credit', 'as credit of the account'), ('outside', 'outside the shop')], max_length=10, verbose_name='way'),
        ),
        migrations.AddField(
            model_name='payeeaccount',
            name='order',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payee_accounts', to='shop.order', verbose_name='order'),
        ),
        migrations.AddField(
            model_name='payeeaccount',
            name='typed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='typed by'),
        ),
        migrations.AddField(
            model_name='refund',
            name='payee',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='shop.payeeaccount', verbose_name='bank account to pay back to'),
        ),
        migrations.AddField(
            model_name='transferfile',
            name='sent_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='given by'),
        ),
        migrations.AddField(
            model_name='refund',
            name='file',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='shop.transferfile', verbose_name='transfer file'),
        ),
        AddConstraintNotValid(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('way__in', ('provider', 'transfer', 'outside', 'credit'))), name='shop_refund_way_known'),
        ),
        AddConstraintNotValid(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('order__isnull', False), ('handling__isnull', False), ('account__isnull', False), _connector='OR'), name='shop_refund_of_something'),
        ),
        AddConstraintNotValid(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('payee__isnull', False), ('way', 'transfer')), models.Q(models.Q(('way', 'transfer'), _negated=True), ('file', None), ('payee', None)), _connector='OR'), name='shop_refund_transfer_has_payee'),
        ),
        migrations.AddConstraint(
            model_name='payeeaccount',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ends_with', ''), ('secrets', {})), models.Q(models.Q(('secrets', {}), _negated=True), ('ends_with__regex', '^[A-Z0-9]{4}$')), _connector='OR'), name='shop_payeeaccount_whole_or_blank'),
        ),
        migrations.AddConstraint(
            model_name='transferfile',
            constraint=models.UniqueConstraint(fields=('message_id',), name='shop_transferfile_message_once'),
        ),
        migrations.AddConstraint(
            model_name='transferfile',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', True), ('sent_by__isnull', True)), models.Q(('discarded_at__isnull', True), ('sent_at__gte', models.F('made_at')), ('sent_at__isnull', False), ('sent_by__isnull', False)), _connector='OR'), name='shop_transferfile_sent_or_discarded'),
        ),
    ]
