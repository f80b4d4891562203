"""Any approved platform that speaks AFNOR XP Z12-013: its Flow Service and its Directory Service.

Written from the published interface and never tried on a real platform: docs/platforms.md says what is not known.
"""

from shop.papers.platforms.afnor.platform import platform

__all__ = ["platform"]
