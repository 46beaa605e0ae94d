"""Faults on purpose: what was confirmed has to be there, once."""
