"""How dates read, where Django's own formats do not suffice: one package per language."""
