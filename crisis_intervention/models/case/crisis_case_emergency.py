from odoo import Command, api, models
from odoo.exceptions import AccessError


class CrisisCase(models.Model):
    """Cases that an emergency opens or raises."""

    _inherit = "crisis.case"

    @api.model
    def _open_for_emergency(self, concern, start):
        """Open red cases for the students of ``concern``, or raise their open ones to red.

        Not verified by that: those who decide on reports do so afterwards, with the report.

        :param concern: the report of the emergency, just filed by the user
        :param start: when the emergency began (UTC); the clocks run from there
        :return: ``crisis.case`` records
        :raises AccessError: the report is somebody else's
        """
        if concern.reporter_id != self.env.user:
            raise AccessError(self.env._("A case is opened here with one's own report only."))
        # sudo: crisis.case - whoever starts an emergency opens cases by it and in no other way;
        # nothing of them is returned to the client
        cases_sudo = self.sudo()
        open_cases = cases_sudo.search(
            [("student_id", "in", concern.student_ids.ids), ("date_closed", "=", False)]
        )
        for case in open_cases:
            case.write({"concern_ids": [Command.link(concern.id)]})
            if case.risk_level != "red":
                case.write(
                    {"risk_level": "red", "change_reason": self.env._("Raised by an emergency")}
                )
        created = cases_sudo.create(
            [
                {
                    "student_id": student.id,
                    "concern_ids": [Command.set(concern.ids)],
                    "category_ids": [Command.set(concern.category_ids.ids)],
                    "risk_level": "red",
                    "clock_start": start,
                }
                for student in concern.student_ids - open_cases.student_id.sudo(False)
            ]
        )
        return open_cases | created
