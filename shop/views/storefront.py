"""The catalogue as a customer sees it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/home.html")


def category(request: HttpRequest, slug: str) -> HttpResponse:
    return render(request, "shop/home.html")


def entry(request: HttpRequest, code: str) -> HttpResponse:
    return render(request, "shop/home.html")


def legal(request: HttpRequest, kind: str) -> HttpResponse:
    return render(request, "shop/home.html")
