from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..roles import PSYCHOLOGY, TRIAGE
from ..sealed_fields import SealedText
from ..sealed_reading import typed


class CrisisEmergencyWitness(models.TransientModel):
    """Support after an emergency: reports about witnesses, class by class, and for colleagues."""

    _name = "crisis.emergency.witness"
    _description = "Support for Witnesses and Staff"
    _inherit = ["crisis.confidential"]

    emergency_id = fields.Many2one("crisis.emergency", required=True, ondelete="cascade")
    class_ids = fields.Many2many("crisis.class", string="Classes as Witnesses")
    student_ids = fields.Many2many(
        "crisis.student",
        string="Witnesses",
        compute="_compute_student_ids",
        store=True,
        readonly=False,
        help="Take out who was not there, add who was.",
    )
    description = SealedText(
        string="What They Saw", help="Stands in each report. No name of the child it is about."
    )
    staff_ids = fields.Many2many(
        "res.users",
        string="Colleagues",
        domain="[('share', '=', False)]",
        help="Each gets a measure: somebody offers support.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Support by",
        domain="[('share', '=', False)]",
        default=lambda self: self.env.user if self.env.user.has_group(PSYCHOLOGY) else False,
    )
    date_due = fields.Date(
        string="Until",
        required=True,
        default=lambda self: fields.Date.context_today(self) + timedelta(days=3),
    )

    @api.depends("class_ids")
    def _compute_student_ids(self):
        """Propose everybody in the classes but those whom the emergency is about."""
        for wizard in self:
            # sudo: crisis.emergency - who is left out; nothing leaves the dialog
            about = wizard.emergency_id.sudo().student_ids
            # sudo(False): superuser would propose what the user may not read
            students = (
                self.env["crisis.student"]
                .sudo(False)
                .search([("class_id", "in", wizard.class_ids.ids)])
            )
            wizard.student_ids = students.filtered(lambda s, a=about: s.id not in a.ids)

    def action_confirm(self):
        """File one report per class, and plan one measure per colleague.

        One report per class: triage shows a line per student there, and decides on all at once.

        :return: action that shows the reports, or closes the dialog
        :raises AccessError: the user does not decide on reports
        :raises UserError: it is a drill, or nobody was chosen
        """
        self.ensure_one()
        emergency = self.emergency_id
        emergency.check_access("write")
        if not self.env.user.has_groups(TRIAGE):
            raise AccessError(self.env._("You do not decide on reports."))
        emergency._refuse_drill()
        emergency._check_not_closed()
        if not (self.student_ids or self.staff_ids):
            raise UserError(self.env._("Choose witnesses or colleagues."))
        if self.staff_ids and not self.user_id:
            raise UserError(self.env._("Choose who supports the colleagues."))
        concerns = self._file_reports(emergency)
        self._plan_support(emergency)
        if not concerns:
            return {"type": "ir.actions.act_window_close"}
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crisis_intervention.crisis_concern_action"
            ),
            "domain": [("id", "in", concerns.ids)],
        }

    def _file_reports(self, emergency):
        """File the reports about the witnesses; link them to the emergency."""
        described = (typed(self, "description") or "").strip()
        text = described or self.env._(
            "Witness of emergency %(reference)s. Please look after the child.",
            reference=emergency.name,
        )
        concerns = self.env["crisis.concern"]._make(
            [
                {
                    "company_id": emergency.company_id.id,
                    "student_ids": [Command.set(students.ids)],
                    "observed_at": emergency.date_start,
                    "location": emergency.place,
                    "description": text,
                    "immediate_danger": "no",
                    "told_in_person": "yes",
                    "informant": "other",
                }
                for students in self.student_ids.grouped("class_id").values()
            ]
        )
        # sudo: crisis.emergency - links to reports the user has just filed
        emergency.sudo()._set({"concern_ids": [Command.link(concern.id) for concern in concerns]})
        return concerns

    def _plan_support(self, emergency):
        """Plan one measure per colleague."""
        self.env["crisis.emergency.measure"]._make(
            [
                {
                    "emergency_id": emergency.id,
                    "kind": "support",
                    "name": self.env._("Offer support after the emergency"),
                    "about_id": colleague.id,
                    "user_id": self.user_id.id,
                    "date_due": self.date_due,
                }
                for colleague in self.staff_ids
            ]
        )
