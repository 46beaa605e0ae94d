"""The access matrix tried out: a user in role after role, and a record of every relation."""

from .access_case import AccessMatrixCase
