"""Storage of uploads and static files."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

__all__ = ["storages_for"]


def storages_for(storage_url: str) -> dict[str, dict[str, Any]]:
    """Return STORAGES for an address like s3://KEY:SECRET@HOST/BUCKET?region=…; empty means the local media folder.

    Without KEY:SECRET the machine's own credentials are used, without HOST Amazon's. Needs the `storage` extra.
    Static files are always served by the web process itself.
    """
    static = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    if not storage_url:
        return {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}, "staticfiles": static}
    return {
        "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _s3(storage_url)},
        "staticfiles": static,
    }


def _s3(storage_url: str) -> dict[str, Any]:
    url = urlsplit(storage_url)
    bucket = url.path.strip("/")
    if url.scheme != "s3" or not bucket:
        raise ImproperlyConfigured("STORAGE_URL must look like s3://KEY:SECRET@HOST/BUCKET?region=REGION, or be empty.")
    query = parse_qs(url.query)
    options: dict[str, Any] = {"bucket_name": bucket, "file_overwrite": False, "querystring_auth": False}
    if url.hostname:
        options["endpoint_url"] = f"https://{url.hostname}" + (f":{url.port}" if url.port else "")
    if url.username and url.password:
        options |= {"access_key": unquote(url.username), "secret_key": unquote(url.password)}
    if "region" in query:
        options["region_name"] = query["region"][0]
    if "public" in query:
        options["custom_domain"] = query["public"][0]
    return options
