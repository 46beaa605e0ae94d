from odoo import Command, fields

from ....register import note_event


class CareRecords:
    """What stands behind a case, signed or decided, and the user's own."""

    @classmethod
    def _fill_loop(cls):
        """Put one signed or decided record of each kind behind each case."""
        cls.resource = cls.env["res.partner"].create(
            {"name": "医院", "crisis_resource_kind": "hospital"}
        )
        for relation in ("own_class", "other_class", "medical", "other_school"):
            case = cls.records["crisis.case", relation]
            cls._fill_loop_of(relation, case)
        cls._fill_own()
        cls._fill_printed()
        cls._fill_referred()
        situation = cls.env["crisis.mandatory.situation"].search([], limit=1)
        cls._put("any", situation, {"name": "x"})
        for relation, company in (
            ("general", cls.env["res.company"]),
            ("own_school", cls.school),
            ("other_school", cls.other_school),
        ):
            values = {"name": "x", "company_id": company.id}
            template = cls.env["crisis.plan.template"].create(values)
            cls._put(relation, template, values)
            line = {"template_id": template.id, "title": "x"}
            cls._put(relation, cls.env["crisis.plan.template.line"].create(line), line)

    @classmethod
    def _fill_loop_of(cls, relation, case):
        """Put the records behind one case; states are set as the system would."""
        today = fields.Date.today()
        below = {"case_id": case.id}
        situation = cls.env["crisis.mandatory.situation"].search([], limit=1)
        done = {
            "crisis.plan": ({**below, "goals": "x"}, {"state": "active"}),
            "crisis.measure": (
                {**below, "title": "x", "user_id": case.user_id.id, "date_due": today},
                {},
            ),
            "crisis.session": ({**below, "notes": "x"}, {"state": "signed"}),
            "crisis.guardian.contact": ({**below, "told": "x"}, {"state": "signed"}),
            "crisis.guardian.waiver": ({**below, "reason": "x"}, {"state": "ended"}),
            "crisis.medical.record": ({**below, "finding": "x"}, {"state": "signed"}),
            "crisis.mandatory.report": (
                {**below, "situation_ids": [Command.set(situation.ids)]},
                {},
            ),
            "crisis.referral": (
                {**below, "resource_id": cls.resource.id, "reason": "x"},
                {"state": "sent"},
            ),
            "crisis.review": ({**below, "changes": "x", "reason": "x"}, {"state": "signed"}),
            "crisis.school.return": ({**below, "date_return": today}, {"state": "agreed"}),
        }
        for model, (values, state) in done.items():
            record = cls.env[model].create({**values, **cls._by(model, case.user_id)})
            record._set(state)
            # what somebody creates is the own one: see _fill_own
            creatable = model not in ("crisis.medical.record", "crisis.guardian.contact")
            cls._put(relation, record, values if creatable else None)
            if model == "crisis.plan":
                record._log_approval("asked")
                cls._put(relation, record.approval_ids)
            if model == "crisis.session" and relation in ("other_class", "other_school"):
                addendum = {"session_id": record.id, "text": "x"}
                cls._put(relation, cls.env["crisis.session.addendum"].create(addendum), addendum)
        cls._put(relation, cls._escalation(case), {"case_id": case.id, "step": "principal"})
        if relation != "medical":
            report = {
                "class_id": case.class_id.id,
                "period": "week",
                "date_start": today,
                "date_end": today,
                "date_due": fields.Datetime.now(),
            }
            cls._put(relation, cls.env["crisis.class.report"].create(report), report)

    @classmethod
    def _by(cls, model, user):
        """Return the author as a value, for models that have one the system sets."""
        field = cls.env[model]._fields.get("user_id")
        return {"user_id": user.id} if field else {}

    @classmethod
    def _escalation(cls, case, **vals):
        """Register that a step of ``case`` was passed on."""
        deadline = case.deadline_ids[0]
        return cls.env["crisis.escalation"].create(
            {
                "case_id": case.id,
                "deadline_id": deadline.id,
                "company_id": case.company_id.id,
                "step": "owner",
                "date": fields.Datetime.now(),
                "date_due": deadline.date_due,
                **vals,
            }
        )

    @classmethod
    def _fill_own(cls):
        """Put what belongs to the user, and what is still being written."""
        medical = cls.records["crisis.case", "medical"]
        mine = cls.records["crisis.case", "own_class"]
        today = fields.Date.today()
        measure = {"case_id": medical.id, "title": "x", "date_due": today}
        record = cls.env["crisis.measure"].create({**measure, "user_id": cls.psychology.id})
        record._set({"user_id": cls.me.id})
        cls._put("own", record, {**measure, "user_id": cls.psychology.id})
        session = {"case_id": medical.id, "notes": "x"}
        cls._put(
            "own", cls.env["crisis.session"].create({**session, "user_id": cls.me.id}), session
        )
        contact = {"case_id": mine.id, "told": "x"}
        cls._put(
            "own",
            cls.env["crisis.guardian.contact"].create({**contact, "user_id": cls.me.id}),
            contact,
        )
        finding = {"case_id": medical.id, "finding": "x"}
        cls._put(
            "own",
            cls.env["crisis.medical.record"].create({**finding, "user_id": cls.me.id}),
            finding,
        )
        for model, values in (
            ("crisis.plan", {"case_id": medical.id}),
            ("crisis.review", {"case_id": medical.id}),
            ("crisis.school.return", {"case_id": medical.id, "date_return": today}),
        ):
            cls._put("being_filled_in", cls.env[model].create(values), values)

    @classmethod
    def _fill_printed(cls):
        """Put a printed file of a case on which the user works."""
        case = cls.records["crisis.case", "medical"]
        case.team_ids = cls.me
        cls.env.flush_all()
        note_event(cls.env, "printed", case, text="x", pages=2)
        cls._end_transaction()
        cls._put("own", cls.env["crisis.disclosure"].search([("kind", "=", "printed")], limit=1))

    @classmethod
    def _fill_referred(cls):
        """Put a case of another school that is referred to the company of the user."""
        case = cls._make_case(cls._make_student("潘晓彤", "S015", cls.other_class))
        case.district_company_id = cls.school
        cls._put("referred_here", case)
        cls.school.partner_id.crisis_resource_kind = "district"
        referral = cls.env["crisis.referral"].create(
            {"case_id": case.id, "resource_id": cls.school.partner_id.id, "reason": "x"}
        )
        referral._set({"state": "sent"})
        cls._put("referred_here", referral)
        cls._put(
            "referred_here",
            cls._escalation(case, district_company_id=cls.school.id, step="district"),
        )
