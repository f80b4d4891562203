"""Names of payment methods in templates."""

from django import template

from shop.payments.registry import method_label

register = template.Library()
register.filter("method_label", method_label)
