from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.i18n import format_list
from odoo.tools.translate import LazyTranslate

from ...lib.deadlines import APPROVAL_HOURS
from ...lib.declarations import Chapter, Counter, Event, Excerpt, Gate, Step
from ...lib.risk import RISK_LEVELS
from .crisis_measure import PLANNED_FIELDS

_lt = LazyTranslate(__name__)

SAFETY_PLAN = "crisis_intervention.crisis_plan_report_safety"
SAFETY_FIELDS = (
    "warning_signs",
    "own_coping",
    "people_places",
    "helpers",
    "professionals",
    "safe_surroundings",
    "reasons",
)


class CrisisPlan(models.Model):
    """The intervention plan of a case, one version of it: goals, measures, safety plan."""

    _name = "crisis.plan"
    _description = "Intervention Plan"
    _number_prefix = "CP"
    _inherit = ["crisis.case.record", "crisis.approval.mixin"]
    _order = "case_id, version desc, id desc"
    _locked_states = frozenset(("waiting", "active", "replaced"))
    # measures keep themselves: progress goes on while the plan is in force
    _later_fields = frozenset(("measure_ids",))
    _finished_states = ("active", "replaced")
    _approved_with = ("case_id", "version")
    _approved_lines = {"measure_ids": PLANNED_FIELDS}
    _signed_lines = {"measure_ids": ("id", *PLANNED_FIELDS)}

    version = fields.Integer(default=1, readonly=True, copy=False)
    state = fields.Selection(
        [
            ("draft", "Being written"),
            ("waiting", "Waits for approval"),
            ("active", "In force"),
            ("replaced", "Replaced"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    template_id = fields.Many2one(
        "crisis.plan.template",
        string="Begin With",
        ondelete="set null",
        help="Fills in goals and measures that fit; change them for this child.",
    )
    risk_level = fields.Selection(RISK_LEVELS, string="Level When Made", readonly=True, copy=False)
    summary = fields.Text(
        string="Situation",
        help="What the plan answers to, and which assessment it rests on. Read by the head "
        "teacher of the class: no diagnosis, nothing told in confidence.",
    )
    goals = fields.Text(help="What shall be better in two weeks, in two months, in the end.")
    guardian_part = fields.Text(string="Part of the Guardians")
    date_review = fields.Date(string="Next Review")
    measure_ids = fields.One2many("crisis.measure", "plan_id", string="Measures")
    date_active = fields.Datetime(string="In Force Since", readonly=True, copy=False)
    previous_id = fields.Many2one("crisis.plan", readonly=True, copy=False, ondelete="restrict")

    # The safety plan: six steps and what makes life worth while, in the child's own words.
    warning_signs = fields.Text(help="How I notice that it is getting worse.")
    own_coping = fields.Text(string="What I Can Do Myself")
    people_places = fields.Text(
        string="People and Places", help="Who and what takes my mind off it."
    )
    helpers = fields.Text(
        string="Whom I Can Ask for Help", help="Family, teachers, friends, with phone numbers."
    )
    professionals = fields.Text(
        string="Professional Help", help="Psychology teacher, hospital, hotline 12356, 120, 110."
    )
    safe_surroundings = fields.Text(
        string="Making the Place Safe", help="What is put away or locked up, and by whom."
    )
    reasons = fields.Text(string="What Matters to Me")
    has_safety_plan = fields.Boolean(compute="_compute_has_safety_plan")

    _active_uniq = models.UniqueIndex(
        "(case_id, state) WHERE state IN ('waiting', 'active')",
        "A plan of this case waits for approval or is in force: revise that one.",
    )

    @api.depends(*SAFETY_FIELDS)
    def _compute_has_safety_plan(self):
        """A safety plan has at least the signs, somebody to turn to, and professional help."""
        for plan in self:
            plan.has_safety_plan = bool(plan.warning_signs and plan.helpers and plan.professionals)

    @api.onchange("template_id")
    def _onchange_template(self):
        """Propose the template's goals and measures; what is there already stays."""
        template = self.template_id
        if template:
            self.goals = self.goals or template.goals
            self.measure_ids = [
                fields.Command.create(values) for values in template._measure_values(self.case_id)
            ]

    def action_submit(self):
        """Ask for approval where the level asks for it; else the plan is in force at once.

        :raises UserError: goals, measures or, for the two highest levels, the safety plan lack
        """
        self.ensure_one()
        self.check_access("write")
        self._check_writer()
        self._lock_in("draft")
        self._check_case_runs()
        self._check_complete()
        case = self.case_id
        self._set({"risk_level": case.risk_level})
        policy = case._policy()
        case._close_steps(["plan"])
        if policy and policy.approver:
            self._check_no_other()
            due = fields.Datetime.now() + timedelta(hours=APPROVAL_HOURS[case.risk_level or "blue"])
            self._ask(policy.approver, "plan_approval", due)
        else:
            self._put_in_force()

    def _check_no_other(self):
        """Take the plan in force out of the way only when this one is approved."""
        waiting = self.search([("case_id", "=", self.case_id.id), ("state", "=", "waiting")])
        if waiting:
            raise UserError(self.env._("%s waits for approval already.", waiting.display_name))

    def _check_complete(self):
        """Demand what a plan must hold.

        :raises UserError: says what is missing
        """
        measures = self.measure_ids.filtered(lambda m: m.state != "cancelled")
        missing = []
        if not (self.goals or "").strip():
            missing.append(self.env._("goals"))
        if not measures:
            missing.append(self.env._("at least one measure"))
        if any(not measure.user_id or not measure.date_due for measure in measures):
            missing.append(self.env._("owner and due date of each measure"))
        if self.case_id.severity >= 3 and not self.has_safety_plan:
            missing.append(
                self.env._("a safety plan (warning signs, whom to ask, professional help)")
            )
        if missing:
            raise UserError(
                self.env._("The plan is not complete. Missing: %s.", format_list(self.env, missing))
            )

    def _after_approval(self):
        """Put the approved plan in force, and let the step be done."""
        for plan in self:
            plan.case_id._close_steps(["plan_approval"], plan)
            # sudo: crisis.plan - the approver has no right to write; checked before
            plan.sudo()._put_in_force()

    def _after_refusal(self):
        """Give the plan back to its author."""
        for plan in self:
            # sudo: crisis.plan - the approver has no right to write; checked before
            waiting = plan.sudo()
            waiting._go_on_writing(fields.Datetime.now() + timedelta(hours=24))
            waiting._plan_activity(
                "crisis_intervention.mail_activity_plan", waiting.asked_by_id, fields.Datetime.now()
            )

    def _after_withdrawal(self):
        """Let the author go on; nobody gains time by taking a plan back."""
        for plan in self:
            # sudo: crisis.deadline - until when it was to be decided on
            steps = plan.case_id.sudo().deadline_ids.filtered(
                lambda step, plan=plan: (
                    step.kind == "plan_approval"
                    and not step.date_done
                    and (step.res_model, step.res_id) == (plan._name, plan.id)
                )
            )
            plan._go_on_writing(steps[:1].date_due or fields.Datetime.now())

    def _go_on_writing(self, due):
        """Make it a draft again: the step to write the plan is back, until ``due``."""
        self.case_id._close_steps(["plan_approval"], self)
        self._set({"state": "draft"})
        self.case_id._open_step("plan", due)

    def _hold(self):
        """Let nobody submit these drafts unseen while lines of them change, nor the other way round.

        Whoever comes second is told, or begins again and finds what the first one did.
        """
        self.env.cr.execute(
            SQL("UPDATE crisis_plan SET write_date = write_date WHERE id = ANY(%s)", self.ids)
        )

    def _put_in_force(self):
        """Replace the plan before, and let the measures begin."""
        for plan in self:
            # sudo: crisis.plan - the version before; whoever may put this one in force may do that
            before = plan.sudo().search(
                [("case_id", "=", plan.case_id.id), ("state", "=", "active")]
            )
            before._set({"state": "replaced"})
            before.flush_recordset(["state"])
            plan._set({"state": "active", "date_active": fields.Datetime.now()})
            plan._end_activities()
            before.measure_ids._replace()
            plan.measure_ids._begin()

    def action_revise(self):
        """Write the next version; this one stays in force until that is.

        :return: action that opens the new version
        """
        self.ensure_one()
        self.check_access("write")
        if self.state != "active":
            raise UserError(self.env._("Only the plan in force is revised."))
        copied = {name: self[name] for name in ("summary", "goals", "guardian_part")}
        copied |= {name: self[name] for name in SAFETY_FIELDS}
        copied["case_id"] = self.case_id.id
        copied["measure_ids"] = [
            fields.Command.create(measure._carried_values())
            for measure in self.measure_ids
            if measure.state in ("todo", "doing")
        ]
        plan = self._make([copied])
        plan._set({"version": self.version + 1, "previous_id": self.id})
        return plan._action_form()

    def _check_printable(self, report):
        """Refuse an empty page, and one that would go home where home is the suspected source."""
        # sudo: crisis.case - the mark only. Readers of the shared part get the same sentence as
        # before they contact the family; it does not say why
        if report == SAFETY_PLAN and any(self.sudo().case_id.mapped("guardians_not_told")):
            raise UserError(
                self.env._(
                    "Talk to the psychology teacher who owns this case before you print this page: "
                    "the child would take it home."
                )
            )
        if report == SAFETY_PLAN and not all(plan.has_safety_plan for plan in self):
            raise UserError(
                self.env._(
                    "The safety plan is not written yet: it needs at least warning signs, whom to "
                    "ask for help, and professional help."
                )
            )
        return super()._check_printable(report)

    def _one_page_sizes(self, report):
        """Begin with big type; smaller where the child has more to say."""
        if report == SAFETY_PLAN:
            return [29, 25, 21, 18, 15]
        return super()._one_page_sizes(report)

    @api.model
    def _permission_excerpt(self):
        return Excerpt(self._filled_in("state", "risk_level"), sequence=30)

    @api.model
    def _emergency_excerpt(self):
        return Excerpt(SAFETY_FIELDS, sequence=10, domain=(("state", "=", "active"),))

    @api.model
    def _guardian_excerpt(self):
        return Excerpt(("goals", "guardian_part", "date_review", *SAFETY_FIELDS), sequence=60)

    @api.model
    def _stage_gates(self):
        """Declare the gates of a plan that is asked about, and of one that is in force."""
        submitted = ("waiting", "active", "replaced")
        return (
            *super()._stage_gates(),
            Gate("plan", _lt("Intervention plan made"), 40, states=submitted),
            Gate("plan_approval", _lt("Plan approved"), 50, states=submitted[1:]),
        )

    @api.model
    def _cases_meeting_gate(self, gate, cases):
        """Ask for no plan where the response standard asks for none."""
        without = cases.filtered(lambda case: (policy := case._policy()) and not policy.hours_plan)
        return without | super()._cases_meeting_gate(gate, cases - without)

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (Event("plan", _lt("Plan in force"), "date_active", "create_uid", icon="fa-map-o"),)

    @api.model
    def _case_steps(self):
        """Declare that the plan is made, and has to be approved."""
        return (
            *super()._case_steps(),
            Step(
                "plan",
                _lt("Intervention plan"),
                "crisis_intervention.mail_activity_plan",
                40,
                continues="draft",
            ),
            Step(
                "plan_approval",
                _lt("Approval of the plan"),
                "crisis_intervention.mail_activity_plan_approval",
                50,
                continues="waiting",
            ),
        )

    @api.model
    def _action_begin(self, case, step):
        """Lead to no new plan where one has to be approved."""
        if step.code == "plan_approval":
            raise UserError(self.env._("Write the plan and ask for approval first."))
        return super()._action_begin(case, step)

    @api.model
    def _case_counter(self):
        return Counter("plan_count")

    @api.model
    def _case_chapters(self):
        return (
            *super()._case_chapters(),
            Chapter(
                50,
                "crisis_intervention.crisis_plan_action_report_plan",
                (("state", "in", ("active", "replaced")),),
            ),
            Chapter(
                60,
                "crisis_intervention.crisis_plan_action_report_safety",
                (
                    ("state", "=", "active"),
                    ("warning_signs", "!=", False),
                    ("helpers", "!=", False),
                    ("professionals", "!=", False),
                ),
            ),
        )
