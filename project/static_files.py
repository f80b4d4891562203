"""Static files of another release's pages: during an update, pages of one release ask the servers of another."""

from __future__ import annotations

import re

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.templatetags.static import static
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

# Names by content, as Django's manifest storage writes them: site.0123456789ab.css
HASHED = re.compile(r"(.+)\.[0-9a-f]{12}(\.\w+)")


@require_safe
@never_cache
def file_of_another_release(request: HttpRequest, path: str) -> HttpResponseBase:
    """Lead to this release's file of the same name; WhiteNoise has served the files that this release has."""
    found = HASHED.fullmatch(path)
    if found is None:
        raise Http404
    try:
        return HttpResponseRedirect(static(found[1] + found[2]))
    except ValueError as error:  # the manifest has no such file, and never had
        raise Http404 from error
