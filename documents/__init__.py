"""Documents: numbered, frozen papers of plain values. Knows no orders.

    invoice = Invoice(seller=…, buyer=…, lines=…, …)
    issue(NewDocument(fact="invoice:order:17", kind=Kind.INVOICE, data=as_data(invoice), language="fr"), now=now)

`issue` runs in the transaction of the fact and is its last lock; `documents.invoices.checking.faults_of` tells
beforehand what would be refused. A job makes the files; `documents.issued.answers.file_answer` hands them out.
"""
