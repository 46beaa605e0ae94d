"""What is behind ``./dev``: gets Odoo, a virtual environment and PostgreSQL, then serves and tests.

Only the standard library is used here, as this runs before the virtual environment exists.
"""
