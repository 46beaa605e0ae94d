from odoo import api, fields, models
from odoo.tools import SQL

# What happens in a case: code, label, model, moment, who, condition.
EVENTS = [
    ("concern", "Report", "crisis.concern", "create_date", "reporter_id", "TRUE"),
    ("opened", "Case opened", "crisis.case", "date_opened", "create_uid", "TRUE"),
    ("verified", "Crisis verified", "crisis.case", "verified_at", "verified_by_id", "TRUE"),
    ("change", "Level or stage changed", "crisis.case.change", "date", "user_id", "TRUE"),
    ("assessment", "Assessment", "crisis.assessment", "date_done", "done_by_id", "TRUE"),
    ("plan", "Plan in force", "crisis.plan", "date_active", "create_uid", "TRUE"),
    ("approval", "Approval", "crisis.approval", "date", "user_id", "TRUE"),
    ("measure", "Measure ended", "crisis.measure", "date_done", "user_id", "TRUE"),
    (
        "session", "Session", "crisis.session", "date_start", "user_id",
        "state IN ('signed', 'missed')",
    ),
    ("contact", "Guardian contact", "crisis.guardian.contact", "date", "user_id",
     "state = 'signed'"),
    ("medical", "Medical record", "crisis.medical.record", "date", "user_id", "state = 'signed'"),
    ("referral", "Referral sent", "crisis.referral", "date_sent", "user_id", "TRUE"),
    ("reply", "Reply to a referral", "crisis.referral", "date_replied", "replied_by_id", "TRUE"),
    ("noted", "Situation to report noted", "crisis.mandatory.report", "noticed_at", "user_id",
     "TRUE"),
    ("reported", "Reported by law", "crisis.mandatory.report", "reported_at", "write_uid",
     "state = 'reported'"),
    ("return", "Return to school", "crisis.school.return", "date_return", "create_uid",
     "state = 'agreed'"),
    ("emergency", "Emergency", "crisis.emergency", "date_start", "user_id", "TRUE"),
    ("review", "Review", "crisis.review", "date", "user_id", "state = 'signed'"),
    ("escalation", "Missed step passed on", "crisis.escalation", "date", "create_uid", "TRUE"),
    ("closed", "Case closed", "crisis.case", "date_closed", "closed_by_id", "TRUE"),
    # and reopened since
    ("closed_before", "Case closed before", "crisis.case.change", "date_closed", "closed_by_id",
     "TRUE"),
    ("printed", "Case file printed", "crisis.print.log", "date", "user_id", "TRUE"),
    ("grant", "Permission to look", "crisis.access.grant", "date_from", "user_id", "TRUE"),
]  # fmt: skip
# What may be about several cases: model to the table and column that link it to them.
SHARED = {
    "crisis.concern": ("crisis_case_concern_rel", "concern_id"),
    "crisis.emergency": ("crisis_emergency_case_rel", "emergency_id"),
}
# Ids of rows: record, which of its cases, kind of event. Room for this many kinds, and for this many
# rows of one record (1,023 cases of each kind); more would give two rows the same id.
ROOM = 65536
KINDS = 64


