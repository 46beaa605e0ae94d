from typing import NamedTuple

from odoo import api, models, tools
from odoo.fields import Domain
from odoo.tools import SQL


class Closed(NamedTuple):
    """What is closed to a person: ids of cases, of their students, and of reports.

    ``open_students`` are those whose case still runs.
    """

    cases: tuple
    students: tuple
    open_students: tuple
    concerns: tuple


class CrisisConcerned(models.AbstractModel):
    """Persons concerned by a report never meet the cases it led to, whatever roles they have.

    For them a case is as if it did not exist: ``ir.rule`` asks here and adds what stays open to
    what the rules of their roles give. For everybody concerned in nothing that is one look into a
    dictionary, which holds until a report is attached to a case, or names somebody else.
    """

    _name = "crisis.concerned"
    _description = "Persons Concerned by Reports"

    @api.model
    @tools.ormcache()
    def _facts(self):
        """Return dict of user to ``Closed``, and dict of case to the users concerned; all as ids."""
        self.env["crisis.case"].flush_model(["student_id", "date_closed"])
        rows = self.env.execute_query(
            SQL(
                """SELECT p.user_id, p.concern_id, c.id, c.student_id, c.date_closed IS NULL
                     FROM crisis_concern_concerned_rel p
                     LEFT JOIN crisis_case_concern_rel r ON r.concern_id = p.concern_id
                     LEFT JOIN crisis_case c ON c.id = r.case_id"""
            )
        )
        users, cases = {}, {}
        for user, concern, case, student, runs in rows:
            sets = users.setdefault(user, [set(), set(), set(), set()])
            sets[3].add(concern)
            if case:
                cases.setdefault(case, set()).add(user)
                sets[0].add(case)
                sets[1].add(student)
                if runs:
                    sets[2].add(student)
        closed = {
            user: Closed(*(tuple(sorted(ids)) for ids in sets)) for user, sets in users.items()
        }
        return closed, {case: frozenset(ids) for case, ids in cases.items()}

    @api.model
    def _forget(self):
        """Look again: a report was attached to a case, or is about somebody else now."""
        self.env.registry.clear_cache()
        # others may have asked before the change was committed
        self.env.cr.postcommit.add(self.env.registry.clear_cache)

    @api.model
    def _users(self, cases):
        """Return ``res.users`` (as superuser) concerned by reports behind one of ``cases``."""
        _closed, concerned = self._facts()
        ids = set().union(*(concerned.get(id_, ()) for id_ in cases._ids)) if concerned else ()
        # sudo: res.users - to leave them out; callers return nothing of them
        return self.env["res.users"].sudo().browse(sorted(ids))

    @api.model
    def _users_about(self, students):
        """Return ``res.users`` (as superuser) concerned in a running case of ``students``."""
        closed, _cases = self._facts()
        wanted = set(students._ids)
        ids = [user for user, what in closed.items() if wanted.intersection(what.open_students)]
        # sudo: res.users - see _users
        return self.env["res.users"].sudo().browse(ids)

    @api.model
    def _domain(self, model, operation):
        """Return which records of ``model`` stay open to the user; None: none is closed.

        :param str model: any model
        :param str operation: read, write, create or unlink
        """
        if self.env.su:
            return None
        closed = self._facts()[0].get(self.env.uid)
        if not closed or not (closed.cases or closed.concerns):
            return None
        if model == "mail.message":
            return self._domain_messages(closed)
        if not self.env["crisis.record"]._is_ours(model) or self.env[model]._transient:
            return None
        return self.env[model]._open_domain(closed, operation)

    @api.model
    def _domain_messages(self, closed):
        """Return which messages stay open: authors and those once told keep theirs otherwise."""
        domain = Domain.TRUE
        for model in self.env["crisis.record"]._kinds():
            # sudo: any of our models - ids that are closed, to leave them out
            kind = self.env[model].sudo().with_context(active_test=False)
            if "message_ids" not in kind._fields:
                continue
            hidden = kind.search(~kind._open_domain(closed, "read"))
            if hidden:
                domain &= Domain("model", "!=", model) | Domain("res_id", "not in", hidden.ids)
        return domain
