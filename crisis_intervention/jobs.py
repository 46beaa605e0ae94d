"""How all scheduled jobs of ours work: item by item, so that one bad item stops no other.

Functions and classes of a module: what they run is given by our own code.

An item has a savepoint of its own. What fails is set aside in ``crisis.job.fault``, shown to those who
can mend it, and tried again later; the rest goes on. A conflict with somebody else is no fault: the
next run tries again. Progress is committed, so a kill of the server loses the item in hand at most.
"""

import logging
import time
import traceback
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from odoo import fields
from odoo.exceptions import LockError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from psycopg2 import InterfaceError
from psycopg2.errors import InFailedSqlTransaction

from . import clock
from .lib.jobs import FIRST_PAUSE

# Kind of what is no error of the program: no key opens it, or it was changed past the system.
DAMAGED = "damaged"

_logger = logging.getLogger(__name__)


class Place(NamedTuple):
    """What an item is about, where it is no record: a column, a part of a job, a school's part."""

    model: str
    res_id: int = 0
    part: str = ""


def _place(item, part):
    """Return the ``Place`` of an item: a record or a place itself."""
    return item if isinstance(item, Place) else Place(item._name, item.id, part)


def _is_conflict(error):
    """Tell whether somebody else was faster, so that the next run finds what became of it."""
    # what follows a conflict in its transaction fails as well
    conflicts = (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, LockError, InFailedSqlTransaction)
    return isinstance(error, conflicts) or isinstance(error.__context__, conflicts)


