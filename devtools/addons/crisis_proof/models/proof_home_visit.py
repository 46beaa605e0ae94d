from odoo import api, fields, models
from odoo.addons.crisis_intervention.lib.declarations import (
    Chapter,
    Counter,
    Done,
    Event,
    Excerpt,
    Gate,
    Step,
)
from odoo.addons.crisis_intervention.sealed_fields import SealedText
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)


class ProofHomeVisit(models.Model):
    """A visit at home: a kind of record of which the core knows neither the name nor its spelling."""

    _name = "proof.home.visit"
    _description = "Home Visit"
    _inherit = ["crisis.signed.record"]
    _number_prefix = "HV"
    _order = "date desc, id desc"

    date = fields.Datetime(required=True, default=fields.Datetime.now)
    findings = SealedText(groups="crisis_intervention.group_psychology_teacher")
    agreed = fields.Text()

    def _check_before_signing(self):
        """Demand what was agreed with the family."""
        if not all((visit.agreed or "").strip() for visit in self):
            raise UserError(self.env._("Write what was agreed."))

    def _after_signing(self):
        """Close the step that asked for the visit."""
        self.case_id._close_steps(["home_visit"])

    @api.model
    def _timeline_events(self):
        return (Event("home_visit", _lt("Home visit"), "date", "user_id", states=("signed",)),)

    @api.model
    def _case_chapters(self):
        report = "crisis_proof.proof_home_visit_action_report"
        return (Chapter(125, report, (("state", "=", "signed"),)),)

    @api.model
    def _permission_excerpt(self):
        return Excerpt(("date", "agreed", "findings"), sequence=95)

    @api.model
    def _guardian_excerpt(self):
        return Excerpt(("date", "agreed"), sequence=95)

    @api.model
    def _case_steps(self):
        return (Step("home_visit", _lt("Visit at home"), "crisis_proof.mail_activity_home_visit"),)

    @api.model
    def _stage_gates(self):
        return (Gate("home_visit", _lt("Home visited"), states=("signed",)),)

    @api.model
    def _case_counter(self):
        return Counter("home_visit_count")

    @api.model
    def _done_in_case(self):
        return (Done((("state", "=", "signed"),), _lt("Home visits")),)

    @api.model
    def _cases_kept_open(self, cases):
        drafts = self.search([("case_id", "in", cases.ids), ("state", "=", "draft")])
        return {case: self.env._("A home visit is not signed yet.") for case in drafts.case_id}
