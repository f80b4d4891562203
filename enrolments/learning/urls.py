"""The learner's pages: his courses, one of them, and the button that lets him in."""

from django.urls import path

from enrolments.learning import views as learn

urlpatterns = [
    path("", learn.courses, name="learn"),
    path("<str:short_name>/", learn.course, name="learn-course"),
    path("<str:short_name>/enter/", learn.enter, name="learn-enter"),
]
