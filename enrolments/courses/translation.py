from modeltranslation.translator import TranslationOptions, register

from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role


@register(Course)
class CourseTranslation(TranslationOptions):
    fields = ("name", "summary", "venue", "place")
    required_languages = {"en": ("name",), "fr": ("name",)}


@register(Role)
class RoleTranslation(TranslationOptions):
    fields = ("name",)
    required_languages = ("en", "fr")
