"""Fixtures of every test. What one app needs lives in that app's folder."""

from django.conf import settings

from tests import servers

settings.MEDIA_ROOT = str(servers.addresses().data / "media")
