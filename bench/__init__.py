"""Benchmark against Odoo's own apps; see README.md."""