class CrisisChronology(models.Model):
    """Everything that happened in a case, in order; each reader sees what he or she may read.

    The query holds the access rules of each model behind it, for the user of the environment.
    """

    _name = "crisis.chronology"
    _description = "Chronology of a Case"
    _inherit = ["crisis.record"]
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "kind"
    # what Odoo writes to the database before it runs the query
    _depends = {
        model: sorted(
            {field for _c, _l, other, *fields_, _w in EVENTS if other == model for field in fields_}
            | ({"state"} if any("state" in e[-1] for e in EVENTS if e[2] == model) else set())
        )
        for _code, _label, model, *_rest in EVENTS
    }

    case_id = fields.Many2one("crisis.case", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    kind = fields.Selection([(code, label) for code, label, *_rest in EVENTS], readonly=True)
    date = fields.Datetime(readonly=True)
    user_id = fields.Many2one("res.users", string="By", readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    line = fields.Char(string="What", compute="_compute_line")

    @property
    def _table_query(self):
        """Build the union of what the user may read."""
        parts = [
            self._event_query(position, *event[:1], *event[2:])
            for position, event in enumerate(EVENTS)
            if self._may_tell(event[2], event[3])
        ]
        if not parts:
            return SQL(
                "SELECT 0 AS id, 0 AS case_id, 0 AS company_id, '' AS kind, now() AS date, "
                "0 AS user_id, '' AS res_model, 0 AS res_id WHERE FALSE"
            )
        return SQL(" UNION ALL ").join(parts)

    def _may_tell(self, model, moment):
        """Tell whether the user may read the model, and the field with the moment."""
        records = self.env[model]
        return records.has_access("read") and records._has_field_access(
            records._fields[moment], "read"
        )

    def _event_query(self, position, kind, model, moment, person, condition):
        """Return the query of one kind of event."""
        records = self.env[model].with_context(active_test=False)
        case = SQL("t.id") if model == "crisis.case" else SQL("t.case_id")
        source = SQL.identifier(records._table)
        place = SQL("%s", position)
        if model in SHARED:
            link, column = map(SQL.identifier, SHARED[model])
            source = SQL(
                "(SELECT s.*, r.case_id FROM %s s JOIN %s r ON r.%s = s.id)", source, link, column
            )
            place = SQL(
                "%s + %s * (SELECT count(*) FROM %s o WHERE o.%s = t.id AND o.case_id < t.case_id)",
                position,
                KINDS,
                link,
                column,
            )
        readable = SQL("TRUE")
        if not self.env.su:
            readable = SQL(
                "t.id IN %s AND %s IN %s",
                records._search([]).subselect(),
                case,
                self.env["crisis.case"].with_context(active_test=False)._search([]).subselect(),
            )
        return SQL(
            "SELECT (t.id::bigint * %(room)s + %(place)s) AS id, %(case)s AS case_id, "
            "t.company_id, %(kind)s AS kind, t.%(moment)s::timestamp AS date, "
            "t.%(person)s AS user_id, %(model)s AS res_model, t.id AS res_id "
            "FROM %(source)s t WHERE t.%(moment)s IS NOT NULL AND %(condition)s AND %(readable)s",
            room=ROOM,
            place=place,
            case=case,
            kind=kind,
            moment=SQL.identifier(moment),
            person=SQL.identifier(person),
            model=model,
            source=source,
            condition=SQL(condition),
            readable=readable,
        )

    @api.depends("kind", "res_id")
    @api.depends_context("lang")
    def _compute_line(self):
        """Say what happened in one harmless line: kind and reference."""
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        texts = {}
        for model, rows in self.grouped("res_model").items():
            if model:
                records = self.env[model].browse(rows.mapped("res_id"))
                texts.update({(model, record.id): self._detail(record) for record in records})
        for row in self:
            text = texts.get((row.res_model, row.res_id))
            row.line = " ".join(filter(None, (kinds.get(row.kind), text)))

    @api.model
    def _detail(self, record):
        """Return what a line says besides its kind: a reference, or a change in a word."""
        if record._name == "crisis.case.change" and record.old_level != record.new_level:
            levels = dict(record._fields["new_level"]._description_selection(self.env))
            return f"{levels.get(record.old_level, '')} → {levels.get(record.new_level, '')}"
        if record._name == "crisis.case.change":
            return f"{record.old_stage_id.name} → {record.new_stage_id.name}"
        if record._name == "crisis.approval":
            return dict(record._fields["decision"]._description_selection(self.env))[
                record.decision
            ]
        if record._name == "crisis.escalation":
            labels = [
                dict(record._fields[name]._description_selection(self.env))[record[name]]
                for name in ("kind", "step")
            ]
            return " → ".join(labels)
        return record["name"] if "name" in record._fields else ""

    def action_open(self):
        """Open the record behind the line."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }
