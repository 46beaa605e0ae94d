from odoo import api, fields, models
from odoo.exceptions import LockError, UserError


class CrisisCaseRecord(models.AbstractModel):
    """A record below a case: about its student, in its school."""

    _name = "crisis.case.record"
    _description = "Record of a Case"
    _inherit = ["crisis.kept.record"]
    _check_company_auto = True

    # no check_company: the school is that of the case, and nobody could be chosen before it is known
    case_id = fields.Many2one("crisis.case", required=True, index=True, ondelete="restrict")
    student_id = fields.Many2one(
        related="case_id.student_id", store=True, index=True, precompute=True
    )
    class_id = fields.Many2one(related="case_id.class_id", related_sudo=False)
    company_id = fields.Many2one(
        related="case_id.company_id", store=True, index=True, precompute=True
    )

    @api.model
    def _search_display_name(self, operator, value):
        """Find records by reference, or by the student."""
        domain = super()._search_display_name(operator, value)
        by_text = operator in ("ilike", "like") and isinstance(value, str) and value
        # the district centre knows no students
        if by_text and self.env["crisis.student"].has_access("read"):
            return domain | fields.Domain("student_id", operator, value)
        return domain

    # No constraint: Odoo runs those as superuser, for whom the system's own records pass.

    @api.model_create_multi
    def create(self, vals_list):
        """Begin records of open cases; reopening a case says why."""
        records = super().create(vals_list)
        if not self.env.su:
            records._check_case_runs()
        return records

    def write(self, vals):
        """Fill in; a record goes to no closed case either."""
        result = super().write(vals)
        if "case_id" in vals and not self.env.su:
            self._check_case_runs()
        return result

    def _check_case_runs(self):
        """Refuse to go on with records of closed cases.

        :raises UserError: a case is closed
        """
        # sudo: crisis.case - whether it is open, nothing else
        if any(record.sudo().case_id.date_closed for record in self):
            raise UserError(
                self.env._("This case is closed. Reopen it first, and say why it is reopened.")
            )

    def _lock_in(self, *states):
        """Make sure that these records are in one of ``states`` and nobody else acts on them.

        :raises UserError: somebody else acts on one of them just now, or has done so meanwhile
        """
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError:
            raise UserError(
                self.env._("Somebody else is working on this just now. Please reload.")
            ) from None
        self.invalidate_recordset(["state"])
        if any(record.state not in states for record in self):
            raise UserError(self.env._("Somebody else has done this meanwhile. Please reload."))

    def _action_form(self):
        """Return the window action that opens this record."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }

    def _plan_activity(self, activity_type, users, due):
        """Give ``users`` an activity on this record: a type and a date, nothing else.

        :param str activity_type: XML id without module
        :param users: ``res.users``; those who may not read the record are left out
        :param due: moment (UTC, naive)
        """
        self.ensure_one()
        model_id = self.env["ir.model"]._get_id(self._name)
        # sudo: mail.activity - planned by the system for those who act next
        activities = self.env["mail.activity"].sudo()
        activities.with_context(mail_activity_quick_update=False).create(
            [
                {
                    "res_model_id": model_id,
                    "res_id": self.id,
                    "activity_type_id": self._activity_type_id(activity_type),
                    "user_id": user.id,
                    "date_deadline": fields.Datetime.context_timestamp(self, due).date(),
                    "automated": True,
                }
                for user in self._readable_by(users)
            ]
        )

    @api.model
    def _activity_type_id(self, name):
        """Return the id of an activity type of this addon."""
        return self.env["ir.model.data"]._xmlid_to_res_id(f"crisis_intervention.{name}")
