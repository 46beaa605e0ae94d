from odoo import api, fields, models

from ..risk import severity
from ..roles import TRIAGE


class CrisisCase(models.Model):
    """Where a case comes from: the reports behind it, and the student's other cases."""

    _inherit = "crisis.case"

    concern_count = fields.Integer(
        string="Number of Reports", compute="_compute_concern_count", groups=TRIAGE
    )
    other_case_count = fields.Integer(
        string="Other Cases of the Student", compute="_compute_other_case_count"
    )

    @api.depends("concern_ids")
    def _compute_concern_count(self):
        """Count the reports that the user may read."""
        counts = dict(
            self.env["crisis.concern"]._read_group(
                [("case_ids", "in", self.ids)], ["case_ids"], ["__count"]
            )
        )
        for case in self:
            case.concern_count = counts.get(case._origin, 0)

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

    @api.model
    def _open_from_concerns(self, vals_list):
        """Open cases from decided reports, or attach the reports to the open cases.

        Expects a caller that has checked the right to decide on these reports.

        :param vals_list: list of dicts ``student_id``, ``concern_ids`` (ids), ``risk_level``,
            ``category_ids`` (ids); one per student
        :return: ``crisis.case`` records, in the order of ``vals_list``
        """
        # sudo: crisis.case - those who decide on reports open cases through this method only
        cases_sudo = self.sudo()
        student_ids = [vals["student_id"] for vals in vals_list]
        open_cases = {
            case.student_id.id: case
            for case in cases_sudo.search(
                [("student_id", "in", student_ids), ("date_closed", "=", False)]
            )
        }
        now = fields.Datetime.now()
        new = [vals for vals in vals_list if vals["student_id"] not in open_cases]
        created = cases_sudo.create([self._prepare_from_concerns(vals, now) for vals in new])
        open_cases.update((case.student_id.id, case) for case in created)
        reason = self.env._("Raised by a further report")
        for vals in vals_list:
            case = open_cases[vals["student_id"]]
            if case in created:
                continue
            case.write(
                {
                    "concern_ids": [(4, concern_id) for concern_id in vals["concern_ids"]],
                    "category_ids": [(4, category_id) for category_id in vals["category_ids"]],
                }
            )
            if severity(vals["risk_level"]) > case.severity:
                case.write({"risk_level": vals["risk_level"], "change_reason": reason})
        return self.browse(open_cases[student_id].id for student_id in student_ids)

    @api.model
    def _prepare_from_concerns(self, vals, now):
        """Return the values of a new, verified case for one entry of ``_open_from_concerns``."""
        # sudo: crisis.concern - reads the times of reports the caller has just decided on
        concerns = self.env["crisis.concern"].sudo().browse(vals["concern_ids"])
        danger = concerns.filtered(lambda concern: concern.immediate_danger == "yes")
        return {
            "student_id": vals["student_id"],
            "concern_ids": [(6, 0, vals["concern_ids"])],
            "category_ids": [(6, 0, vals["category_ids"])],
            "risk_level": vals["risk_level"],
            "verified_at": now,
            "verified_by_id": self.env.uid,
            "clock_start": min(danger.mapped("create_date"), default=now),
        }
