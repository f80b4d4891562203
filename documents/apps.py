from django.utils.translation import gettext_lazy as _

from common import floors


class DocumentsConfig(floors.Floor):
    name = "documents"
    verbose_name = _("Documents")
    rooms = ("series", "issued", "invoices", "pdf", "pictures")

    def ready(self) -> None:
        super().ready()
        from accounts.security_log.viewing import PAGES, Seen, add_admin_pages
        from documents.invoices import template

        template.register()
        add_admin_pages("documents.document")
        PAGES.register(
            "admin:documents_document_file",
            lambda parameters: Seen("documents.document", int(parameters["document_id"])),
        )
