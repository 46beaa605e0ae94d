from odoo import fields, models
from odoo.exceptions import UserError

from ...lib.risk import severity
from ...roles import MORAL_EDUCATION, PRINCIPAL, PSYCHOLOGY, TRIAGE


class CrisisAssessmentProposal(models.AbstractModel):
    """A result above the present level proposes a new one: a person decides, and says why."""

    _name = "crisis.assessment.proposal"
    _description = "Level Proposed by an Assessment"

    proposal = fields.Selection(
        [
            ("none", "No change"),
            ("pending", "To be decided"),
            ("accepted", "Accepted"),
            ("declined", "Declined"),
        ],
        default="none",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    proposal_reason = fields.Text(readonly=True, copy=False)
    proposal_user_id = fields.Many2one(
        "res.users", string="Decided By", readonly=True, copy=False, ondelete="restrict"
    )
    proposal_date = fields.Datetime(string="Decided On", readonly=True, copy=False)

    def _propose(self):
        """Propose levels above those of the cases, and tell who decides.

        The case's owner gets an activity; without a case the psychology teacher of the class does.
        Danger to life goes at once to those on duty, moral education and principal as well.
        """
        above = self.filtered(
            lambda a: (
                severity(a.risk_level) > severity(a.case_id.risk_level)
                and not a.case_id.date_closed
            )
        )
        if not above:
            return
        above._set({"proposal": "pending"})
        duty = self.env["crisis.team"]._duty_users(above.company_id)
        deciders = {assessment: assessment._deciders(duty) for assessment in above}
        self._plan_activities(
            "crisis_intervention.mail_activity_proposal",
            [(assessment, user) for assessment, users in deciders.items() for user in users],
        )
        urgent = {}
        for assessment, users in deciders.items():
            if assessment.risk_level == "red":
                urgent.setdefault(users - self.env.user, assessment)
        for users, assessment in urgent.items():
            if users:
                assessment._tell_people(
                    partner_ids=users.partner_id.ids,
                    subject=self.env._("Red flag"),
                    body=self.env._("An assessment asks for your attention now."),
                )

    def _deciders(self, duty):
        """Return who is told of this proposal.

        :param duty: dict of company to the users of its duty teams
        """
        self.ensure_one()
        company = self.company_id
        teachers = company._crisis_holders(PSYCHOLOGY)
        # sudo: crisis.student - the class's psychology teacher, who may not be of the user's roles
        caring = self.sudo().student_id.class_id.psychology_teacher_id & teachers
        users = self.case_id.user_id or caring or self.user_id & teachers or teachers[:1]
        if self.risk_level == "red":
            users |= duty.get(company, teachers.browse())
            users |= company._crisis_holders(MORAL_EDUCATION, PRINCIPAL)
        # the duty team may hold people who have lost their role since
        return self._readable_by(users)

    def action_decide(self):
        """Open the dialog that accepts or declines the proposed level."""
        self.ensure_one()
        return self.env["crisis.assessment.decide"]._action_form(
            name=self.env._("Proposed Level"),
            target="new",
            context={"default_assessment_id": self.id},
        )

    def _decide(self, accept, reason):
        """Carry out the decision on a proposal.

        :param bool accept: raise the case to the proposed level; without a case one is opened
        :param str reason: kept with the form, and with the change of level
        :raises UserError: it is decided already, or no reason is given
        :raises AccessError: the user may not change the case
        """
        self.ensure_one()
        self.check_access("read")
        if not reason or not reason.strip():
            raise UserError(self.env._("Say why; it is kept with the form."))
        self._check_decider()
        # sudo: crisis.assessment - moral education and principal decide without write access to
        # forms; the right to decide was checked above
        decided = self.sudo()
        decided._lock_rows(self.env._("Somebody else is deciding on this just now. Please reload."))
        decided.invalidate_recordset(["proposal"])
        if decided.proposal != "pending":
            raise UserError(self.env._("This is decided already. Please reload."))
        if accept:
            decided._set({"case_id": self._raise_case(reason).id})
        decided._set(
            {
                "proposal": "accepted" if accept else "declined",
                "proposal_reason": reason,
                "proposal_user_id": self.env.uid,
                "proposal_date": fields.Datetime.now(),
            }
        )
        # others' activities too, they are all about the same decision
        decided.activity_unlink(["crisis_intervention.mail_activity_proposal"])

    def _check_decider(self):
        """Demand somebody who may raise the level of the case.

        :raises AccessError: the user may not
        """
        if self.case_id:
            self.case_id.check_access("write")
        elif not self.env.user.has_groups(TRIAGE):
            self.env["crisis.case"].check_access("create")

    def _raise_case(self, reason):
        """Return the case, raised to the proposed level; a new one where there is none."""
        case = self.case_id or self.env["crisis.case"].search(
            [("student_id", "=", self.student_id.id), ("date_closed", "=", False)], limit=1
        )
        if not case:
            return self.env["crisis.case"]._open_from_concerns(
                [
                    {
                        "student_id": self.student_id.id,
                        "concern_ids": self.concern_id.ids,
                        "category_ids": [],
                        "risk_level": self.risk_level,
                    }
                ]
            )
        if severity(case.risk_level) < severity(self.risk_level):
            case.write({"risk_level": self.risk_level, "change_reason": reason})
        return case
