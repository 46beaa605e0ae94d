from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ...identity import confirm_identity, require_confirmed
from ...sealed_fields import reading_permitted
from ..mixins.crisis_confidential import reading_by
from ..mixins.record_text import lines

SIGNED = Domain("state", "=", "signed")
# What the reading room shows of a whole case, in its order: model to what is finished of it. Never
# more than a psychology teacher may read, no drafts, no restricted reports.
CASE_PARTS = {
    "crisis.plan": Domain("state", "in", ["active", "replaced"]),
    "crisis.measure": Domain("state", "!=", "draft"),
    "crisis.assessment": Domain("state", "in", ["done", "refused"]),
    "crisis.session": Domain("state", "in", ["signed", "missed"]),
    "crisis.guardian.contact": SIGNED,
    "crisis.guardian.waiver": Domain("state", "in", ["active", "ended"]),
    "crisis.medical.record": SIGNED,
    "crisis.referral": Domain("state", "in", ["sent", "replied", "ended"]),
    "crisis.mandatory.report": Domain.TRUE,
    "crisis.school.return": Domain("state", "=", "agreed"),
    "crisis.review": SIGNED,
}
CASE_FIELDS = (
    *("class_id", "stage_id", "risk_level", "user_id", "category_ids", "date_opened"),
    *("date_closed", "shared_advice", "background", "risk_formulation", "outcome"),
    *("closing_summary", "closing_causes", "closing_prevention"),
)
CONCERN_FIELDS = ("informant", "observed_at", "location", "description", "immediate_danger")
# The texts that need a scope of their own.
NOTES = ("notes", "risk_change", "disclosure", "addendum_ids")
ANSWERS = ("answers", "missing_reason", "addendum_ids")
NOT_SHOWN = frozenset(
    ("case_id", "addendum_ids", "summary_draft", "active", "answers", "transcription", "next_start")
)


class CrisisAccessReading(models.AbstractModel):
    """The reading room: the one place where a permission to look shows anything.

    Part of ``crisis.access.grant``.
    """

    _name = "crisis.access.reading"
    _description = "Reading With a Permission"

    read_count = fields.Integer(string="Times Read", readonly=True, copy=False)
    date_read = fields.Datetime(string="Last Read", readonly=True, copy=False)

    @confirm_identity
    def action_read(self):
        """Open the reading room, after asking who is there."""
        self.ensure_one()
        self._check_readable()
        return {
            "type": "ir.actions.client",
            "tag": "crisis_reading_room",
            "name": self.name,
            "params": {"grant_id": self.id},
        }

    def reading(self):
        """Return what the permission opens, to the one who has it, as long as it holds.

        :return: dict for the client: name, student, until, and sections of records
        :raises AccessError: it does not hold (any more), or nobody confirmed who is there
        """
        self.ensure_one()
        require_confirmed(self.env)
        return self._reading()

    def _check_readable(self):
        """Check at this second that the user may read through this permission.

        :raises AccessError: says why not
        """
        self.ensure_one()
        self.check_access("read")
        if self.user_id != self.env.user:
            raise AccessError(self.env._("Only the person it was given to reads with it."))
        if self.state in ("draft", "waiting", "refused"):
            raise AccessError(self.env._("This permission was not given."))
        if not self._is_open():
            raise AccessError(self.env._("This permission has ended. Ask again if you need to."))
        if not self.env.user._holds("crisis_intervention.group_staff", self.company_id):
            raise AccessError(self.env._("This permission is for staff of the school."))

    def _reading(self):
        """Return the texts, after the check; see ``reading``."""
        self._check_readable()
        with reading_by("permission"), reading_permitted():
            return self._texts()

    def _texts(self):
        """Return what this permission opens; its callers have checked the reader."""
        # sudo: whether there is a case; its callers have checked the reader
        if not self.sudo().case_id:
            raise AccessError(self.env._("There is nothing to read."))
        # sudo: crisis.case and below - what the permission opens, checked for person, case, scope
        # and clock; read only, and returned field by field
        case = self.sudo().case_id
        parts = []
        if self.scope in ("case", "all"):
            parts += self._case_parts(case)
        if self.scope == "answers":
            parts.append(self._part(case, "crisis.assessment"))
        if self.scope == "notes":
            parts.append(self._part(case, "crisis.session"))
        sections = []
        for records, names in parts:
            self._note_reading(records, names)
            if records:
                sections.append(
                    {
                        "title": self.env["ir.model"]._get(records._name).name,
                        "records": [self._entry(record, names) for record in records],
                    }
                )
        return {
            "name": self.name,
            "student": case.student_id.name,
            "case": case.name,
            "until": fields.Datetime.to_string(self.date_to),
            "sections": sections,
        }

    def _case_parts(self, case):
        """Return (records, field names) of the case and everything finished below it."""
        concerns = case.concern_ids.filtered(lambda concern: not concern.restricted)
        return [
            (case, CASE_FIELDS),
            (concerns, (*CONCERN_FIELDS, "addendum_ids")),
            *(self._part(case, model) for model in CASE_PARTS),
        ]

    def _part(self, case, model):
        """Return the finished records of ``model`` below ``case``, and which fields are told."""
        records = case.env[model].search(
            Domain("case_id", "=", case.id) & CASE_PARTS[model], order="id"
        )
        names = (*records._entered_fields, "state", "summary", "user_id", "band_id", "risk_level")
        names = {name for name in names if name in records._fields} - NOT_SHOWN
        if model == "crisis.session":
            names = names - set(NOTES) | (set(NOTES) if self.scope in ("notes", "all") else set())
        if model == "crisis.assessment":
            names = names - set(ANSWERS)
            names |= set(ANSWERS) if self.scope in ("answers", "case", "all") else set()
        return records, tuple(sorted(names))

    def _entry(self, record, names):
        """Return one record as the client shows it: title, lines, answers, additions."""
        entry = {
            "id": f"{record._name}-{record.id}",
            "title": record.display_name,
            "lines": [{"label": label, "text": text} for label, text in lines(record, names)],
            "answers": [],
            "additions": [],
        }
        if "answers" in names:
            entry["answers"] = [
                {"number": row["number"], "text": row["text"], "answer": row["answer"]}
                for row in record._answer_rows()
            ]
        if "addendum_ids" in names:
            entry["additions"] = record.addendum_ids.mapped("text")
        return entry

    def _note_reading(self, records, names):
        """Take down that ``names`` of ``records`` are read now; every reading passes here.

        :param records: records of one model, may be empty
        :param names: names of the fields whose values are shown
        """
        if records:
            # sudo: crisis.access.grant - the count is kept by the system
            self.sudo()._set(
                {"read_count": self.read_count + len(records), "date_read": fields.Datetime.now()}
            )
