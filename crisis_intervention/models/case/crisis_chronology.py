from collections import defaultdict

from odoo import api, fields, models, tools
from odoo.fields import Domain
from odoo.tools import SQL

# Lines of a page of the widget.
PAGE = 30
# Lines looked at together while a search is being filled; more each time.
CHUNK = 100
_PENDING = "crisis.chronology"
_COLUMNS = ("case_id", "company_id", "kind", "date", "user_id", "res_model", "res_id")


class CrisisChronology(models.Model):
    """The timeline of a case: one line for each thing that happened, and the record behind it.

    Kept by the system alone. Kinds of record declare what of them stands here
    (``_timeline_events``); ``_follow`` notes which of them were written, and one statement brings
    their lines up to date before the transaction ends, or before somebody searches.

    A line is there for those who may read the case, the record behind it and the field with the
    moment. ``_search`` leaves out the others and goes on until its page is full, so that neither
    length nor pages tell of them; everything that finds or reads lines passes through it.
    """

    _name = "crisis.chronology"
    _description = "Chronology of a Case"
    _inherit = ["crisis.record"]
    _order = "date desc, id desc"
    _rec_name = "kind"
    _outlives_erasure = True

    case_id = fields.Many2one("crisis.case", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="case_id.company_id", store=True)
    kind = fields.Selection("_selection_kind", required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="By", readonly=True)
    res_model = fields.Char(required=True, readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", required=True, readonly=True)
    line = fields.Char(string="What", compute="_compute_line")

    _event_uniq = models.UniqueIndex(
        "(res_model, res_id, kind, case_id)",
        "This stands in the timeline already. Please reload.",
    )
    _page_idx = models.Index("(case_id, date DESC, id DESC)")

    # ------------------------------------------------------------------ what it is made of

    @api.model
    def _events(self):
        """Return dict of model to the ``Event`` s that it declares."""
        return dict(self._collected("_timeline_events"))

    @api.model
    def _selection_kind(self):
        """Return the kinds of all events, in the language of the user."""
        return [
            (event.code, self.env._(event.label))
            for events in self._events().values()
            for event in events
        ]

    @api.model
    def _link(self, model):
        """Return the field that leads from records of ``model`` to their case, None for cases."""
        if model == "crisis.case":
            return None
        return self.env[model]._fields[self.env[model]._case_link()]

    @api.model
    @tools.ormcache()
    def _followed(self):
        """Return dict of model to dict of field to which lines it decides on.

        Lines are named as (model behind them, column by which they are found): those of the record
        that is written, or, where a case is given or loses a shared record, those of the case.
        """
        result = defaultdict(lambda: defaultdict(set))
        for model, events in self._events().items():
            link = self._link(model)
            names = {link.name} if link else set()
            if link and link.type == "many2many":
                for inverse in self.pool.field_inverses[link]:
                    result[inverse.model_name][inverse.name].add((model, "case_id"))
            for event in events:
                names |= {
                    event.moment,
                    event.person,
                    *([event.state_field] if event.states else []),
                }
            for name in names:
                result[model][name].add((model, "res_id"))
        return {model: dict(names) for model, names in result.items()}

    # ------------------------------------------------------------------ written by the system

    @api.model
    def _follow(self, records, names=None):
        """Note that the lines of ``records`` may have changed.

        :param records: records of one of our models, created or written just now
        :param names: fields that were written; all by default
        """
        lines = {
            line
            for name, lines in self._followed().get(records._name, {}).items()
            if names is None or name in names
            for line in lines
        }
        if not lines or not records:
            return
        precommit = self.env.cr.precommit
        if _PENDING not in precommit.data:
            precommit.data[_PENDING] = {}
            precommit.add(self._catch_up)
        for line in lines:
            precommit.data[_PENDING].setdefault(line, set()).update(records.ids)

    @api.model
    def _catch_up(self):
        """Bring up to date what ``_follow`` has noted in this transaction."""
        pending = self.env.cr.precommit.data.pop(_PENDING, None)
        if pending:
            for model, names in self._followed().items():
                if any(model == behind for behind, _column in pending):
                    self.env[model].flush_model(names)
            self._bring_up_to_date({line: sorted(ids) for line, ids in pending.items()})

    @api.model
    def _write_anew(self, batch=10_000):
        """Bring all lines of all records up to date, ``batch`` records at a time."""
        self.env.flush_all()
        for model in self._events():
            [[last]] = self.env.execute_query(
                SQL("SELECT max(id) FROM %s", SQL.identifier(self.env[model]._table))
            )
            for first in range(1, (last or 0) + 1, batch):
                self._bring_up_to_date({(model, "res_id"): list(range(first, first + batch))})

    @api.model
    def _bring_up_to_date(self, lines):
        """Write, correct and remove lines, in one statement.

        :param lines: dict of (model, column) as in ``_followed`` to ids; the database is flushed
        """
        now = self.env.cr.now()
        self.env.cr.execute(
            SQL(
                """WITH happened (%(columns)s) AS (%(happened)s),
                   gone AS (
                       DELETE FROM crisis_chronology l
                        WHERE (%(lines)s) AND l.kind = ANY(%(kinds)s) AND NOT EXISTS (
                            SELECT FROM happened h
                             WHERE (h.res_model, h.res_id, h.kind, h.case_id)
                                 = (l.res_model, l.res_id, l.kind, l.case_id)))
                   INSERT INTO crisis_chronology
                          (%(columns)s, create_uid, create_date, write_uid, write_date)
                   SELECT h.*, %(uid)s, %(now)s, %(uid)s, %(now)s
                     FROM happened h
                    WHERE NOT EXISTS (
                        SELECT FROM crisis_chronology l
                         WHERE (l.res_model, l.res_id, l.kind, l.case_id)
                             = (h.res_model, h.res_id, h.kind, h.case_id)
                           AND (l.date, l.user_id, l.company_id)
                               IS NOT DISTINCT FROM (h.date, h.user_id, h.company_id))
                    ORDER BY h.date, h.res_model, h.res_id
                       ON CONFLICT (res_model, res_id, kind, case_id) DO UPDATE
                      SET (date, user_id, company_id, write_uid, write_date)
                        = (excluded.date, excluded.user_id, excluded.company_id,
                           excluded.write_uid, excluded.write_date)""",
                columns=SQL(", ").join(map(SQL.identifier, _COLUMNS)),
                # a record may be named by itself and by a case
                happened=SQL(" UNION ").join(
                    self._happened(model, event, column, ids)
                    for (model, column), ids in lines.items()
                    for event in self._events()[model]
                ),
                lines=SQL(" OR ").join(
                    SQL("l.res_model = %s AND l.%s = ANY(%s)", model, SQL.identifier(column), ids)
                    for (model, column), ids in lines.items()
                ),
                # what an addon that is gone has left stays
                kinds=[code for code, _label in self._selection_kind()],
                uid=self.env.uid,
                now=now,
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _happened(self, model, event, column, ids):
        """Return the query of the lines of one kind of event.

        :param str model: what declares ``event``
        :param str column: "res_id" or "case_id": of what ``ids`` are
        """
        link = self._link(model)
        join, case = SQL(), SQL.identifier("t", link.name if link else "id")
        if link and link.type == "many2many":
            join = SQL(
                "JOIN %s r ON %s = t.id",
                SQL.identifier(link.relation),
                SQL.identifier("r", link.column1),
            )
            case = SQL.identifier("r", link.column2)
        return SQL(
            "SELECT c.id, c.company_id, %(kind)s::varchar, "
            "date_trunc('second', t.%(moment)s::timestamp), t.%(person)s, %(model)s::varchar, t.id "
            "FROM %(table)s t %(join)s JOIN crisis_case c ON c.id = %(case)s "
            "WHERE %(of)s = ANY(%(ids)s) AND t.%(moment)s IS NOT NULL AND %(counts)s",
            kind=event.code,
            moment=SQL.identifier(event.moment),
            person=SQL.identifier(event.person),
            model=model,
            table=SQL.identifier(self.env[model]._table),
            join=join,
            case=case,
            of=SQL("c.id") if column == "case_id" else SQL("t.id"),
            ids=ids,
            counts=SQL("t.%s = ANY(%s)", SQL.identifier(event.state_field), list(event.states))
            if event.states
            else SQL("TRUE"),
        )

    # ------------------------------------------------------------------ read with the reader's rights

    @api.model
    def _search(
        self,
        domain,
        offset=0,
        limit=None,
        order=None,
        *,
        active_test=True,
        bypass_access=False,
    ):
        """Find the lines that the user may read, looking on until there are enough of them."""
        self._catch_up()
        if self.env.su or bypass_access:
            return super()._search(
                domain, offset, limit, order, active_test=active_test, bypass_access=bypass_access
            )
        domain = Domain(domain) & self._domain_told()
        enough = limit and (offset or 0) + limit
        columns = [
            SQL.identifier(self._table, name) for name in ("id", "case_id", "res_model", "res_id")
        ]
        ids, seen, size = [], 0, enough and max(CHUNK, enough)
        while True:
            query = super()._search(
                domain, seen, size, order or self._order, active_test=active_test
            )
            rows = self.env.execute_query(query.select(*columns))
            ids += self._readable(rows)
            if not enough or len(ids) >= enough or len(rows) < size:
                break
            seen, size = seen + size, 2 * size
        found = self.browse(ids[offset or 0 : enough or None])
        return found._as_query(ordered=bool(order))

    @api.model
    def _domain_told(self):
        """Return the domain of the events whose kind of record, and moment, the user may read."""
        told = Domain.FALSE
        for model, events in self._events().items():
            records = self.env[model]
            codes = [
                event.code
                for event in events
                if records._has_field_access(records._fields[event.moment], "read")
            ]
            if codes and records.has_access("read"):
                told |= Domain("res_model", "=", model) & Domain("kind", "in", codes)
        return told

    @api.model
    def _readable(self, rows):
        """Return the ids of those lines whose case and record the user may read.

        The number of queries depends on how many models are behind the lines only.

        :param rows: (id, case, model, id of the record) of lines of ``_domain_told``
        """
        behind = defaultdict(set)
        for _id, case_id, model, res_id in rows:
            behind["crisis.case"].add(case_id)
            behind[model].add(res_id)
        open_ids = {
            model: set(self.env[model]._search([("id", "in", list(ids))], active_test=False))
            for model, ids in behind.items()
        }
        return [
            id_
            for id_, case_id, model, res_id in rows
            if case_id in open_ids["crisis.case"] and res_id in open_ids[model]
        ]

    def _check_access(self, operation):
        """Let lines be read by id by those only whose search would find them."""
        if operation != "read" or not any(self._ids) or not self.browse().has_access("read"):
            return super()._check_access(operation)
        hidden = self - self.browse(self._search([("id", "in", self.ids)]))
        if not hidden:
            return None
        return hidden, lambda: self.env["ir.rule"]._make_access_error(operation, hidden)

    # ------------------------------------------------------------------ what is shown

    @api.depends("kind", "res_model", "res_id")
    @api.depends_context("lang")
    def _compute_line(self):
        """Say what happened in one harmless line: kind and reference."""
        kinds = dict(self._selection_kind())
        details = self._details()
        for row in self:
            row.line = " ".join(filter(None, (kinds.get(row.kind), details.get(row))))

    def _details(self):
        """Return dict of line to what it says besides its kind."""
        texts = {}
        for model, rows in self.grouped("res_model").items():
            if model in self.env:  # otherwise gone with its addon
                for record in self.env[model].browse(rows.mapped("res_id")):
                    texts[model, record.id] = record._timeline_detail()
        return {row: texts.get((row.res_model, row.res_id), "") for row in self}

    @api.model
    @api.readonly
    def page(self, case_id, before=None):
        """Return the next lines of a case that the user may read, latest first.

        :param int case_id: id of a ``crisis.case``; no lines if the user may not read it
        :param before: what the page before gave as ``next``
        :return: dict: ``lines`` (id, date, kind, label, icon, detail, user, about_case), and
            ``next``: what to ask for more with, False when there is no more
        """
        domain = Domain("case_id", "=", case_id)
        if before:
            date, id_ = before
            domain &= Domain("date", "<=", date)
            domain &= Domain("date", "<", date) | Domain("id", "<", id_)
        rows = self.search_fetch(domain, _COLUMNS, limit=PAGE + 1)
        shown = rows[:PAGE]
        last = shown[-1:]
        return {
            "lines": shown._shown(),
            "next": len(rows) > PAGE and [fields.Datetime.to_string(last.date), last.id],
        }

    def _shown(self):
        """Return these lines as the widget shows them."""
        events = {
            event.code: (event, self.env[model]._fields[event.moment].type)
            for model, events in self._events().items()
            for event in events
        }
        details = self._details()
        result = []
        for row in self.filtered(lambda row: row.kind in events):
            event, moment = events[row.kind]
            # a day without an hour has none here either
            as_text = fields.Date if moment == "date" else fields.Datetime
            result.append(
                {
                    "id": row.id,
                    "date": as_text.to_string(row.date),
                    "kind": row.kind,
                    "label": self.env._(event.label),
                    "icon": event.icon,
                    "detail": details[row],
                    "user": row.user_id and {"id": row.user_id.id, "name": row.user_id.name},
                    "about_case": row.res_model == "crisis.case",
                }
            )
        return result

    def action_open(self):
        """Open the record behind the line."""
        self.ensure_one()
        return self.env[self.res_model].browse(self.res_id)._action_form()
