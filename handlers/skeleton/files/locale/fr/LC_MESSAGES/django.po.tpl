msgid ""
msgstr ""
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Language: fr\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\n"

msgid "$words"
msgstr "$words"

msgid "%(n)d unit has been noted."
msgid_plural "%(n)d units have been noted."
msgstr[0] "%(n)d unité a été notée."
msgstr[1] "%(n)d unités ont été notées."

msgid "A sentence that the customer reads after payment. Empty: none."
msgstr "Une phrase que le client lit après le paiement. Vide : aucune."

msgid "Beneficiary"
msgstr "Bénéficiaire"

msgid "Notes a beneficiary for each unit bought."
msgstr "Note un bénéficiaire pour chaque unité achetée."

msgid "Notice to the customer"
msgstr "Message au client"

msgid "Who this unit is for."
msgstr "Pour qui est cette unité."
