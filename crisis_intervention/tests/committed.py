import threading
from contextlib import contextmanager, nullcontext
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase
from odoo.tests.common import get_db_name
from odoo.tools import SQL

from .. import register
from .common import CrisisRecords


class CommittedCase(CrisisRecords, BaseCase):
    """Real transactions: what its tests do is committed, and has to be taken away again.

    Transactions of their own see only what is committed, so such a class commits a school, and
    takes it away again.
    """

    # children first; everything of the school that the tests commit
    _models = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        # what is taken away again would be missed by the register
        cls.startClassPatcher(patch.object(register, "note_signatures", lambda *args: None))

    def setUp(self):
        super().setUp()
        # the thread that runs the tests holds this lock, on which the others would wait
        self.patch(Registry, "_lock", nullcontext())

    @classmethod
    @contextmanager
    def _committing(cls):
        """Give an environment whose changes are committed, also as ``cls.env`` for the fixtures."""
        with cls.registry.cursor() as cr:
            cls.env = api.Environment(cr, SUPERUSER_ID, {"no_reset_password": True})
            yield cls.env
            cls.env.flush_all()

    @classmethod
    def _of_school(cls, model):
        """Return the condition (SQL) that finds the records of ``model`` in the school."""
        return SQL("company_id = %s", cls.school.id)

    @classmethod
    def _take_away(cls):
        """Remove what was committed, past the rules that keep records of children."""
        with cls._committing() as env:
            for model in (*cls._models, "crisis.role.confirmation", "crisis.role.event"):
                table = SQL.identifier(env[model]._table)
                query = SQL("DELETE FROM %s WHERE %s RETURNING id", table, cls._of_school(model))
                ids = [row[0] for row in env.execute_query(query)]
                env.cr.execute(
                    "DELETE FROM crisis_signature WHERE res_model = %s AND res_id = ANY(%s)",
                    [model, ids],
                )
                for kept in ("mail.message", "mail.followers", "mail.activity"):
                    field = "model" if kept == "mail.message" else "res_model"
                    env[kept].search([(field, "=", model), ("res_id", "in", ids)]).unlink()
            school = cls.school.with_env(env)
            env["ir.sequence"].search([("company_id", "=", school.id)]).unlink()
            env["mail.mail"].search([]).unlink()
            users = env["res.users"].search([("company_id", "=", school.id)])
            env["res.device.log"].search([("user_id", "in", users.ids)]).unlink()
            partners = users.partner_id | school.partner_id
            # whoever has read in a test stays in the register as a number
            with patch.object(register, "knows", return_value=False):
                users.unlink()
            school.unlink()
            partners.unlink()
            env.flush_all()
            # signed in passing, and not told to the register
            env.cr.execute(
                "DELETE FROM crisis_signature s WHERE NOT EXISTS (SELECT FROM crisis_disclosure d"
                " WHERE d.res_model = s.res_model AND d.res_id = s.res_id AND d.text = s.nonce)"
            )

    def _together(self, *jobs):
        """Run ``jobs`` in threads that begin at the same moment.

        :param jobs: functions without arguments
        :return: list of what each returned or the exception it raised, in the order of ``jobs``
        """
        start = threading.Barrier(len(jobs))
        results = [None] * len(jobs)

        def run(index, job):
            start.wait(timeout=60)
            try:
                results[index] = job()
            except Exception as error:
                results[index] = error

        threads = [threading.Thread(target=run, args=args) for args in enumerate(jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=300)
        self.assertFalse([thread for thread in threads if thread.is_alive()])
        return results
