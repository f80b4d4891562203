"""Switch of the language on a page with a form: the page comes again in the other language, with all that was typed."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.datastructures import MultiValueDict

from accounts.people.language_cookie import set_language_cookie
from common.answers import keep_nowhere
from common.typed_again import SWITCH, fill_form


class LanguageSwitchMiddleware:
    """Middleware that answers a form posted by a language button with the page's GET in that language, the typed values
    put back into its form.

    The view runs as for a GET, so nothing is validated, saved or done. Stands behind the check of the CSRF token.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        typed: QueryDict | None = getattr(request, "typed_before", None)
        if typed is None or not isinstance(response, HttpResponse):
            return response
        set_language_cookie(response, str(typed[SWITCH]))
        if response.status_code == 200 and response.get("Content-Type", "").startswith("text/html"):
            form_id = getattr(request, "typed_form", "")
            response.content = fill_form(response.text, form_id, dict(typed.lists()))
            keep_nowhere(response)
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., object], *_arguments: object) -> None:
        if request.method != "POST" or getattr(view, "csrf_exempt", False):
            return
        language = request.POST.get(SWITCH)
        if language not in dict(settings.LANGUAGES):
            return
        vars(request).update(
            typed_before=request.POST, _post=QueryDict(), _files=MultiValueDict(), LANGUAGE_CODE=language
        )
        request.method = request.META["REQUEST_METHOD"] = "GET"
        translation.activate(language)
