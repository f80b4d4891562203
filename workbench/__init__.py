"""The workbench: servers, `manage.py up` and demo data, for development and tests alone."""
