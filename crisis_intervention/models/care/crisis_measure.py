from datetime import datetime, time

import pytz
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools.translate import LazyTranslate

from ... import signatures
from ...lib.declarations import Counter, Done, Event, Excerpt, Step
from ...roles import MORAL_EDUCATION, PSYCHOLOGY

_lt = LazyTranslate(__name__)

KINDS = [
    ("counselling", "Counselling"),
    ("class", "Class support"),
    ("family", "Family"),
    ("medical", "Medical care"),
    ("watch", "24 h watch"),
    ("environment", "Safe surroundings"),
    ("peers", "Peers"),
    ("study", "Study"),
    ("duty", "Legal duty"),
]
# What the owner of a measure fills in; planning it is for those who write the plan.
PROGRESS_FIELDS = frozenset(("result",))
# What is planned: approved with the plan, and traced where a measure stands outside of one.
PLANNED_FIELDS = ("kind", "title", "method", "user_id", "date_due")


class CrisisMeasure(models.Model):
    """One thing that somebody does for the student until a certain day."""

    _name = "crisis.measure"
    _description = "Measure"
    _number_prefix = "MS"
    _inherit = ["crisis.case.record"]
    _order = "date_due, id"
    _locked_states = frozenset(("done", "cancelled"))
    # what is planned and under way is told as well
    _finished_states = ("todo", "doing", "done", "cancelled")

    # given or taken from the plan it is written into
    case_id = fields.Many2one(
        compute="_compute_case_id", store=True, readonly=False, precompute=True
    )
    plan_id = fields.Many2one("crisis.plan", index="btree_not_null", ondelete="restrict")
    template_id = fields.Many2one(
        "crisis.plan.template",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The duty by law that this measure is part of.",
    )
    kind = fields.Selection(KINDS, required=True, default="counselling", tracking=True)
    title = fields.Char(
        string="Measure", required=True, tracking=True, help="What is done, in one line."
    )
    method = fields.Text(
        string="How",
        tracking=True,
        help="Steps and ways. Read by the owner and the head teacher of the class.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        index=True,
        tracking=True,
        ondelete="restrict",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Does it and says when it is done. May be a colleague of any role, who then sees "
        "this measure.",
    )
    date_due = fields.Date(string="Due", tracking=True)
    state = fields.Selection(
        [
            ("draft", "Not begun"),
            ("todo", "To do"),
            ("doing", "Being done"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    result = fields.Text(string="Progress", help="What was done and what came of it.")
    date_done = fields.Datetime(string="Done On", readonly=True, copy=False)
    is_overdue = fields.Boolean(compute="_compute_is_overdue")
    is_fixed = fields.Boolean(
        compute="_compute_is_fixed", help="What is planned is not changed here (any more)."
    )

    @api.depends("plan_id")
    def _compute_case_id(self):
        """Belong to the case of the plan."""
        for measure in self:
            measure.case_id = measure.plan_id.case_id or measure.case_id

    @api.depends("state", "date_due")
    def _compute_is_overdue(self):
        """Compare with today; never stored, as stored flags do not age."""
        today = fields.Date.context_today(self)
        for measure in self:
            measure.is_overdue = (
                measure.state in ("todo", "doing")
                and bool(measure.date_due)
                and measure.date_due < today
            )

    @api.depends("state", "plan_id.state")
    @api.depends_context("uid")
    def _compute_is_fixed(self):
        """Close in forms what is approved, asked for, or over; to owners what others plan."""
        plans = self.env.user.has_groups(f"{PSYCHOLOGY},{MORAL_EDUCATION}")
        for measure in self:
            # sudo: crisis.plan - the state only; owners of a measure do not read the plan
            asked = measure.sudo().plan_id.state not in (False, "draft")
            measure.is_fixed = not plans or asked or measure.state in measure._locked_states

    @api.constrains("plan_id", "case_id")
    def _check_plan(self):
        """Demand the plan of the same case."""
        for measure in self:
            if measure.plan_id and measure.plan_id.case_id != measure.case_id:
                raise ValidationError(self.env._("The plan belongs to another case."))

    @api.constrains("user_id")
    def _check_owner(self):
        """Demand a colleague of the school who can open it."""
        # sudo: res.users - role and schools of the owner; nothing leaves the method
        for measure in self.sudo():
            owner = measure.user_id
            if owner and not (
                owner._holds("crisis_intervention.group_staff", measure.company_id)
                and owner not in measure.case_id._concerned()
            ):
                raise ValidationError(
                    self.env._(
                        "%s cannot own a measure: choose a colleague of this school who has a "
                        "role in the crisis intervention system.",
                        owner.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Plan measures; those outside of a plan begin at once.

        :raises UserError: the plan is no draft, or somebody else's
        """
        measures = super().create(vals_list)
        measures._check_plan_open(measures.plan_id)
        measures.filtered(lambda measure: not measure.plan_id)._begin()
        return measures

    def write(self, vals):
        """Change measures: owners tell of progress, planning is for those who write plans.

        What stands in a plan is changed with the plan; outside of one each change is traced.

        :raises AccessError: an owner would change what was planned
        :raises UserError: it stands in a plan that is asked about or in force
        """
        self.check_access("write")
        self._check_input([vals])
        user = self.env.user
        if (
            not self.env.su
            and not (user.has_group(PSYCHOLOGY) or user.has_group(MORAL_EDUCATION))
            and not vals.keys() <= PROGRESS_FIELDS
        ):
            raise AccessError(
                self.env._("You tell of your progress; the measure itself is changed in the plan.")
            )
        if not self.env.su and {"case_id", "plan_id"} & vals.keys():
            raise UserError(self.env._("A measure stays in its case and its plan."))
        # sudo: crisis.plan - the state only; owners of a measure do not read the plan
        self.sudo().plan_id._check_not_waiting()
        if not vals.keys() <= PROGRESS_FIELDS:
            target = self.env["crisis.plan"].browse(vals.get("plan_id") or ())
            # sudo: crisis.plan - see above
            self._check_plan_open(self.sudo().plan_id | target.sudo())
        owners = {measure: measure.user_id for measure in self}
        result = super().write(vals)
        if {"user_id", "date_due"} & vals.keys():
            running = self.filtered(lambda m: m.state in ("todo", "doing"))
            for measure in running:
                if not measure.user_id or not measure.date_due:
                    raise UserError(
                        self.env._("A measure that is under way needs an owner and a due date.")
                    )
                measure._renew_step(measure.user_id != owners[measure])
        return result

    def _check_plan_open(self, plans):
        """Refuse to plan in a plan that is not being written, or by somebody who does not write it.

        Whoever asks, the system too: what is approved is changed by a new version.

        :param plans: ``crisis.plan`` records
        :raises UserError: says what to do instead
        """
        # sudo: crisis.plan - the state, and who writes it; owners of a measure do not read the plan
        plans = plans.with_env(self.env).sudo()
        plans._check_not_waiting()
        if any(plan.state != "draft" for plan in plans):
            raise UserError(
                self.env._(
                    "The plan was approved with its measures as they are: only progress is written "
                    "here. To change, add or remove measures, use Revise on the plan to write its "
                    "next version."
                )
            )
        if not self.env.su:
            plans._check_writer()
        if plans:
            plans._hold()

    def _track_prepare(self, fields_iter):  # pylint: disable=missing-return
        """Trace what is planned from when it has begun: before, it is being written."""
        drafts = self.filtered(lambda measure: measure.state == "draft")
        super(CrisisMeasure, self - drafts)._track_prepare(fields_iter)
        super(CrisisMeasure, drafts)._track_prepare(set(fields_iter).difference(PLANNED_FIELDS))

    def _attachments_locked(self):
        """Return the records whose files stay as they are: also those of a plan that waits."""
        # sudo: the state only
        waiting = self.sudo().filtered(lambda measure: measure.plan_id.state == "waiting")
        return super()._attachments_locked() | waiting

    def _hand_to(self, user):
        """Give measures to ``user``, past the lock of their plan: the owner leaves, or may not know.

        Traced like each change of owner. A plan that waits is not approved with another owner than
        it was asked for: it goes back to be submitted again. Callers have checked who does this.
        """
        # sudo: crisis.measure, crisis.plan - see above
        measures = self.sudo()
        # the plan is signed with its measures
        with signatures.changing(measures.plan_id, ["measure_ids"]):
            for measure in measures:
                before = measure.user_id
                measure._set({"user_id": user.id})
                if measure.state in ("todo", "doing"):
                    measure._renew_step(before != user)
        # sudo: crisis.plan - see above
        for plan in self.sudo().plan_id.filtered(lambda plan: plan.state == "waiting"):
            plan._withdraw(self.env._("A measure has another owner: read it and submit it again."))

    def _due_moment(self):
        """Return the end of the due day in the school's time, as UTC."""
        zone = pytz.timezone(self.env.user.tz or "Asia/Shanghai")
        local = zone.localize(datetime.combine(self.date_due, time(18, 0)))
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    def _begin(self):
        """Let planned measures run: a deadline in the case, an activity for the owner."""
        for measure in self.filtered(lambda m: m.state == "draft"):
            if not measure.user_id or not measure.date_due:
                raise UserError(self.env._("Give the measure an owner and a due date."))
            measure._set({"state": "todo"})
            measure._open()

    def _open(self):
        """Open deadline and activity of this measure."""
        due = self._due_moment()
        self.case_id._open_step("measure", due, record=self, user=self.user_id)
        self._plan_activity("crisis_intervention.mail_activity_measure", self.user_id, due)

    def _renew_step(self, new_owner):
        """Move deadline and activity to another day or owner."""
        # sudo: crisis.deadline, mail.activity - kept by the system; the measure was just changed
        step = (
            self.env["crisis.deadline"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("date_done", "=", False),
                ]
            )
        )
        step.write({"date_due": self._due_moment(), "user_id": self.user_id.id})
        activities = self.sudo().activity_ids
        if new_owner:
            activities.unlink()
            self._plan_activity(
                "crisis_intervention.mail_activity_measure", self.user_id, self._due_moment()
            )
        else:
            activities.date_deadline = self.date_due
        # sudo: crisis.case - the activity of its owner; see above
        self.sudo().case_id._sync_activities()

    def _finish(self, state):
        """Close measures and what waits for them."""
        self._set({"state": state, "date_done": fields.Datetime.now()})
        self._end_activities()
        for case, measures in self.grouped("case_id").items():
            case._close_steps(["measure"], measures)

    def action_start(self):
        """Say that it is under way."""
        self.check_access("write")
        self._lock_in("todo")
        self._set({"state": "doing"})

    def action_done(self):
        """Say that it is done.

        :raises UserError: nothing tells what was done
        """
        self.check_access("write")
        self._lock_in("todo", "doing")
        if not all((measure.result or "").strip() for measure in self):
            raise UserError(self.env._("Write under Progress what was done and what came of it."))
        self._finish("done")

    def action_cancel(self):
        """Call it off, with the reason under Progress.

        :raises AccessError: the user does not write plans
        """
        self.check_access("write")
        user = self.env.user
        if not (user.has_group(PSYCHOLOGY) or user.has_group(MORAL_EDUCATION)):
            raise AccessError(self.env._("Measures are called off by those who write the plan."))
        # sudo: crisis.plan - state and writers only
        self.sudo().plan_id._check_not_waiting()
        self.sudo().plan_id.with_env(self.env)._check_writer()
        self._lock_in("draft", "todo", "doing")
        if not all((measure.result or "").strip() for measure in self):
            raise UserError(self.env._("Write under Progress why it is called off."))
        self._finish("cancelled")

    def _replace(self):
        """End what a new version of the plan goes on with."""
        # sudo: crisis.measure - the versions of one plan; whoever puts it in force may do that
        self.sudo().filtered(lambda m: m.state in ("draft", "todo", "doing"))._finish("cancelled")

    def _carried_values(self):
        """Return the values of this measure for the next version of the plan."""
        return {
            "kind": self.kind,
            "title": self.title,
            "method": self.method,
            "user_id": self.user_id.id,
            "date_due": self.date_due,
            "result": self.result,
        }

    @api.model
    def _permission_excerpt(self):
        return Excerpt(self._filled_in("state"), sequence=40)

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (
            Event(
                "measure", _lt("Measure ended"), "date_done", "user_id", icon="fa-check-square-o"
            ),
        )

    @api.model
    def _case_steps(self):
        """Declare that measures have to be carried out."""
        return (
            *super()._case_steps(),
            Step("measure", _lt("Measure"), "crisis_intervention.mail_activity_measure", 90),
        )

    @api.model
    def _case_counter(self):
        return Counter("measure_count", (("state", "in", ("todo", "doing")),))

    @api.model
    def _done_in_case(self):
        done = Done((("state", "in", ("done",)),), _lt("Measures done"), sequence=40)
        return (*super()._done_in_case(), done)
