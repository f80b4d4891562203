"""Looks of the admin (django-unfold)."""

from django.utils.translation import gettext_lazy as _

# The storefront's petrol, from its faintest tint to its darkest shade.
PETROL = {
    "50": "oklch(97.5% .012 200)",
    "100": "oklch(94% .026 200)",
    "200": "oklch(88% .048 200)",
    "300": "oklch(79% .075 202)",
    "400": "oklch(68% .092 204)",
    "500": "oklch(62% .095 205)",
    "600": "oklch(46% .075 205)",
    "700": "oklch(41% .066 205)",
    "800": "oklch(36% .056 206)",
    "900": "oklch(31% .046 208)",
    "950": "oklch(24% .036 210)",
}

UNFOLD = {
    "SITE_TITLE": "Amphi",
    "SITE_HEADER": "Amphi",
    "SITE_SUBHEADER": _("Training seats"),
    "SITE_URL": "/",
    "SITE_ICON": "project.admin.navigation.logo",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "project.admin.navigation.logo"},
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
    "SHOW_BACK_BUTTON": True,
    "SHOW_LANGUAGES": True,
    "STYLES": ["project.admin.navigation.stylesheet"],
    "SCRIPTS": ["project.admin.navigation.script"],
    "DASHBOARD_CALLBACK": "project.admin.dashboard.dashboard",
    "COLORS": {"primary": PETROL},
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "project.admin.navigation.sidebar",
    },
}
