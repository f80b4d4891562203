"""`manage.py up`: the whole shop on one machine, from servers to storefront, ended by one Ctrl-C."""
