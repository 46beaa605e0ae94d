from odoo import fields, models
from odoo.exceptions import AccessError

from ...identity import confirm_identity, require_confirmed
from ...register import reading_by
from ...sealed_reading import opening
from ..mixins.record_text import lines

# Scopes that open the whole case, and the scopes of single kinds of text that they have in them.
WHOLE = {"case": {"answers"}, "all": {"answers", "notes"}}


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
        if not self.is_emergency and not self._is_given():
            raise AccessError(self.env._("No person has given this permission. Ask again."))
        if not self.env.user._holds("crisis_intervention.group_staff", self.company_id):
            raise AccessError(self.env._("This permission is for staff of the school."))

    def _reading(self):
        """Return the texts, after the check; see ``reading``."""
        self._check_readable()
        with reading_by("permission"), opening("permission"):
            return self._texts()

    def _texts(self):
        """Return what this permission opens; its callers have checked the reader."""
        # sudo: crisis.case and below - what the permission opens, checked for person, case, scope
        # and clock; read only, and returned field by field
        case = self.sudo().case_id
        if self.env.user in case._concerned():
            case = case.browse()  # as if there were none
        if self.is_emergency and not (case and self._use_release()):
            return self._told("", self.date_to, self._help_sections())
        if not case:
            raise AccessError(self.env._("There is nothing to read."))
        sections = []
        for records, names in self._parts(case):
            self._note_reading(records, names)
            if records:
                sections.append(
                    {
                        "title": self.env["ir.model"]._get(records._name).name,
                        "records": [self._entry(record, names) for record in records],
                    }
                )
        until = min(self.date_to, self.date_release_to or self.date_to)
        return self._told(case.name, until, sections)

    def _told(self, case, until, sections):
        """Return what the client shows.

        :param str case: reference of the case, "" where it is not told
        """
        return {
            "name": self.name,
            # sudo: crisis.student - the name of whom the permission is about
            "student": self.sudo().student_id.name,
            "case": case,
            "until": fields.Datetime.to_string(until),
            "sections": sections,
        }

    def _parts(self, case):
        """Return (records, field names) of what this permission opens, kind by kind.

        Never more than a psychology teacher may read, no drafts, no restricted reports.
        """
        opened = WHOLE.get(self.scope, {self.scope})
        parts = []
        excerpts = self.env["crisis.record"]._collected("_permission_excerpt")
        for model, excerpt in sorted(excerpts, key=lambda told: told[1].sequence):
            scoped = excerpt.scope in opened
            if self.scope in WHOLE or scoped:
                names = excerpt.fields + (excerpt.scoped if scoped else ())
                parts.append((self._part(case, model, excerpt), names))
        return parts

    def _part(self, case, model, excerpt):
        """Return the records of ``model`` in ``case`` that may be read."""
        if model == case._name:
            return case
        kind = case.env[model]
        domain = kind._in_cases(case) & kind._excerpt_domain(excerpt)
        return kind.search(domain, order=excerpt.order or "id")

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
