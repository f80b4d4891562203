from modeltranslation.translator import TranslationOptions, register

from enrolments.models import Course, Role


@register(Course)
class CourseTranslation(TranslationOptions):
    fields = ("name", "summary", "place")


@register(Role)
class RoleTranslation(TranslationOptions):
    fields = ("name",)
