"""Production: the default. Refuses to start when the environment is incomplete."""

from shop.settings.base import *
from shop.settings.environment import refuse_incomplete

refuse_incomplete(debug=DEBUG)
