"""Addresses below dev/mail/, mounted where settings.DEV_MAIL is on."""

from django.urls import path

from outbox.mails.development import views as dev_mail

app_name = "outbox"

urlpatterns = [
    path("", dev_mail.mails, name="dev_mails"),
    path("<str:name>/", dev_mail.mail, name="dev_mail"),
    path("<str:name>/html/", dev_mail.mail_html, name="dev_mail_html"),
]
