"""Addresses of the learner's pages: their courses, one course, the button *Enter the course*, and the page
that gives up a place."""

from django.urls import path

from enrolments.learning import views as learn

urlpatterns = [
    path("", learn.courses, name="learn"),
    path("<str:short_name>/", learn.course, name="learn-course"),
    path("<str:short_name>/enter/", learn.enter, name="learn-enter"),
    path("<str:short_name>/leave/", learn.leave, name="learn-leave"),
]
