from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

from ...lib.deadlines import ESCALATION_STEPS, escalation_moments, is_quiet
from ...lib.declarations import Event
from ...lib.risk import RISK_LEVELS
from ...roles import DISTRICT, MORAL_EDUCATION, PRINCIPAL, PSYCHOLOGY, TRIAGE

_lt = LazyTranslate(__name__)

ACTIVITY = "crisis_intervention.mail_activity_escalation"
BATCH = 500


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
        domain = self._due_domain()
        remaining = self.env["crisis.deadline"].search_count(domain)
        mailed = self.env["res.users"]
        while True:
            deadlines = self.env["crisis.deadline"].search(
                domain, order="next_escalation, id", limit=BATCH
            )
            # somebody is just finishing what is locked; the next run sees what became of it
            deadlines = deadlines.try_lock_for_update(allow_referencing=True)
            if not deadlines:
                break
            told = self._escalate(deadlines).user_ids
            # one mail in a run, however much waits
            self._send_pointers((told - mailed).partner_id, "/odoo/crisis-duties")
            mailed |= told
            remaining = max(remaining - len(deadlines), 0)
            if not self.env["ir.cron"]._commit_progress(len(deadlines), remaining=remaining):
                break

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

        The number of queries does not depend on the number of deadlines.

        :return: what was registered
        """
        now = fields.Datetime.now()
        policies = self.env["crisis.response.policy"]._for_companies(deadlines.company_id)
        holders = self._holders(deadlines.company_id)
        registered = {
            (escalation.deadline_id, escalation.step, escalation.date_due)
            for escalation in self.search([("deadline_id", "in", deadlines.ids)])
        }
        values, told, following = [], {}, {}
        for deadline in deadlines:
            case = deadline.case_id
            policy = policies.get((case.company_id.id, case.risk_level or "yellow"))
            moments = escalation_moments(
                deadline.date_due, policy.escalation_hours if policy else 24, case.risk_level
            )
            reached = sum(moment <= now for moment in moments)
            for step in ESCALATION_STEPS[:reached]:
                if (deadline, step, deadline.date_due) in registered:
                    continue
                if step == "district" and not case.company_id.crisis_district_id:
                    continue  # a school without a centre has nobody to tell
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
            further = moments[reached] if reached < len(moments) else False
            following.setdefault((reached, further), []).append(deadline.id)
        for (reached, further), ids in following.items():
            deadlines.browse(ids).write({"escalation_count": reached, "next_escalation": further})
        escalations = self.create(values)
        self._tell(told, escalations)
        return escalations

    @api.model
    def _told(self, deadline, step, holders):
        """Return who is told of a step; never those whom a report behind the case is about.

        Where nobody is left of a role, the others who decide in the school are told in its place.

        :param holders: dict of step to who is told, see ``_holders``
        """
        users = holders[step] if step != "owner" else self._first_told(deadline, holders)
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
        """
        wanted = {}
        for (user, as_district), positions in told.items():
            mine = self.browse(escalations[position].id for position in positions)
            for model, res_id in mine._places(user, as_district):
                wanted[model, res_id, user.id] = (self.env[model].browse(res_id), user)
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

    def _places(self, user, as_district):
        """Return the (model, id) pairs on which ``user`` is told of these escalations.

        The case; for those who may not open it, the record that they have to do, such as a
        measure; for the district centre the escalation itself.
        """
        if as_district:
            return [(self._name, id_) for id_ in self._ids]
        cases = self.case_id.with_user(user)
        cases = cases.with_context(allowed_company_ids=list(user._get_company_ids()))
        open_ids = set(cases._filtered_access("read")._ids)
        places = []
        for escalation in self:
            deadline = escalation.deadline_id
            if escalation.case_id.id in open_ids:
                places.append(("crisis.case", escalation.case_id.id))
            elif deadline.user_id == user and deadline.res_model:
                places.append((deadline.res_model, deadline.res_id))
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
        limit = fields.Datetime.now()
        policies = self.env["crisis.response.policy"]
        late = self.env["crisis.deadline"].search(
            [
                ("kind", "=", "review"),
                ("date_done", "=", False),
                ("date_due", "<", limit),
                ("case_id.date_closed", "=", False),
                ("case_id.risk_level", "in", ["blue", "yellow"]),
            ]
        )
        for case in late.case_id:
            policy = case._policy() or policies
            due = late.filtered(lambda d, case=case: d.case_id == case).date_due
            if limit - due > timedelta(days=2 * policy.review_interval_days):
                case._lapse_level(due - timedelta(days=policy.review_interval_days))
                self.env["ir.cron"]._commit_progress(1)

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
