from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...roles import PRINCIPAL
from .crisis_emergency_district import REPORT_ACTIVITY

DISTRICT = "crisis_intervention.group_district"


class CrisisEmergencyReport(models.Model):
    """The written report of an emergency to the education authority: an official letter."""

    _name = "crisis.emergency.report"
    _description = "Report of an Emergency"
    _number_prefix = "ER"
    _inherit = ["crisis.kept.record"]
    _order = "id desc"
    _takes_no_files = True
    _locked_states = frozenset(("sent",))
    _later_fields = frozenset(("receiver",))

    emergency_id = fields.Many2one(
        "crisis.emergency", required=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        related="emergency_id.company_id", store=True, index=True, precompute=True
    )
    district_company_id = fields.Many2one(
        "res.company", string="Centre", readonly=True, copy=False, index="btree_not_null"
    )
    stage = fields.Selection(
        [("first", "First report"), ("further", "Further report"), ("final", "Final report")],
        required=True,
        default="first",
    )
    addressee = fields.Char(string="To", help="Name of the education authority.")
    facts = fields.Text(
        string="What Happened",
        help="Time, place, course of events. No child's name: how many, which grade.",
    )
    harm = fields.Text(help="How many people, how badly, where they are now.")
    done = fields.Text(string="What Was Done")
    public_attention = fields.Text(help="Media, networks, families: what is being said.")
    next_steps = fields.Text()
    contact = fields.Char(help="Who answers questions, with phone number.")
    state = fields.Selection(
        [("draft", "Being written"), ("sent", "Sent")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    date_sent = fields.Datetime(string="Sent On", readonly=True, copy=False)
    user_id = fields.Many2one(
        "res.users", string="Sent By", readonly=True, copy=False, ondelete="restrict"
    )
    receiver = fields.Char(string="Receipt", help="Who took it, number of the receipt.")

    _reference_uniq = models.Constraint(
        "UNIQUE (company_id, name)", "This reference is taken. Please save again."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Begin reports, never of a drill; a second one continues the first.

        :raises UserError: the emergency is a drill
        """
        self.browse().check_access("create")
        self._check_input(vals_list)
        for vals in vals_list:
            emergency = self.env["crisis.emergency"].browse(
                vals.get("emergency_id") or self.env.context.get("default_emergency_id")
            )
            emergency._refuse_drill()
            emergency.check_access("read")
            if emergency.report_ids.filtered(lambda r: r.state == "sent"):
                vals.setdefault("stage", "further")
            # sudo: res.company - the name of the centre
            vals.setdefault("addressee", emergency.company_id.sudo().crisis_district_id.name)
            vals.setdefault("facts", emergency._report_facts())
        return super().create(vals_list)

    @api.model
    def _no_files_message(self):
        """Return what to say to somebody who attaches a file."""
        return self.env._(
            "Files cannot be attached here: write what the district has to know into the report."
        )

    def _lock_message(self):
        """Return what to say to somebody who would change a sent report."""
        return self.env._("What was sent is never changed. Write a further report.")

    def action_send(self):
        """Sign and send it; with a centre in this system, the centre sees it from now on.

        :raises AccessError: the user is not the principal
        :raises UserError: something is missing, or it was sent
        """
        self.check_access("write")
        if not self.env.user.has_group(PRINCIPAL):
            raise AccessError(self.env._("The principal signs and sends the report."))
        for report in self:
            if report.state != "draft":
                raise UserError(self.env._("This report was sent already."))
            if not (report.addressee and (report.facts or "").strip()):
                raise UserError(self.env._("Fill in to whom it goes and what happened."))
            report._send()

    def _send(self):
        """Carry out the sending."""
        emergency = self.emergency_id
        emergency._refuse_drill()
        # sudo: res.company - the school's centre
        district = self.company_id.sudo().crisis_district_id
        self._set(
            {
                "state": "sent",
                "date_sent": fields.Datetime.now(),
                "user_id": self.env.uid,
                "district_company_id": district.id,
            }
        )
        # sudo: crisis.emergency - the report was just sent by the principal
        own = emergency.sudo()
        own._set({"report_state": "sent", "district_company_id": district.id})
        emergency._log("report")
        emergency._end_activities(REPORT_ACTIVITY)
        if district:
            # sudo: res.users - who is told at the centre, by a mail without content
            users = district._crisis_holders(DISTRICT)
            self._send_pointers(users.partner_id, f"/odoo/crisis-emergency-reports/{self.id}")
