"""gunicorn answers with its own name; whoever looks for servers with a known hole is told nothing."""

from __future__ import annotations

from gunicorn.http import wsgi


class NamelessResponse(wsgi.Response):
    """Response without the header `Server`, for which gunicorn has no setting."""

    def default_headers(self) -> list[str]:
        return [header for header in super().default_headers() if not header.startswith("Server:")]


wsgi.Response = NamelessResponse
