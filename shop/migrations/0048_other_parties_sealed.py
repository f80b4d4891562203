from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0047_other_parties'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='statementline',
            name='shop_statementline_state_known',
        ),
        migrations.RemoveField(
            model_name='statementline',
            name='iban',
        ),
        migrations.RemoveField(
            model_name='statementline',
            name='name',
        ),
        migrations.RemoveField(
            model_name='statementline',
            name='text',
        ),
        migrations.AlterField(
            model_name='statementline',
            name='state',
            field=models.CharField(choices=[('open', 'to decide'), ('matched', 'matched'), ('payout', 'payout of a provider'), ('kept', 'kept as unallocated money'), ('set_aside', 'set aside'), ('refund', 'refund that left'), ('fee', 'fee of the bank')], db_default='open', default='open', max_length=10, verbose_name='state'),
        ),
        migrations.AddConstraint(
            model_name='statementline',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('open', 'matched', 'payout', 'kept', 'set_aside', 'refund', 'fee'))), name='shop_statementline_state_known'),
        ),
        migrations.AddConstraint(
            model_name='statementline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'refund'), _negated=True), ('amount__lt', 0), _connector='OR'), name='shop_statementline_refund_left'),
        ),
    ]
