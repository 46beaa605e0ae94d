from contextlib import contextmanager

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase
from odoo.tests.common import get_db_name

from .common import CrisisRecords


class CommittedCase(CrisisRecords, BaseCase):
    """Real transactions: what its tests do is committed, and has to be taken away again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())

    @classmethod
    @contextmanager
    def _committing(cls):
        """Give an environment whose changes are committed, also as ``cls.env`` for the fixtures."""
        with cls.registry.cursor() as cr:
            cls.env = api.Environment(cr, SUPERUSER_ID, {"no_reset_password": True})
            yield cls.env
            cls.env.flush_all()
