from django.http import HttpRequest, HttpResponse


def hours(request: HttpRequest) -> HttpResponse:
    return HttpResponse("We call from 9 to 18.")