class Job:
    """One run of a ``_cron_`` method of ours::

        with Job(self, "_cron_destroy", irreversible=True) as job:
            job.work(lines, lambda line: line._execute())

    :param model: the model that has the method
    :param str method: its name
    :param bool irreversible: what it does cannot be taken back and hangs on the date: it waits until
        the clock of the server can be believed
    :param first_pause: ``timedelta`` after which what fails is tried again, doubled each time;
        ``NO_PAUSE`` where somebody waits for it
    """

    def __init__(self, model, method, *, irreversible, first_pause=FIRST_PAUSE):
        # sudo: crisis.job, crisis.job.fault - how far a job is, and what it has set aside; no child
        self._jobs = model.env["crisis.job"].sudo()
        self.env = model.env
        self.code = f"{model._name}.{method}"
        self._model = model._name
        self._irreversible = irreversible
        self._first_pause = first_pause
        self._met = set()
        self.remaining = 0
        self.is_over = False
        self.stopped = False
        self.failed = False
        self.result = None

    def __enter__(self):
        self._started = self._saved = time.monotonic()
        self._row = self._jobs._of_code(self.code)
        held = self._irreversible and not clock.is_steady(self.env)
        self._last_end = self._row.date_ended or None
        self._row._begin(held)
        self.held = self.stopped = held
        now = fields.Datetime.now()
        waiting = self._row.fault_ids.filtered(lambda fault: not fault.date_resolved)
        self._aside = {
            Place(fault.model, fault.res_id, fault.part or ""): (fault.id, fault.date_next > now)
            for fault in waiting
        }
        self._since = {fault.id: fault.date_first for fault in waiting}
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            return
        if self.is_whole:
            self.remaining = 0
        elif not self.held and not self.remaining:
            # Odoo runs it again soon
            self.remaining = 1
            self.env["ir.cron"]._commit_progress(0, remaining=1)
        self._keep(0)
        self._row._end(self.is_whole, self._met, self.result)

    # ------------------------------------------------------------------ what jobs call

    def since(self, item, part=""):
        """Return up to when an item was dealt with: the last end of the job, or when it failed first.

        None where the job never came to an end.
        """
        known, _later = self._aside.get(_place(item, part), (None, False))
        return self._since.get(known, self._last_end)

    def find(self, search, part=""):
        """Return what ``search`` (a function) finds to be done, or does in one piece.

        None when even that fails: the next run tries again, and it is shown meanwhile.
        """
        if self.is_over:
            self.stopped = True
        if self.stopped:
            return None
        found = []
        error = self._try(None, lambda _nothing: found.append(search()))
        if error is not None:
            self.set_aside(Place(self._model, 0, part), error, at_once=True)
        return found[0] if found and error is None else None

    def work(self, items, work, *, size=None, part=""):
        """Deal with ``items``, and set aside those that fail.

        :param items: records, or list of ``Place``; a function that finds them
        :param work: function that deals with one of them; where ``size`` is given, with several: when
            these fail together, each is tried alone
        :param int size: how many at a time
        :param str part: what of records is dealt with, where a job does several things with them
        :return: whether there was time for all
        """
        if callable(items):
            items = self.find(items, part) or ()
        if items and self.is_over:
            self.stopped = True
        if self.stopped:
            return False
        self.remaining += len(items)
        step = size or 1
        for start in range(0, len(items), step):
            if self.is_over:
                self.stopped = True
                return False
            chunk = items[start : start + step]
            self._deal(chunk, work, size is None, part)
            self.progress(len(chunk))
        return True

    @property
    def is_whole(self):
        """Tell whether it has dealt with all it found, or set it aside."""
        return not self.stopped and not self.failed

    def count_aside(self, kind):
        """Return how much is set aside for a kind of error."""
        return len(self._row.fault_ids.filtered(lambda f: not f.date_resolved and f.error == kind))

    def in_batches(self, model, part, fetch, work):
        """Deal with what ``fetch`` finds, batch by batch; what cannot be dealt with is set aside.

        :param str model: what the ids are of
        :param str part: what of it is dealt with, such as a column
        :param fetch: function of the last id of the batch before; returns a list of ids
        :param work: function of a list of ids; returns those that are damaged
        :return: whether there was time for all
        """
        last = 0
        while ids := self.find(partial(fetch, last), part):
            last, damaged = ids[-1], set()
            places = [Place(model, id_, part) for id_ in ids]
            self.work(
                places,
                lambda some, damaged=damaged: damaged.update(work([p.res_id for p in some])),
                size=len(ids),
            )
            for id_ in sorted(damaged):
                self.set_aside(Place(model, id_, part), DAMAGED)
        return not self.stopped

    def progress(self, done, more=False):
        """Commit what is done; return whether there is time for more.

        :param int done: how many items
        :param bool more: there are others, nobody knows how many
        """
        self.remaining = max(self.remaining - done, int(more))
        self._keep(done)
        left = self.env["ir.cron"]._commit_progress(done, remaining=self.remaining)
        self.is_over = self.is_over or left <= 0
        return not self.is_over

    def set_aside(self, item, error, part="", at_once=False):
        """Set an item aside.

        :param error: the exception, or a word for what is no error: texts may quote what users wrote
        :param bool at_once: the next run tries again, without a pause
        """
        place = _place(item, part)
        if isinstance(error, str):
            kind = error
            _logger.warning("%s sets aside %s: %s", self.code, tuple(place), kind)
        else:
            kind = type(error).__name__
            frames = "".join(traceback.format_tb(error.__traceback__))
            _logger.error("%s sets aside %s: %s\n%s", self.code, tuple(place), kind, frames)
        known, _later = self._aside.get(place, (None, False))
        first = timedelta(0) if at_once else self._first_pause
        fault = self._row._set_aside(place, kind, known, first)
        self._aside[place] = (fault.id, not at_once)
        self._met.add(fault.id)

    def keep_aside(self, place, word):
        """Set something aside that is no error and lasts: once, until it is not met any more."""
        known, _later = self._aside.get(place, (None, False))
        if known:
            self._met.add(known)
        else:
            self.set_aside(place, word)

    # ------------------------------------------------------------------ inside

    def _keep(self, done):
        """Keep in the row of the job how far it is."""
        now = time.monotonic()
        seconds, self._saved = now - self._saved, now
        self._row._keep(done, self.remaining, seconds)

    def _deal(self, chunk, work, is_single, part):
        """Deal with some items; when they fail together, with each alone."""
        later = [self._is_later(item, part) for item in chunk]
        if any(later):
            chunk = [item for item, wait in zip(chunk, later, strict=True) if not wait]
            for item in chunk:
                self._one(item, work, is_single, part)
        elif is_single or len(chunk) == 1:
            self._one(chunk[0], work, is_single, part)
        elif self._try(chunk, work, together=True) is not None:
            for item in chunk:
                self._one(item, work, is_single, part)

    def _is_later(self, item, part):
        """Tell whether an item is set aside and not to be tried yet."""
        known, later = self._aside.get(_place(item, part), (None, False))
        if later:
            self._met.add(known)
        return later

    def _one(self, item, work, is_single, part):
        """Deal with one item, in the shape that ``work`` takes; set it aside when it fails."""
        given = item if is_single or not isinstance(item, Place) else [item]
        error = self._try(given, work)
        if error is not None:
            self.set_aside(item, error, part)

    def _try(self, item, work, together=False):
        """Run ``work`` in a savepoint, and return the error that sets ``item`` aside, or None.

        :param bool together: of several items, so that a conflict counts like an error
        """
        try:
            with self.env.cr.savepoint():
                work(item)
                self.env.flush_all()
        except InterfaceError:
            raise  # the database is gone
        except Exception as error:  # pylint: disable=broad-exception-caught
            if self.env.cr.closed:
                raise
            self.env.invalidate_all()
            if not _is_conflict(error):
                return error
            if together:
                return error
            # somebody has just dealt with it; a new transaction sees what became of it
            self.failed = True
            _logger.info("%s meets somebody else, and tries again", self.code)
        return None
