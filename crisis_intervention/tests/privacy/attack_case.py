import logging
from contextlib import suppress

import psycopg2
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.tools import mute_logger

from ..common import DENIALS
from .matrix import AccessMatrixCase
from .matrix.access_case import Undo

_logger = logging.getLogger(__name__)

# What ends an attempt: a refusal, or that it cannot be done at all.
REFUSED = (
    *(UserError, ValueError, TypeError, LookupError, AttributeError, AssertionError),
    *(NotImplementedError, psycopg2.Error),
)
# Nobody has a record with this id.
NOWHERE = 2_000_000_001


class AttackCase(AccessMatrixCase):
    """Tries what a client can send, finds its own cases, and counts what it tried."""

    # how many attempts a class makes at least: fewer mean that it does not find its cases any more
    at_least = {}

    def setUp(self):
        super().setUp()
        self.tried, self.holes = 0, []
        logger = mute_logger(*DENIALS, "odoo.sql_db", "odoo.models")
        logger.__enter__()
        self.addCleanup(logger.__exit__)

    def _verdict(self):
        """Check that enough was tried, and nothing succeeded."""
        self.assertFalse(self.holes, f"{len(self.holes)} of {self.tried} attempts succeeded")
        self.assertGreaterEqual(self.tried, self.at_least[self._testMethodName])
        _logger.info("%s: %s attempts, none successful", self._testMethodName, self.tried)

    def _attack(self, action, *what):
        """Try ``action`` and undo it; keep ``what`` as a hole when it returns something true."""
        self.tried += 1
        with suppress(Undo, *REFUSED), self.env.cr.savepoint():
            if action():
                self.holes.append(what)
            raise Undo
        self.env.invalidate_all()

    def _answer(self, action):
        """Return what ``action`` answers, undone: its result, or class and words of its refusal."""
        self.tried += 1
        try:
            with suppress(Undo), self.env.cr.savepoint():
                answer = action()
                raise Undo
        except REFUSED as error:
            kind = AccessError if isinstance(error, MissingError) else type(error)
            answer = (kind.__name__, str(error))
        self.env.invalidate_all()
        return answer

    def _models(self):
        """Return the names of the models of the table, dialogs included."""
        return sorted(self.table)

    def _hidden(self, role):
        """Yield (relation, record) of all records that ``role`` may not read."""
        for relation, record, cell in self._rows(role):
            if "R" not in cell:
                yield relation, record
