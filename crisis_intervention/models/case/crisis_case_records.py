from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...roles import TRIAGE


class CrisisCaseRecords(models.AbstractModel):
    """The records behind a case: how many of each kind, and the ways to see or begin them."""

    _name = "crisis.case.records"
    _description = "Records of a Case"

    consent_missing = fields.Boolean(compute="_compute_consent_missing", groups=TRIAGE)
    concern_count = fields.Integer(
        string="Number of Reports", compute="_compute_counts", groups=TRIAGE
    )
    assessment_count = fields.Integer(compute="_compute_counts", groups=TRIAGE)
    other_case_count = fields.Integer(
        string="Other Cases of the Student", compute="_compute_other_case_count"
    )
    plan_count = fields.Integer(string="Plans", compute="_compute_counts")
    measure_count = fields.Integer(string="Measures", compute="_compute_counts")
    session_count = fields.Integer(string="Sessions", compute="_compute_counts")
    guardian_contact_count = fields.Integer(string="Guardian Contacts", compute="_compute_counts")
    medical_record_count = fields.Integer(string="Medical", compute="_compute_counts")
    referral_count = fields.Integer(string="Referrals", compute="_compute_counts")
    mandatory_report_count = fields.Integer(string="Mandatory Reports", compute="_compute_counts")
    review_count = fields.Integer(string="Reviews", compute="_compute_counts")
    school_return_count = fields.Integer(string="Returns to School", compute="_compute_counts")
    guardian_waiver_count = fields.Integer(string="Not Told", compute="_compute_counts")

    @api.depends("concern_ids", "assessment_ids")
    @api.depends_context("uid")
    def _compute_counts(self):
        """Count the records that the user may read, of all kinds in one statement."""
        counters = self._collected("_case_counter")
        counts = {counter.field: {} for _model, counter in counters}
        parts = [
            self._count_query(self.env[model].sudo(False), counter)
            for model, counter in counters
            if self._has_field_access(self._fields[counter.field], "read")
            and self.env[model].sudo(False).has_access("read")
        ]
        if parts and self.ids:
            for field, case_id, number in self.env.execute_query(SQL(" UNION ALL ").join(parts)):
                counts[field][case_id] = number
        for case in self:
            for field, numbers in counts.items():
                case[field] = numbers.get(case._origin.id, 0)

    def _count_query(self, records, counter):
        """Return the query of one counter: its field, a case, and how many the user may read.

        :param records: the model that is counted, with the rights of the user
        """
        query = records._search(records._in_cases(self) & Domain(list(counter.domain)))
        case = records._read_group_groupby(records._table, records._case_link(), query)
        query.groupby = case
        return SQL("(%s)", query.select(SQL("%s::varchar", counter.field), case, SQL("count(*)")))

    @api.depends("risk_level", "guardians_not_told", "date_closed")
    def _compute_consent_missing(self):
        """Tell where the standard asks for consent and none is given."""
        # sudo: crisis.guardian - whether anybody consented; shown to those who work the case
        given = dict(
            self.env["crisis.guardian"]
            .sudo()
            ._read_group(
                [("student_id", "in", self.student_id.ids), ("consent_state", "=", "given")],
                ["student_id"],
                ["__count"],
            )
        )
        for case in self:
            policy = case._policy()
            case.consent_missing = bool(
                policy
                and policy.hours_consent
                and not case.date_closed
                and not case.guardians_not_told
                and case.student_id not in given
            )

    @api.depends("student_id")
    def _compute_other_case_count(self):
        """Count the student's other cases that the user may read."""
        counts = dict(
            self.env["crisis.case"]
            .with_context(active_test=False)
            ._read_group([("student_id", "in", self.student_id.ids)], ["student_id"], ["__count"])
        )
        for case in self:
            total = counts.get(case.student_id, 0)
            case.other_case_count = total - 1 if case._origin else total

    def _action_step(self, kind, record=None):
        """Return the window action with which the step ``kind`` is done.

        :param record: the record the step is about; by default the one that is being written, or
            a new one
        """
        self.ensure_one()
        if record:
            return record._action_form()
        model, step = self._by_code("_case_steps")[kind]
        if step.continues:
            begun = self.env[model].search(
                [("case_id", "=", self.id), ("state", "=", step.continues)], limit=1
            )
            if begun:
                return begun._action_form()
        return self.env[model]._action_begin(self, step)

    def action_review(self):
        """Begin a review; of a closed case, one that reopens it."""
        action = self._action_step("review")
        if self.date_closed:
            action["context"]["default_decision"] = "reopen"
        return action

    def action_view_records(self):
        """Show the records behind a button of the form, or begin the first; the context says which.

        :raises UserError: the context names none of them
        """
        self.ensure_one()
        field = self.env.context.get("crisis_count")
        counters = {counter.field: model for model, counter in self._collected("_case_counter")}
        if field not in counters:
            raise UserError(self.env._("This requirement does not exist."))
        records = self.env[counters[field]]
        behind = list(records._in_cases(self))
        begin = (
            not self.date_closed
            and records.has_access("create")
            and not records.search_count(behind, limit=1)
        )
        return records._action_list(
            behind,
            name=self._fields[field]._description_string(self.env),
            views=[(False, "form")] if begin else [(False, "list"), (False, "form")],
            context={"default_case_id": self.id},
        )

    def action_view_concerns(self):
        """Show the reports behind this case."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crisis_intervention.crisis_concern_action"
            ),
            "domain": [("case_ids", "in", self.ids)],
            "context": {"create": False},
        }

    def action_view_student_cases(self):
        """Show all cases of this student, closed and archived ones too."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crisis_intervention.crisis_case_action"
            ),
            "views": [(False, "list"), (False, "form")],
            "domain": [("student_id", "=", self.student_id.id)],
            "context": {"create": False, "active_test": False},
        }

    def action_view_text_versions(self):
        """Show what stood in the confidential texts of this case before it was replaced.

        :raises AccessError: the user may not read these texts
        """
        self.ensure_one()
        for name in self._kept_texts:
            self._check_field_access(self._fields[name], "read")
        return self.env["crisis.text.version"]._action_list(
            [("case_id", "=", self.id)],
            name=self.env._("Earlier Versions"),
            views=[(False, "list")],
            target="new",
        )
