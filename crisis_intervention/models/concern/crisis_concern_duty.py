from odoo import fields, models
from odoo.exceptions import UserError

from ...roles import MORAL_EDUCATION, PRINCIPAL, PSYCHOLOGY

TRIAGE_ACTIVITY = "crisis_intervention.mail_activity_triage"


class CrisisConcernDuty(models.AbstractModel):
    """Who is told of a report, and what becomes of their activities."""

    _name = "crisis.concern.duty"
    _description = "Duty for Reports"

    def _duty_users(self):
        """Return dict of report to the users who are told of it at once.

        The duty team; without one the psychology teachers of the students' classes, else of the
        school, else the moral education directors, else the principals. In danger moral education
        and principal besides. A restricted report goes to the principals alone, one about a
        principal to the person or the centre named for that.
        """
        teams = self.env["crisis.team"]._duty_users(self.company_id)
        result = {}
        for concern in self:
            if concern.restricted:
                result[concern] = concern._restricted_duty_users() - concern.concerned_user_ids
                continue
            # whom a report behind the case of a student is about does not decide on further ones
            concerned = self.env["crisis.concerned"]._users_about(concern.student_ids)
            holders = {
                role: concern.company_id._crisis_holders(role) - concerned
                for role in (PSYCHOLOGY, MORAL_EDUCATION, PRINCIPAL)
            }
            leaders = holders[MORAL_EDUCATION] | holders[PRINCIPAL]
            team = teams.get(concern.company_id, concerned.browse())
            users = (
                team & (leaders | holders[PSYCHOLOGY])
                or concern.student_ids.class_id.psychology_teacher_id & holders[PSYCHOLOGY]
                or next(filter(None, holders.values()), concerned.browse())
            )
            result[concern] = users | leaders if concern.immediate_danger == "yes" else users
        return result

    def _tell_duty(self):
        """Give everybody on duty an activity, due by the triage deadline (content-free mail).

        :raises UserError: nobody is there to be told, and the report would be lost
        """
        # sudo: crisis.concern - the deadline is hidden from reporters; it goes to those on duty
        for concern, users in self.sudo()._duty_users().items():
            if not users:
                raise UserError(
                    self.env._(
                        "Nobody at this school decides on reports yet, so nothing was saved. Tell "
                        "a school leader in person now; in danger call 120 or 110. The "
                        "administrator has to give somebody the role of psychology teacher."
                    )
                )
            concern._plan_activity(TRIAGE_ACTIVITY, users, concern.triage_deadline, quiet=False)

    def _tell_reporters(self):
        """Tell the reporters that their reports were handled; not by whom, not how."""
        for concern in self:
            if concern.reporter_id != self.env.user:
                text = self.with_context(lang=concern.reporter_id.lang).env._(
                    "Your report %(reference)s was handled. Thank you.", reference=concern.name
                )
                concern._tell_people(
                    author_id=self.env.ref("base.partner_root").id,
                    partner_ids=concern.reporter_id.partner_id.ids,
                    subject=text,
                    body=text,
                )

    def _handle(self, vals):
        """Close reports with the outcome in ``vals``, once.

        :param vals: values of outcome, case_ids and dismiss_reason
        """
        # sudo: crisis.concern - outcome fields are kept by the system; the triage dialog has
        # checked that the user decides on reports and may read these
        concerns = self.sudo()
        # The reporter reads this line of the history, but not who decided.
        concerns._track_set_author(self.env.ref("base.partner_root"))
        concerns.write(
            {
                **vals,
                "state": "handled",
                "handled_at": fields.Datetime.now(),
                "handled_by_id": self.env.uid,
            }
        )
        self._end_activities(TRIAGE_ACTIVITY)
        self._tell_reporters()

    def action_receipt(self):
        """Confirm to the reporter that the report has arrived, after the report dialog."""
        self.ensure_one()
        message = self.env._("Report %(reference)s has arrived.", reference=self.name)
        if self.immediate_danger == "yes":
            message += " " + self.env._(
                "Stay with the student until somebody takes over. Call 120 or 110 if needed."
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "sticky": self.immediate_danger == "yes",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_triage(self):
        """Open the dialog that decides on the report; the button's context presets the decision."""
        self.ensure_one()
        return self.env["crisis.concern.triage"]._action_form(
            name=self.name,
            target="new",
            context={
                "default_concern_id": self.id,
                "default_decision": self.env.context.get("triage_decision", "case"),
            },
        )

    def action_view_cases(self):
        """Show the cases this report led to."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crisis_intervention.crisis_case_action"
        )
        if len(self.case_ids) == 1:
            return self.case_ids._action_form()
        return {
            **action,
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", self.case_ids.ids)],
        }
