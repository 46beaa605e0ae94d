from odoo import api, fields, models, tools

from ...lib.deadlines import STANDARD_KINDS
from ...lib.risk import RISK_LEVELS


class CrisisResponsePolicy(models.Model):
    """Response standard of one risk level: what is due when, who is told, who approves."""

    _name = "crisis.response.policy"
    _description = "Response Standard"
    _inherit = ["crisis.record"]
    _order = "company_id, severity desc, id"
    _rec_name = "risk_level"

    risk_level = fields.Selection(RISK_LEVELS, required=True)
    severity = fields.Integer(compute="_compute_severity", store=True)
    label = fields.Char(
        translate=True,
        help="How the district counts its levels, such as First level. Only a label: the numbers "
        "run in both directions between districts.",
    )
    company_id = fields.Many2one(
        "res.company",
        string="School",
        ondelete="cascade",
        index=True,
        help="Empty: holds for all schools that have no standard of their own for this level.",
    )
    criteria = fields.Text(translate=True, help="When a case has this level.")
    hours_triage = fields.Integer(
        string="Triage (hours)", help="From a report with this level to the decision on it."
    )
    hours_first_contact = fields.Integer(string="First Contact (hours)")
    hours_guardian = fields.Integer(string="Guardians Told (hours)")
    hours_assessment = fields.Integer(string="Assessment (hours)")
    hours_plan = fields.Integer(
        string="Plan (hours)", help="0: this level does not ask for a written plan."
    )
    hours_consent = fields.Integer(
        string="Consent (hours)",
        help="Within how many hours the guardians are asked for consent to counselling. 0: this "
        "level does not ask for it.",
    )
    review_interval_days = fields.Integer(string="Review Every (days)", required=True)
    lowering_assessment_days = fields.Integer(
        string="Assessed Before Lowering (days)",
        help="A review lowers this level only after an assessment within so many days. 0: no assessment needed.",
    )
    escalation_hours = fields.Integer(
        string="Escalate Every (hours)",
        default=24,
        help="A missed deadline goes to the owner at once, and after each further span to the "
        "moral education director, the principal and, for red, the district centre.",
    )
    watch_24h = fields.Boolean(
        string="24 h Watch", help="The student is never left alone, at school nor on the way."
    )
    approver = fields.Selection(
        [("moral_education", "Moral Education Director"), ("principal", "Principal")],
        string="Plan Approved by",
        help="Empty: the psychology teacher decides alone.",
    )
    notify_group_ids = fields.Many2many(
        "res.groups",
        string="Tell",
        help="Holders of these roles are told when a case gets this level, as far as they may "
        "open the case.",
    )
    source = fields.Text(translate=True, help="Where the figures come from.")
    active = fields.Boolean(default=True)

    _level_company_uniq = models.UniqueIndex(
        "(risk_level, COALESCE(company_id, 0)) WHERE active",
        "There is a response standard for this level and school already. Change that one.",
    )
    _hours_positive = models.Constraint(
        "CHECK(LEAST(hours_triage, hours_first_contact, hours_guardian, hours_assessment, "
        "hours_plan, hours_consent, lowering_assessment_days) >= 0)",
        "Hours are 0 (not asked for) or more.",
    )
    _interval_positive = models.Constraint(
        "CHECK(review_interval_days > 0)",
        "A case is reviewed at least once in some days: 1 or more.",
    )

    _escalation_positive = models.Constraint(
        "CHECK(escalation_hours > 0)", "A missed deadline escalates after 1 hour or more."
    )

    @api.depends("risk_level")
    def _compute_severity(self):
        """Rank the levels, so that lists start with the gravest."""
        order = [code for code, _label in RISK_LEVELS]
        for policy in self:
            policy.severity = order.index(policy.risk_level) + 1 if policy.risk_level else 0

    @api.model
    def _for_companies(self, companies):
        """Return the standards in force.

        :param companies: ``res.company`` records
        :return: dict of (company id, level code) to ``crisis.response.policy``; the school's own
            one, else the general one; a key is missing when there is neither
        """
        # sudo: crisis.response.policy - figures only, needed by whoever reports or moves a case
        policies = self.sudo()
        return {
            key: policies.browse(id_)
            for key, id_ in self._ids_for_companies(tuple(sorted(companies.ids))).items()
        }

    @tools.ormcache("company_ids")
    def _ids_for_companies(self, company_ids):
        """Return what ``_for_companies`` does, with ids; every report and case asks for it."""
        # sudo: crisis.response.policy - see _for_companies
        policies = self.sudo().search([("company_id", "in", [False, *company_ids])])
        general = policies.filtered(lambda policy: not policy.company_id)
        result = {
            (company_id, policy.risk_level): policy.id
            for company_id in company_ids
            for policy in general
        }
        for policy in policies - general:
            result[policy.company_id.id, policy.risk_level] = policy.id
        return result

    @api.model_create_multi
    def create(self, vals_list):
        """Add standards and forget the cached ones."""
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        """Change standards and forget the cached ones."""
        self.env.registry.clear_cache()
        return super().write(vals)

    def _step_hours(self):
        """Return step kind to hours allowed, reviews included (0: not asked for)."""
        self.ensure_one()
        hours = {kind: self[f"hours_{kind}"] for kind in STANDARD_KINDS}
        return {**hours, "review": self.review_interval_days * 24}
