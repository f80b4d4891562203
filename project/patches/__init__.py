"""Repairs of libraries: one module or template each, which says its reason and the version that ends it.

`kombu` is used where it is imported, `ordinal_days`, `components` and `historical_models` when the project starts;
templates below `templates/` take the place of a library's own of the same name. Repairs that a floor below needs are
subclasses on that floor: `common/admin/`.
"""
