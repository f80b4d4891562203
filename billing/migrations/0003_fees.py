
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0002_closures'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='ledgerentry',
            name='billing_ledgerentry_kind_known',
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='kind',
            field=models.CharField(choices=[('sale', 'sale'), ('invoice', 'invoiced'), ('money_in', 'money received'), ('allocated', 'money allocated to an order'), ('given_back', 'units given back'), ('money_out', 'money sent back'), ('reversed', 'money not sent after all'), ('moved', 'moved to another customer account'), ('fee', 'fee')], max_length=12, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='ledgerline',
            name='account',
            field=models.CharField(choices=[('receivable', 'owed by customers'), ('to_be_invoiced', 'sold, to be invoiced'), ('sales', 'sales'), ('vat', 'VAT collected'), ('deposits', 'deposits received'), ('in_transit', 'money in transit'), ('bank', 'bank'), ('fees', 'fees of providers and banks'), ('credit', 'credit held for customers'), ('unallocated', 'unallocated money'), ('refunds_owed', 'refunds owed'), ('refunds_sent', 'refunds sent, on their way'), ('written_off', 'written off')], max_length=14, verbose_name='account'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ('sale', 'invoice', 'money_in', 'allocated', 'given_back', 'money_out', 'reversed', 'moved', 'fee'))), name='billing_ledgerentry_kind_known'),
        ),
    ]
