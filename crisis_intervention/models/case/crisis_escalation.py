from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

from ...jobs import Job, Place
from ...lib.deadlines import ESCALATION_STEPS, escalation_moments, is_quiet, next_moment
from ...lib.declarations import Event
from ...lib.jobs import NO_PAUSE
from ...lib.risk import RISK_LEVELS
from ...roles import DISTRICT, MORAL_EDUCATION, PRINCIPAL, PSYCHOLOGY, TRIAGE

_lt = LazyTranslate(__name__)

ACTIVITY = "crisis_intervention.mail_activity_escalation"
BATCH = 500
# What is set aside where a step has nobody to be told.
NOBODY = "nobody"


class CrisisEscalation(models.Model):
    """One step of telling of a missed deadline, registered once: who was told, and when."""

    _name = "crisis.escalation"
    _description = "Escalation"
    _inherit = ["crisis.quiet.thread"]
    _order = "date desc, id desc"

    case_id = fields.Many2one(
        "crisis.case", required=True, ondelete="cascade", index=True, groups=TRIAGE
    )
    deadline_id = fields.Many2one(
        "crisis.deadline", required=True, ondelete="cascade", index=True, groups=TRIAGE
    )
    company_id = fields.Many2one("res.company", string="School", required=True, index=True)
    district_company_id = fields.Many2one("res.company", string="Centre", index="btree_not_null")
    kind = fields.Selection(related="deadline_id.kind", store=True, string="Step")
    step = fields.Selection(
        [
            ("owner", "Owner"),
            ("moral_education", "Moral Education Director"),
            ("principal", "Principal"),
            ("district", "District Centre"),
        ],
        string="Who Was Told",
        required=True,
    )
    risk_level = fields.Selection(RISK_LEVELS)
    date = fields.Datetime(required=True)
    date_due = fields.Datetime(string="Was Due", required=True)
    date_settled = fields.Datetime(string="Settled")
    user_ids = fields.Many2many("res.users", string="Persons", groups=TRIAGE)
    told_nobody = fields.Boolean(
        string="Nobody to Tell",
        readonly=True,
        help="Nobody has the role, or nobody of them may open it: it counts as not told.",
    )

    _step_uniq = models.UniqueIndex("(deadline_id, step, date_due)", "This was passed on already.")

    @api.depends("company_id", "date")
    def _compute_display_name(self):
        """Name the school and the day; the district may not know the case."""
        for escalation in self:
            day = fields.Date.to_string(escalation.date)
            # sudo: res.company - the name of the school only
            escalation.display_name = f"{escalation.company_id.sudo().name} {day}"

    @api.model
    def _cron_escalate(self):
        """Tell of missed deadlines, step by step, in batches that survive a kill."""
        mailed = set()
        with Job(self, "_cron_escalate", irreversible=False, first_pause=NO_PAUSE) as job:
            domain = job.find(self._due_domain)
            if domain is None:
                return
            steps = self.env["crisis.deadline"]
            job.work(
                lambda: steps.search(domain, order="next_escalation, id"),
                lambda due: self._pass_on(due.filtered_domain(domain), mailed),
                size=BATCH,
            )
            for company, step in job.find(self._told_nobody) or ():
                job.keep_aside(Place("res.company", company.id, step), NOBODY)

    @api.model
    def _pass_on(self, deadlines, mailed):
        """Tell of missed deadlines, and mail those who were told.

        :param set mailed: ids of users who got their one mail in this run; grows
        """
        # somebody is just finishing what is locked; the next run sees what became of it
        deadlines = deadlines.try_lock_for_update(allow_referencing=True)
        told = self._escalate(deadlines).user_ids
        new = told.filtered(lambda user: user.id not in mailed)
        # one mail in a run, however much waits
        self._send_pointers(new.partner_id, "/odoo/crisis-duties")
        mailed.update(new.ids)

    @api.model
    def _told_nobody(self):
        """Return (school, step) pairs of what waits and had nobody to be told."""
        waiting = [("told_nobody", "=", True), ("date_settled", "=", False)]
        return self._read_group(waiting, ["company_id", "step"])

    @api.model
    def _due_domain(self):
        """Return the domain of deadlines with a step to take now; quiet hours never hold red."""
        now = fields.Datetime.now()
        domain = Domain(
            [
                ("next_escalation", "<=", now),
                ("date_done", "=", False),
                "|",
                ("case_id.date_closed", "=", False),
                ("kind", "in", self.env["crisis.deadline"]._access_kinds()),
            ]
        )
        quiet = self.env["res.company"]
        for [company] in self.env["crisis.deadline"]._read_group(domain, ["company_id"]):
            local = fields.Datetime.context_timestamp(
                company.with_context(tz=company.partner_id.tz or "Asia/Shanghai"), now
            )
            hour = local.hour + local.minute / 60
            if is_quiet(hour, company.crisis_quiet_from, company.crisis_quiet_to):
                quiet |= company
        if quiet:
            domain &= Domain("company_id", "not in", quiet.ids) | Domain(
                "case_id.risk_level", "=", "red"
            )
        return domain

    @api.model
    def _escalate(self, deadlines):
        """Register every step of ``deadlines`` that is due by now, and give each an activity.

        The number of queries does not depend on the number of deadlines. A step that could be told
        to nobody does not count as told: the next one is told at once.

        :return: what was registered
        """
        escalations = self.browse()
        while deadlines:
            new = self._escalate_once(deadlines)
            escalations |= new
            deadlines = new.filtered("told_nobody").deadline_id
        return escalations

    @api.model
    def _escalate_once(self, deadlines):
        """Register the steps that are due by now as far as it is known whom they reach."""
        now = fields.Datetime.now()
        policies = self.env["crisis.response.policy"]._for_companies(deadlines.company_id)
        holders = self._holders(deadlines.company_id)
        registered = {
            (escalation.deadline_id, escalation.step, escalation.date_due): escalation
            for escalation in self.search([("deadline_id", "in", deadlines.ids)])
        }
        values, told, following = [], {}, {}
        for deadline in deadlines:
            case = deadline.case_id
            policy = policies.get((case.company_id.id, case.risk_level or "yellow"))
            moments = escalation_moments(
                deadline.date_due, policy.escalation_hours if policy else 24, case.risk_level
            )
            if not case.company_id.crisis_district_id:
                # a school without a centre has nobody to tell there
                moments = moments[: ESCALATION_STEPS.index("district")]
            known = [
                registered.get((deadline, step, deadline.date_due)) for step in ESCALATION_STEPS
            ]
            when = [not each.told_nobody and each.date or None for each in known if each]
            while (moment := next_moment(moments, when, case.risk_level)) and moment <= now:
                step = ESCALATION_STEPS[len(when)]
                when.append(now)
                users = self._told(deadline, step, holders[case.company_id])
                values.append(
                    {
                        "case_id": case.id,
                        "deadline_id": deadline.id,
                        "company_id": case.company_id.id,
                        "district_company_id": (
                            case.company_id.crisis_district_id.id if step == "district" else False
                        ),
                        "step": step,
                        "risk_level": case.risk_level,
                        "date": now,
                        "date_due": deadline.date_due,
                        "user_ids": [fields.Command.set(users.ids)],
                    }
                )
                for user in users:
                    told.setdefault((user, step == "district"), []).append(len(values) - 1)
            following.setdefault((len(when), moment or False), []).append(deadline.id)
        for (reached, further), ids in following.items():
            deadlines.browse(ids).write({"escalation_count": reached, "next_escalation": further})
        escalations = self.create(values)
        reached = self._tell(told, escalations)
        escalations.filtered(lambda each: each.id not in reached).told_nobody = True
        return escalations

    @api.model
    def _told(self, deadline, step, holders):
        """Return who is told of a step; never those whom a report behind the case is about.

        Where nobody is left of a role, the others who decide in the school are told in its place.

        :param holders: dict of step to who is told, see ``_holders``
        """
        users = holders[step] if step != "owner" else self._first_told(deadline, holders)
        # whoever has left takes nothing
        users = users.filtered("active")
        concerned = deadline.case_id._concerned()
        if not users & concerned:
            return users
        deciders = (
            holders[role] for role in ("principal", "moral_education", "psychology_teacher")
        )
        others = holders["principal"].union(*deciders)
        return users - concerned or others - concerned

    @api.model
    def _first_told(self, deadline, holders):
        """Return whom the first step reminds: the one it waits for, and the case's owner."""
        if deadline.role:
            return holders[deadline.role] | deadline.case_id.user_id
        return deadline.user_id | deadline.case_id.user_id

    @api.model
    def _holders(self, companies):
        """Return dict of school to dict of step to who is told."""
        result = {}
        for company in companies:
            district = company.crisis_district_id
            result[company] = {
                "moral_education": company._crisis_holders(MORAL_EDUCATION),
                "principal": company._crisis_holders(PRINCIPAL),
                "psychology_teacher": company._crisis_holders(PSYCHOLOGY),
                "district": district._crisis_holders(DISTRICT) if district else district.user_ids,
            }
        return result

    @api.model
    def _tell(self, told, escalations):
        """Give each person told an activity per case.

        :param told: dict of (user, whether as district) to positions in ``escalations``
        :return: set of the ids of ``escalations`` that reach somebody
        """
        wanted, reached = {}, set()
        for (user, as_district), positions in told.items():
            mine = self.browse(escalations[position].id for position in positions)
            for id_, model, res_id in mine._places(user, as_district):
                wanted[model, res_id, user.id] = (self.env[model].browse(res_id), user)
                reached.add(id_)
        known = {
            (activity.res_model, activity.res_id, activity.user_id.id)
            for activity in self.env["mail.activity"].search(
                [
                    ("activity_type_id", "=", self.env.ref(ACTIVITY).id),
                    ("res_model", "in", list({model for model, _id, _user in wanted})),
                    ("res_id", "in", list({res_id for _model, res_id, _user in wanted})),
                ]
            )
        }
        self._plan_activities(ACTIVITY, [wanted[key] for key in wanted if key not in known])
        return reached

    def _places(self, user, as_district):
        """Return on which records ``user`` is told of these escalations: (own id, model, id).

        The case; for those who may not open it, the record that they have to do, such as a
        measure; for the district centre the escalation itself.
        """
        if as_district:
            return [(id_, self._name, id_) for id_ in self._ids]
        cases = self.case_id.with_user(user)
        cases = cases.with_context(allowed_company_ids=list(user._get_company_ids()))
        open_ids = set(cases._filtered_access("read")._ids)
        places = []
        for escalation in self:
            deadline = escalation.deadline_id
            if escalation.case_id.id in open_ids:
                places.append((escalation.id, "crisis.case", escalation.case_id.id))
            elif deadline.user_id == user and deadline.res_model:
                places.append((escalation.id, deadline.res_model, deadline.res_id))
        return places

    @api.model
    def _settle(self, cases):
        """Take escalations of finished steps, and of closed cases, off everybody's list."""
        # sudo: crisis.escalation, mail.activity - registered by the system; whoever finishes the
        # step ends the reminders of all
        running = self.sudo().search([("case_id", "in", cases.ids), ("date_settled", "=", False)])
        finished = running.filtered(lambda e: e.deadline_id.date_done or e.case_id.date_closed)
        if not finished:
            return
        finished.write({"date_settled": fields.Datetime.now()})
        calm = finished.case_id - (running - finished).case_id
        self.env["mail.activity"].sudo().search(
            [
                ("activity_type_id", "=", self.env.ref(ACTIVITY).id),
                "|",
                "&",
                ("res_model", "=", "crisis.case"),
                ("res_id", "in", calm.ids),
                "&",
                ("res_model", "=", self._name),
                ("res_id", "in", finished.ids),
            ]
        ).unlink()

    @api.model
    def _cron_lapse(self):
        """Let no child keep a label: levels below orange that nobody reviews do not live on."""
        late = [
            ("kind", "=", "review"),
            ("date_done", "=", False),
            ("date_due", "<", fields.Datetime.now()),
            ("case_id.date_closed", "=", False),
            ("case_id.risk_level", "in", ["blue", "yellow"]),
        ]
        with Job(self, "_cron_lapse", irreversible=True) as job:
            job.work(lambda: self.env["crisis.deadline"].search(late), lambda step: step._lapse())

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (
            Event(
                "escalation", _lt("Missed step passed on"), "date", "create_uid", icon="fa-level-up"
            ),
        )

    def _timeline_detail(self):
        """Return which step it is about, and who was told."""
        return " → ".join(
            dict(self._fields[name]._description_selection(self.env))[self[name]]
            for name in ("kind", "step")
        )
