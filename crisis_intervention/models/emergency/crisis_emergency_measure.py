from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ...roles import STAFF, TRIAGE

# What the owner fills in.
PROGRESS = frozenset(("result",))


class CrisisEmergencyMeasure(models.Model):
    """What is done so that it does not happen again, or to support somebody, until a day."""

    _name = "crisis.emergency.measure"
    _description = "Measure after an Emergency"
    _inherit = ["crisis.quiet.thread"]
    _order = "date_due, id"

    emergency_id = fields.Many2one(
        "crisis.emergency", required=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        related="emergency_id.company_id", store=True, index=True, precompute=True
    )
    kind = fields.Selection(
        [("prevention", "Prevention"), ("support", "Support"), ("protocol", "Protocol and drill")],
        default="prevention",
        required=True,
    )
    name = fields.Char(string="Measure", required=True)
    about_id = fields.Many2one(
        "res.users", string="For Colleague", ondelete="restrict", help="Who is to be supported."
    )
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    date_due = fields.Date(string="Due", required=True)
    result = fields.Text(string="Progress")
    state = fields.Selection(
        [("todo", "To do"), ("done", "Done"), ("cancelled", "Cancelled")],
        default="todo",
        required=True,
        readonly=True,
        copy=False,
    )
    date_done = fields.Date(string="Done On", readonly=True, copy=False)

    @api.depends("emergency_id")
    def _compute_display_name(self):
        """Name the emergency only."""
        for measure in self:
            # sudo: crisis.emergency - its reference only
            measure.display_name = measure.emergency_id.sudo().name or ""

    @api.model
    def _signed_domain(self):
        """Count those that have ended as signed."""
        return Domain("state", "in", ("cancelled", "done"))

    def _attachments_locked(self):
        """Return the measures whose files must stay: those that have ended."""
        # sudo: the state only
        return self.sudo().filtered(lambda measure: measure.state != "todo")

    @api.constrains("user_id")
    def _check_owner(self):
        """Demand a colleague of the school who can open it."""
        # sudo: res.users - role and schools of the owner; nothing leaves the method
        for measure in self.sudo():
            owner = measure.user_id
            if not (owner._holds(STAFF, measure.company_id)):
                raise ValidationError(
                    self.env._(
                        "%s cannot own a measure: choose a colleague of this school who has a "
                        "role in the crisis intervention system.",
                        owner.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Plan measures; their owners get an activity."""
        measures = super().create(vals_list)
        measures.emergency_id._check_not_closed()
        measures._plan_owner_activities()
        return measures

    def write(self, vals):
        """Change measures: owners tell of progress, others plan.

        :raises AccessError: an owner would change what was planned
        """
        self.check_access("write")
        if not self.env.su:
            planners = self.env.user.has_groups(TRIAGE)
            own = {name for name in vals if name in self._fields} - set(
                self.env["crisis.quiet.thread"]._fields
            )
            if not planners and not own <= PROGRESS:
                raise AccessError(
                    self.env._(
                        "You tell of your progress; the measure itself is changed by those who "
                        "planned it."
                    )
                )
            if own and any(measure.state != "todo" for measure in self):
                raise UserError(self.env._("This measure is over and is not changed any more."))
        moved = "user_id" in vals or "date_due" in vals
        result = super().write(vals)
        if moved:
            # sudo: mail.activity - kept by the system; the measure was just changed
            self.sudo().activity_ids.unlink()
            self.filtered(lambda m: m.state == "todo")._plan_owner_activities()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep what was planned."""
        raise UserError(self.env._("Measures are never deleted. Cancel the measure instead."))

    def _plan_owner_activities(self):
        """Give each owner an activity, with a mail that something waits."""
        for measure in self:
            measure._plan_activity(
                "crisis_intervention.mail_activity_measure",
                measure.user_id,
                measure.date_due,
                quiet=False,
            )

    def action_done(self):
        """Say that it is done.

        :raises UserError: nothing tells what was done
        """
        self._finish("done", self.env._("Write under Progress what was done and what came of it."))

    def action_cancel(self):
        """Call it off, with the reason under Progress.

        :raises AccessError: the user does not plan measures
        """
        self.check_access("write")
        if not self.env.user.has_groups(TRIAGE):
            raise AccessError(self.env._("Measures are called off by those who planned them."))
        self._finish("cancelled", self.env._("Write under Progress why it is called off."))

    def _finish(self, state, demand):
        """End measures."""
        self.check_access("write")
        for measure in self:
            if measure.state != "todo":
                raise UserError(self.env._("This measure is over and is not changed any more."))
            if not (measure.result or "").strip():
                raise UserError(demand)
        # sudo: crisis.emergency.measure, mail.activity - state and reminders are the system's
        self.sudo().write({"state": state, "date_done": fields.Date.context_today(self)})
        self.sudo().activity_ids.unlink()
