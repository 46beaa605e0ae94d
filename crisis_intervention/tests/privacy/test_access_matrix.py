from itertools import combinations

from odoo import Command, fields
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import access_matrix
from ..common import DENIALS, CrisisCommon

MODULE = "crisis_intervention"
LETTERS = {"read": "R", "write": "W", "create": "C", "unlink": "D"}

# A harmless change of a record of each model.
WRITES = {
    "crisis.class": {"name": "9班"},
    "crisis.student": {"gender": "female"},
    "crisis.guardian": {"phone": "13900000000"},
    "crisis.class.membership": {"label": "x"},
    "crisis.concern": {"concerned_user_ids": []},
    "crisis.concern.addendum": {"text": "x"},
    "crisis.body.mark": {"note": "x"},
    "crisis.case": {"shared_advice": "x"},
    "crisis.deadline": {"date_due": "2030-01-01 00:00:00"},
    "crisis.case.change": {"reason": "x"},
    "crisis.chronology": {"date": "2030-01-01 00:00:00"},
    "crisis.instrument": {"description": "x"},
    "crisis.instrument.item": {"topic": "x"},
    "crisis.instrument.option": {"label": "x"},
    "crisis.instrument.scale": {"name": "x"},
    "crisis.instrument.band": {"name": "x"},
    "crisis.assessment": {"addendum_ids": []},  # all that a completed form takes
    "crisis.assessment.addendum": {"text": "x"},
    "crisis.assessment.decide": {"reason": "x"},
    "crisis.assessment.compare": {},
    "crisis.assessment.transcribe": {"date": "2026-09-01"},
    "crisis.assessment.transcribe.line": {"row": "x"},
    "crisis.instrument.import": {"filename": "x"},
    # signed and decided records take nothing, so that nothing is what is written
    "crisis.plan": {},
    "crisis.measure": {"result": "x"},
    "crisis.approval": {"text": "x"},
    "crisis.session": {},
    "crisis.session.addendum": {"text": "x"},
    "crisis.guardian.contact": {},
    "crisis.guardian.waiver": {},
    "crisis.medical.record": {},
    "crisis.mandatory.situation": {"source": "x"},
    "crisis.mandatory.report": {"facts": "x"},
    "crisis.referral": {"reply_by": "x"},
    "crisis.review": {},
    "crisis.school.return": {},
    "crisis.escalation": {"date": "2030-01-01 00:00:00"},
    "crisis.print.log": {"pages": 3},
    "crisis.number.gap": {"name": "x"},
    "crisis.disclosure": {"way": "form"},
    "crisis.class.report": {"date_due": "2030-01-01 00:00:00"},
    "crisis.plan.template": {"source": "x"},
    "crisis.plan.template.line": {"days": 3},
    "crisis.approval.decide": {"comment": "x"},
    "crisis.access.grant": {},
    "crisis.access.review": {"comment": "x"},
    "crisis.case.audience": {"roles": "x"},
    "crisis.person.request": {"wish": "x"},
    "crisis.legal.hold": {},
    "crisis.destruction": {"note": "x"},
    "crisis.destruction.line": {"reference": "x"},
    "crisis.emergency": {"place": "x"},
    "crisis.emergency.step": {"state": "done"},
    "crisis.emergency.alert": {"phone": "110"},
    "crisis.emergency.event": {"text": "x"},
    "crisis.emergency.measure": {"result": "x"},
    "crisis.emergency.report": {"facts": "x"},
    "crisis.emergency.witness": {"description": "x"},
    "crisis.protocol": {"name": "x"},
    "crisis.protocol.step": {"minutes": 3},
    "crisis.protocol.review": {"school_year": "2026-2027"},
    "crisis.stage": {"description": "x"},
    "crisis.stage.gate": {"risk_level": "red"},
    "crisis.category": {"description": "x"},
    "crisis.response.policy": {"source": "x"},
    "crisis.team": {"note": "x"},
    "crisis.team.member": {"phone": "110"},
    "crisis.concern.triage": {"dismiss_reason": "x"},
    "crisis.concern.triage.line": {"involved": False},
    "crisis.concern.restrict": {"concerned_user_ids": []},
    "crisis.case.change.wizard": {"reason": "x"},
    "crisis.handover": {"head_teacher_id": False},
    "crisis.student.register": {"partner_ids": []},
    "crisis.class.promote": {"class_ids": []},
}

# Ways that lead from a model to records; each returns what it finds.
SEARCHES = {
    "search": lambda model, domain: model.search(domain),
    "search_fetch": lambda model, domain: model.search_fetch(domain, ["display_name"]),
    "search_count": lambda model, domain: model.search_count(domain),
    "search_read": lambda model, domain: model.search_read(domain, ["create_date"]),
    "web_search_read": lambda model, domain: model.web_search_read(domain, {})["length"],
    "_read_group": lambda model, domain: model._read_group(domain, ["create_uid"], ["__count"]),
    "_read_group total": lambda model, domain: model._read_group(domain, [], ["__count"])[0][0],
    "web_read_group": lambda model, domain: model.web_read_group(
        domain, ["create_uid"], ["__count"]
    )["groups"],
    "formatted_read_group": lambda model, domain: model.formatted_read_group(
        domain, ["create_date:month"], ["__count"]
    ),
    "formatted_read_grouping_sets": lambda model, domain: model.formatted_read_grouping_sets(
        domain, [["create_uid"]], ["__count"]
    )[0],
    "name_search": lambda model, domain: model.name_search("", domain),
}

# Ways that start from the id of a record.
READS = {
    "read": lambda record: record.read(["create_date"]),
    "read display name": lambda record: record.read(["display_name"]),
    "attribute": lambda record: record.mapped("create_date"),
    "web_read": lambda record: record.web_read({"create_date": {}}),
    "export_data": lambda record: record.export_data(["create_date"]),
    "copy": lambda record: record.copy(),
}


class Undo(Exception):
    """Ends an attempt that was not refused, so that its effects are rolled back."""


class AccessMatrixCase(CrisisCommon):
    """One user who takes role after role, and one record of every relation to this user.

    As the user stays the same, the class, the reports and the dialogs stay "own" in each role: a
    rule that looks at the relation alone, and forgets the role, is found out.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A user who leads a class keeps the role in real life; here roles change below the class.
        cls.classPatch(cls.registry["res.users"], "_check_crisis_duties", lambda self: None)
        cls.me = cls._make_user("t_me", "head_teacher")
        cls.class_1.head_teacher_ids = cls.me
        cls.student_3 = cls._make_student("许安然", "S003", cls.class_2)
        cls.spare = {
            "own_class": cls._make_student("沈一诺", "S011", cls.class_1),
            "other_class": cls._make_student("郭子涵", "S012", cls.class_2),
            "medical": cls._make_student("邓可欣", "S013", cls.class_2),
            "other_school": cls._make_student("彭嘉怡", "S014", cls.other_class),
        }
        cls.records, cls.values = {}, {}
        cls._fill_directory()
        cls._fill_concerns()
        cls._fill_cases()
        cls._fill_instruments()
        cls._fill_assessments()
        cls._fill_configuration()
        cls._fill_loop()
        cls._fill_grants()
        cls._fill_rights()
        cls._fill_protocols()
        cls._fill_emergencies()
        cls._fill_dialogs()
        cls._fill_register()
        cls.env.flush_all()
        cls.env.invalidate_all()

    @classmethod
    def _put(cls, relation, record, values=None):
        """Keep ``record`` for ``relation``, and the ``values`` that would create another one."""
        cls.records[record._name, relation] = cls.env[record._name].browse(record.id)
        if values:
            cls.values[record._name, relation] = values

    @classmethod
    def _fill_directory(cls):
        for relation, class_, student in (
            ("own_class", cls.class_1, cls.student_1),
            ("other_class", cls.class_2, cls.student_2),
            ("other_school", cls.other_class, cls.other_student),
        ):
            company = class_.company_id.id
            class_values = {"name": "8班", "grade": 5, "company_id": company}
            if relation == "own_class":
                class_values["head_teacher_ids"] = [Command.set(cls.me.ids)]
            cls._put(relation, class_, class_values)
            cls._put(
                relation,
                student,
                {
                    "name": "新同学",
                    "student_number": "N1",
                    "class_id": class_.id,
                    "company_id": company,
                },
            )
            guardian = {"student_id": student.id, "name": "家长", "phone": "13800000000"}
            cls._put(relation, cls.env["crisis.guardian"].create(guardian), guardian)
            cls._put(
                relation,
                student.membership_ids,
                {
                    "student_id": student.id,
                    "class_id": class_.id,
                    "label": "x",
                    "grade": 3,
                    "school_year": "2026-2027",
                    "date_from": "2026-09-01",
                },
            )

    @classmethod
    def _fill_concerns(cls):
        about = {"restricted": True, "concerned_user_ids": [Command.set(cls.doctor.ids)]}
        about_me = {"restricted": True, "concerned_user_ids": [Command.set(cls.me.ids)]}
        marks = {"body_mark_ids": [Command.create({"x": 10, "y": 10})]}
        for relation, reporter, student, extra in (
            ("own_report", cls.me, cls.student_2, {}),
            ("others_report", cls.staff, cls.student_1, {}),
            ("own_restricted", cls.me, cls.student_2, about),
            ("restricted", cls.staff, cls.student_1, about),
            ("concerns_user", cls.staff, cls.student_1, about_me),
            ("other_school", cls.other_psychology, cls.other_student, {}),
        ):
            concern = cls._make_concern(reporter, student, **marks, **extra).sudo()
            values = {
                "student_ids": [Command.set(student.ids)],
                "company_id": student.company_id.id,
                "description": "整节课趴在桌上。",
                "location": "教室",
                "immediate_danger": "no",
                "told_in_person": "yes",
                **marks,
                **extra,
            }
            creatable = relation in ("own_report", "own_restricted", "other_school")
            cls._put(relation, concern, values if creatable else None)
            cls._put(relation, concern.body_mark_ids)
            addendum = {"concern_id": concern.id, "text": "补充"}
            addenda = cls.env["crisis.concern.addendum"]
            cls._put(relation, addenda.create({**addendum, "user_id": reporter.id}), addendum)
            if relation == "own_report":
                cls._put(
                    "own_report_others_note",
                    addenda.create({**addendum, "user_id": cls.psychology.id}),
                )

    @classmethod
    def _fill_cases(cls):
        for relation, student in (
            ("own_class", cls.student_1),
            ("other_class", cls.student_2),
            ("medical", cls.student_3),
            ("other_school", cls.other_student),
        ):
            medical = {"medical_involved": relation == "medical"}
            case = cls._make_case(
                student,
                risk_level="yellow",
                background="x",
                shared_advice="x",
                concern_ids=[
                    Command.set(
                        cls.env["crisis.concern"].search([("student_ids", "in", student.ids)]).ids
                    )
                ],
                **medical,
            )
            case.write({"risk_level": "orange", "change_reason": "x"})
            cls._put(
                relation,
                case,
                {"student_id": cls.spare[relation].id, "user_id": cls.psychology.id, **medical},
            )
            cls._put(
                relation,
                case.deadline_ids.filtered(lambda step: step.kind == "first_contact"),
                {"case_id": case.id, "kind": "plan_approval", "date_due": fields.Datetime.now()},
            )
            cls._put(relation, case.change_ids, {"case_id": case.id, "reason": "x"})
            line = {"case_id": case.id, "kind": "opened", "date": case.date_opened}
            cls._put(
                relation,
                cls.env["crisis.chronology"].search(
                    [("case_id", "=", case.id), ("kind", "=", "opened")]
                ),
                {**line, "res_model": case._name, "res_id": case.student_id.id},
            )

    @classmethod
    def _fill_instruments(cls):
        for relation, company in (
            ("general", cls.env["res.company"]),
            ("own_school", cls.school),
            ("other_school", cls.other_school),
        ):
            instrument = cls._make_instrument(company, published=False)
            cls._put(
                relation,
                instrument,
                {"name": "x", "code": "x", "for_student": True, "company_id": company.id},
            )
            part = {"instrument_id": instrument.id}
            scale = instrument.scale_ids
            cls._put(relation, instrument.item_ids[0], {**part, "code": "x"})
            cls._put(relation, instrument.option_ids[0], {**part, "code": "x", "label": "x"})
            cls._put(relation, scale, {**part, "code": "x", "name": "x"})
            cls._put(relation, instrument.band_ids[0], {**part, "scale_id": scale.id, "name": "x"})

    @classmethod
    def _fill_assessments(cls):
        cls.instrument = cls._make_instrument(cls.env["res.company"], code="published")
        answers = {"1": "3", "2": "0", "3": "0"}
        for relation, student, user in (
            ("own_class", cls.student_1, cls.psychology),
            ("other_class", cls.student_2, cls.psychology),
            ("medical", cls.student_3, cls.psychology),
            ("being_filled_in", cls.student_3, cls.psychology),
            ("other_school", cls.other_student, cls.other_psychology),
        ):
            form = cls._make_assessment(student, answers, cls.instrument, user)
            if relation != "being_filled_in":
                form.action_complete()
            cls._put(relation, form, {"student_id": student.id, "instrument_id": cls.instrument.id})
            if relation in ("other_class", "other_school"):
                addendum = {"assessment_id": form.id, "text": "x"}
                cls._put(relation, cls.env["crisis.assessment.addendum"].create(addendum), addendum)

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
        """Put printed files: one of a case on which the user works."""
        cls.records["crisis.case", "medical"].team_ids = cls.me
        for relation, of_case in (
            ("own", "medical"),
            ("other_class", "other_class"),
            ("other_school", "other_school"),
        ):
            case = cls.records["crisis.case", of_case]
            values = {"case_id": case.id, "text": "x", "pages": 2}
            cls._put(relation, cls.env["crisis.print.log"].create(values), values)

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

    @classmethod
    def _fill_configuration(cls):
        stage = cls.env.ref(f"{MODULE}.crisis_stage_discovered")
        cls._put("any", stage, {"name": "x", "sequence": 1})
        cls._put("any", stage.gate_ids[0], {"stage_id": stage.id, "code": "plan"})
        category = cls.env.ref(f"{MODULE}.crisis_category_bullying")
        cls._put("any", category, {"name": "x"})
        policies = cls.env["crisis.response.policy"]
        for relation, company in (
            ("general", cls.env["res.company"]),
            ("own_school", cls.school),
            ("other_school", cls.other_school),
        ):
            # archived: one active standard per level and school
            values = {
                "risk_level": "red",
                "review_interval_days": 1,
                "company_id": company.id,
                "active": False,
            }
            cls._put(relation, policies.create({**values, "active": bool(company)}), values)
            if not company:
                continue
            gap = {"name": "CI/1/1", "company_id": company.id, "date": fields.Datetime.now()}
            cls._put(relation, cls.env["crisis.number.gap"].create(gap), {**gap, "name": "CI/1/2"})
            team = {"name": "x", "company_id": company.id}
            cls._put(relation, cls.env["crisis.team"].create(team), team)
            member = {
                "team_id": cls.records["crisis.team", relation].id,
                "user_id": cls.staff.id,
            }
            cls._put(
                relation,
                cls.env["crisis.team.member"].create(member),
                {**member, "duty": "chair"},
            )

    @classmethod
    def _fill_grants(cls):
        """Put permissions to look: the own one, and colleagues' in every state that matters."""
        for relation, user, student, state in (
            ("own", cls.me, cls.student_2, {}),
            ("own_school", cls.staff, cls.student_1, {"state": "waiting"}),
            ("others_draft", cls.staff, cls.student_1, {}),
            ("emergency", cls.staff, cls.student_1, {"state": "active", "is_emergency": True}),
            ("other_school", cls.other_psychology, cls.other_student, {"state": "waiting"}),
        ):
            values = {"student_id": student.id, "scope": "case", "purpose": "x"}
            grant = cls.env["crisis.access.grant"].create({**values, "user_id": user.id})
            grant._set(state)
            cls._put(relation, grant, values if relation in ("own", "other_school") else None)

    @classmethod
    def _fill_rights(cls):
        """Put requests about personal data, legal holds and destruction records."""
        for relation in ("own_class", "other_class", "other_school"):
            case = cls.records["crisis.case", relation]
            for model, values in (
                ("crisis.person.request", {"student_id": case.student_id.id, "asked_by": "x"}),
                ("crisis.legal.hold", {"case_id": case.id, "reason": "x"}),
            ):
                cls._put(relation, cls.env[model].create(values), values)
            if relation == "other_class":
                continue
            record = cls.env["crisis.destruction"].create({"company_id": case.company_id.id})
            line = {"destruction_id": record.id, "case_id": case.id, "reference": "x"}
            place = {"own_class": "own_school"}.get(relation, relation)
            cls._put(place, record, {"company_id": case.company_id.id})
            cls._put(place, cls.env["crisis.destruction.line"].create(line), line)

    @classmethod
    def _fill_protocols(cls):
        for relation, company in (
            ("general", cls.env["res.company"]),
            ("own_school", cls.school),
            ("other_school", cls.other_school),
        ):
            values = {"name": "x", "kind": "missing", "company_id": company.id}
            protocol = cls.env["crisis.protocol"].create(values)
            cls._put(relation, protocol, values)
            step = {"protocol_id": protocol.id, "name": "x"}
            cls._put(relation, cls.env["crisis.protocol.step"].create(step), step)
            if company:
                cls._put(
                    relation,
                    cls.env["crisis.protocol.review"].create(
                        {
                            "protocol_id": protocol.id,
                            "company_id": company.id,
                            "school_year": "2020-2021",
                        }
                    ),
                    {
                        "protocol_id": protocol.id,
                        "company_id": company.id,
                        "school_year": "2021-2022",
                    },
                )

    @classmethod
    def _fill_emergencies(cls):
        """Put an emergency of every relation, with what hangs on it."""
        teams = cls.env["crisis.team"].search([("kind", "=", "leading")])
        teams.active = False
        cls._make_team(security=cls.security)
        cls._make_team(cls.other_school, psychology=cls.other_psychology)
        start = {"kind": "missing", "place": "校门"}
        for relation, user, student in (
            ("own", cls.me, cls.env["crisis.student"]),
            ("alerted", cls.staff, cls.env["crisis.student"]),
            ("own_class", cls.staff, cls.student_1),
            ("other_class", cls.staff, cls.student_2),
            ("reported_here", cls.other_psychology, cls.env["crisis.student"]),
            ("other_school", cls.other_psychology, cls.other_student),
        ):
            company = user.company_id
            emergency = (
                cls._start_emergency(
                    user, "missing", "校门", student_ids=[Command.set(student.ids)]
                )
                .sudo()
                .with_env(cls.env)
            )
            if relation == "alerted":
                emergency.alert_ids.user_id = cls.me
            cls._put(relation, emergency, start if relation == "own" else None)
            step, alert = emergency.step_ids[0], emergency.alert_ids[0]
            cls._put(
                relation,
                step,
                {"emergency_id": emergency.id, "protocol_step_id": step.protocol_step_id.id},
            )
            now = fields.Datetime.now()
            cls._put(
                relation,
                alert,
                {
                    "emergency_id": emergency.id,
                    "user_id": cls.doctor.id,
                    "duties": "medical",
                    "date": now,
                    "date_due": now,
                },
            )
            cls._put(
                relation, emergency.event_ids[0], {"emergency_id": emergency.id, "kind": "note"}
            )
            if relation == "alerted":
                continue
            owner = {"own": cls.me, "other_school": cls.other_psychology}.get(relation, cls.staff)
            if relation != "reported_here":
                measure = {
                    "emergency_id": emergency.id,
                    "name": "x",
                    "user_id": owner.id,
                    "date_due": fields.Date.today(),
                }
                cls._put(relation, cls.env["crisis.emergency.measure"].create(measure), measure)
            if relation != "own":
                report = {"emergency_id": emergency.id}
                letter = cls.env["crisis.emergency.report"].create(report)
                cls._put(relation, letter, report if company == cls.school else None)
                if relation == "reported_here":
                    letter._set({"district_company_id": cls.school.id, "state": "sent"})
                    emergency._set({"district_company_id": cls.school.id})
        teams.active = True

    @classmethod
    def _fill_dialogs(cls):
        report = cls.records["crisis.concern", "others_report"]
        case = cls.records["crisis.case", "other_class"]
        form = cls.records["crisis.assessment", "other_class"]
        grant = cls.records["crisis.access.grant", "emergency"]
        cls._take("psychology_teacher")
        for relation, user in (("own_dialog", cls.me), ("others_dialog", cls.psychology)):
            for model, values in (
                ("crisis.concern.triage", {"concern_id": report.id}),
                ("crisis.concern.restrict", {"concern_id": report.id}),
                ("crisis.case.change.wizard", {"case_id": case.id}),
                ("crisis.handover", {"from_user_id": cls.head_teacher_2.id}),
                ("crisis.student.register", {"class_id": cls.class_1.id}),
                ("crisis.class.promote", {"company_id": cls.school.id}),
                ("crisis.assessment.decide", {"assessment_id": form.id}),
                ("crisis.assessment.compare", {"first_id": form.id, "second_id": form.id}),
                (
                    "crisis.assessment.transcribe",
                    {"instrument_id": cls.instrument.id, "class_id": cls.class_1.id},
                ),
                ("crisis.instrument.import", {"file": "eA=="}),
                ("crisis.access.review", {"grant_id": grant.id}),
                (
                    "crisis.case.audience",
                    {"case_id": case.id, "user_id": cls.staff.id, "relation": "role"},
                ),
                (
                    "crisis.emergency.witness",
                    {"emergency_id": cls.records["crisis.emergency", "other_class"].id},
                ),
                ("crisis.approval.decide", {"res_model": "crisis.plan", "res_id": 1}),
            ):
                dialog = cls.env[model].with_user(user).create(values)
                cls._put(relation, dialog, values if user == cls.me else None)
                if model == "crisis.assessment.transcribe":
                    line = {"wizard_id": dialog.id, "student_id": cls.student_1.id}
                    cls._put(relation, dialog.line_ids[0], line if user == cls.me else None)
                if model == "crisis.concern.triage":
                    line = {"triage_id": dialog.id, "student_id": cls.student_2.id}
                    cls._put(relation, dialog.line_ids, line if user == cls.me else None)

    @classmethod
    def _fill_register(cls):
        """Put an entry of the register about each case, and about one that the user owns."""
        own = cls._make_case(cls._make_student("汪思远", "S021", cls.class_2), background="x")
        # past the check of the role, which changes below the case
        own._write_multi([{"user_id": cls.me.id}])
        cls.records["crisis.disclosure", "own_case"] = cls._disclosed(own)
        for relation in ("other_class", "other_school"):
            cls._put(relation, cls._disclosed(cls.records["crisis.case", relation]))

    @classmethod
    def _disclosed(cls, case):
        """Return the entry of a reading of ``case``."""
        register = cls.env["crisis.disclosure"]
        cls.env.flush_all()
        register._note(cls.principal.id, case, "background", "form")
        cls.env.cr.precommit.run()
        return register.search([("res_model", "=", case._name), ("res_id", "=", case.id)], limit=1)

    @classmethod
    def _take(cls, *roles):
        """Give the user these roles and no other; exports are open to the user in any role."""
        groups = {"base.group_user", f"{MODULE}.group_export"}
        groups.update(group for role in roles for group in access_matrix.groups(role))
        cls.me.group_ids = [Command.set([cls.env.ref(group).id for group in groups])]
        cls.env.invalidate_all()

    def _mine(self, record):
        """Return ``record`` or model as the user sees it, with nothing in the cache."""
        self.env.invalidate_all()
        return record.with_user(self.me).with_company(self.school).sudo(False)

    def _refusal(self, action):
        """Try ``action``, undo it, and return the error that refused it, or None."""
        try:
            with self.env.cr.savepoint():
                action()
                self.env.flush_all()
                raise Undo
        except Undo:
            return None
        except UserError as error:
            return error

    def _found(self, search, record_set):
        """Return what one of ``SEARCHES`` finds of these records, or the access error."""
        try:
            return search(self._mine(record_set.browse()), [("id", "in", record_set.ids)])
        except AccessError as error:
            return error

    def _rows(self, role):
        """Yield (relation, record, cell) of all records, as ``role`` meets them."""
        for (model, relation), record in self.records.items():
            yield relation, record, self.table[model][relation][role]

    @property
    def table(self):
        """The matrix: dict of model to relation to role to cell."""
        return access_matrix.cells()


@tagged("post_install", "-at_install")
class TestAccessMatrix(AccessMatrixCase):
    """The whole matrix: every role, model, operation and relation."""

    def test_table_is_complete(self):
        models = {
            name
            for name, model in self.registry.items()
            if self.env["crisis.record"]._is_ours(name)
            and not model._abstract
            and model._original_module == MODULE
            # views of the database: what they show follows from the models behind them
            and model._auto
        }
        self.assertGreater(len(models), 20)
        self.assertEqual(models, set(self.table), "models missing in the table, or in the addon")
        rows = {(model, relation) for model, lines in self.table.items() for relation in lines}
        self.assertEqual(rows, set(self.records), "lines without a record, or the reverse")
        self.assertEqual(models, set(WRITES))
        for model, relation in rows - set(self.values):
            self.assertFalse(
                [cell for cell in self.table[model][relation].values() if "C" in cell],
                f"{model} {relation} promises what is not tried",
            )

    def test_administrator_is_configurator_and_nothing_else(self):
        ours = self.env["res.groups"].search(
            [
                (
                    "privilege_id.category_id",
                    "=",
                    self.env.ref(f"{MODULE}.group_staff").privilege_id.category_id.id,
                )
            ]
        )
        self.assertEqual(len(ours), 10)
        self.assertEqual(
            self.env.ref("base.user_admin").all_group_ids & ours,
            self.env.ref(f"{MODULE}.group_configurator"),
        )

    @mute_logger(*DENIALS)
    def test_by_id(self):
        for role in access_matrix.ROLES:
            self._take(role)
            for relation, record, cell in self._rows(role):
                for operation, letter in LETTERS.items():
                    with self.subTest(
                        role=role, model=record._name, relation=relation, operation=operation
                    ):
                        self._check_operation(record, relation, operation, letter in cell)

    def _check_operation(self, record, relation, operation, allowed):
        """Check one operation on one record, asked for and really done."""
        if operation == "create":
            values = self.values.get((record._name, relation))
            if not values:
                return
            refusal = self._refusal(lambda: self._mine(record.browse()).create(dict(values)))
        else:
            self.assertEqual(self._mine(record).has_access(operation), allowed)
            actions = {
                "read": lambda: self._mine(record).read(),
                "write": lambda: self._mine(record).write(WRITES[record._name]),
                "unlink": lambda: self._mine(record).unlink(),
            }
            refusal = self._refusal(actions[operation])
        if allowed:
            self.assertIsNone(refusal)
        elif operation == "write" and record._name in (
            "crisis.approval",
            "crisis.print.log",
            "crisis.assessment.addendum",
            "crisis.concern.addendum",
            "crisis.session.addendum",
            "crisis.body.mark",
            "crisis.emergency.event",
            "crisis.protocol.review",
        ):
            self.assertIsInstance(refusal, UserError)  # refused to all, before rights are asked
        else:
            self.assertIsInstance(refusal, AccessError)

    def test_marks_come_with_their_report_only(self):
        for role in access_matrix.ROLES:
            self._take(role)
            for relation, record, _cell in self._rows(role):
                if record._name == "crisis.body.mark":
                    values = {"concern_id": record.sudo().concern_id.id, "x": 1, "y": 1}
                    with self.subTest(role=role, relation=relation):
                        refusal = self._refusal(
                            lambda v=values: self._mine(self.env["crisis.body.mark"]).create(v)
                        )
                        self.assertIsInstance(refusal, UserError)

    @mute_logger(*DENIALS)
    def test_searches(self):
        for role in access_matrix.ROLES:
            self._take(role)
            for model, lines in self.table.items():
                visible, hidden = self.env[model], self.env[model]
                for relation, row in lines.items():
                    if "R" in row[role]:
                        visible |= self.records[model, relation]
                    else:
                        hidden |= self.records[model, relation]
                closed = "-" in {row[role] for row in lines.values()}
                for name, search in SEARCHES.items():
                    search = self._with_archived(search)
                    with self.subTest(role=role, model=model, door=name):
                        if hidden:
                            self._check_hidden(self._found(search, hidden), closed)
                        if visible:
                            self.assertTrue(self._found(search, visible))
                            self.assertNotIsInstance(self._found(search, visible), AccessError)

    def _with_archived(self, search):
        """Let ``search`` find archived records too."""
        return lambda model, domain: search(model.with_context(active_test=False), domain)

    def _check_hidden(self, found, closed):
        """Check that a search found nothing, or was refused where the model is closed."""
        if closed:
            self.assertIsInstance(found, AccessError)
        else:
            self.assertNotIsInstance(found, AccessError)
            self.assertFalse(found)

    @mute_logger(*DENIALS)
    def test_reads_by_id(self):
        for role in access_matrix.ROLES:
            self._take(role)
            for relation, record, cell in self._rows(role):
                for name, read in READS.items():
                    if name == "copy" and "R" in cell:
                        continue
                    with self.subTest(role=role, model=record._name, relation=relation, door=name):
                        refusal = self._refusal(lambda r=record, f=read: f(self._mine(r)))
                        if "R" in cell:
                            self.assertIsNone(refusal)
                        else:
                            self.assertIsInstance(refusal, AccessError)

    @mute_logger(*DENIALS)
    def test_names_of_hidden_records(self):
        for role in access_matrix.ROLES:
            self._take(role)
            for relation, record, cell in self._rows(role):
                if "R" in cell or cell == "-" or record._transient:
                    continue
                name = record.sudo().display_name
                with self.subTest(role=role, model=record._name, relation=relation):
                    model = self._mine(record.browse()).with_context(active_test=False)
                    self.assertNotIn(record.id, [id_ for id_, _ in model.name_search(name)])
                    by_name = model.web_search_read([("display_name", "=", name)], {})["records"]
                    self.assertNotIn(record.id, [values["id"] for values in by_name])

    @mute_logger(*DENIALS)
    def test_through_relations(self):
        for role in access_matrix.ROLES:
            self._take(role)
            denied = {
                record: cell for _relation, record, cell in self._rows(role) if "R" not in cell
            }
            for relation, record, cell in self._rows(role):
                if "R" not in cell:
                    continue
                for field in record._fields.values():
                    target = self.env.get(field.comodel_name) if field.relational else None
                    if target is None or field.comodel_name not in self.table:
                        continue
                    behind = record.sudo()[field.name].filtered(lambda r, d=denied: r in d)
                    with self.subTest(
                        role=role, model=record._name, relation=relation, field=field.name
                    ):
                        if behind:
                            self._check_behind(record, field, behind.sudo(False))

    def _check_behind(self, record, field, behind):
        """Check that what is ``behind`` a field of a readable record stays hidden."""
        name = field.name
        spec = {name: {"fields": {"id": {}, "create_date": {}}}}
        refusal = self._refusal(lambda: self._mine(record)[name].mapped("create_date"))
        shown = self._mine(record).env[behind._name]
        if refusal is None:
            shown = self._mine(record)[name]
            self.assertFalse(shown & behind)
            values = self._mine(record).web_read(spec)[0][name]
            if isinstance(values, list):
                self.assertFalse({line["id"] for line in values} & set(behind.ids))
        else:
            self.assertIsInstance(refusal, AccessError)
            web_refusal = self._refusal(lambda: self._mine(record).web_read(spec))
            if web_refusal is None:
                values = self._mine(record).web_read(spec)[0][name]
                values = values if isinstance(values, list) else [values]
                self.assertFalse([v for v in values if v and v.get("create_date")])
        if field._description_searchable:
            domain = [
                ("id", "=", record.id),
                (name, "any", [("id", "in", behind.ids), ("create_date", "!=", False)]),
            ]
            try:
                found = self._mine(record.browse()).search(domain)
            except AccessError:
                return
            self.assertFalse(found)

    @mute_logger(*DENIALS)
    def test_roles_add_up(self):
        roles = [role for role in access_matrix.ROLES if role not in ("nobody", "administrator")]
        self.assertEqual(len(roles), 9)
        for pair in combinations(roles, 2):
            self._take(*pair)
            for (model, relation), record in self.records.items():
                row = self.table[model][relation]
                letters = access_matrix.union(row[role] for role in pair)
                mine = self._mine(record)
                with self.subTest(roles=pair, model=model, relation=relation):
                    for operation in ("read", "write", "unlink"):
                        self.assertEqual(
                            mine.has_access(operation), LETTERS[operation] in letters, operation
                        )
                    found = self._found(SEARCHES["search"], record.with_context(active_test=False))
                    if all(row[role] == "-" for role in pair):
                        self.assertIsInstance(found, AccessError)
                    elif record.sudo()._fields.get("active") is None or record.sudo().active:
                        self.assertEqual(bool(found), "R" in letters)

    def test_other_schools_cannot_be_switched_on(self):
        for role in ("psychology_teacher", "principal", "configurator", "district"):
            self._take(role)
            for (model, relation), record in self.records.items():
                if relation != "other_school" or self.table[model][relation][role] == "-":
                    continue
                mine = record.with_user(self.me).with_context(
                    allowed_company_ids=[self.school.id, self.other_school.id]
                )
                with self.subTest(role=role, model=model):
                    self.assertIsInstance(
                        self._refusal(lambda m=mine: m.read(["create_date"])), AccessError
                    )
                    self.assertIsInstance(
                        self._refusal(lambda m=mine: m.browse().search([])), AccessError
                    )


@tagged("post_install", "-at_install")
class TestFieldAudience(AccessMatrixCase):
    """Fields with an audience smaller than their model's: closed on every way to everybody else."""

    def _audiences(self):
        """Yield (field, readers, writers) of ``FIELDS``."""
        for model, lines in access_matrix.FIELDS.items():
            for names, readers, writers in lines:
                for name in names.split():
                    yield self.env[model]._fields[name], readers, writers

    def test_table_is_complete(self):
        own = {
            (model, name)
            for model in self.table
            for name, field in self.env[model]._fields.items()
            if field.groups and MODULE in field._modules
        }
        listed = {(field.model_name, field.name) for field, _readers, _writers in self._audiences()}
        self.assertEqual(own, listed, "fields missing in the table, or without groups")

    def _record_for(self, role, model, letter="R"):
        """Return a record of ``model`` that ``role`` may read (or write), or None."""
        for relation, row in self.table[model].items():
            if letter in row[role] and "R" in row[role]:
                return self.records[model, relation]
        return None

    def test_readers(self):
        for role in access_matrix.ROLES:
            self._take(role)
            for field, readers, _writers in self._audiences():
                record = self._record_for(role, field.model_name)
                if not record:
                    continue
                with self.subTest(role=role, model=field.model_name, field=field.name):
                    refusal = self._refusal(lambda r=record, f=field: self._mine(r).read([f.name]))
                    if role in readers:
                        self.assertIsNone(refusal)
                    else:
                        self.assertIsInstance(refusal, AccessError)
                        self._check_closed(record, field)

    def _check_closed(self, record, field):
        """Check that a field is out of reach: read, search, order, groups, export, write."""
        name = field.name
        probe = self._probe(field, name)
        mine = self._mine(record)
        model = mine.browse()
        doors = {
            "attribute": lambda: mine[name],
            "mapped": lambda: mine.mapped(name),
            "web_read": lambda: mine.web_read({name: {}}),
            "web_search_read": lambda: model.web_search_read([("id", "=", mine.id)], {name: {}}),
            "search_read": lambda: model.search_read([("id", "=", mine.id)], [name]),
            "export_data": lambda: mine.export_data([name]),
            "write": lambda: mine.write({name: False}),
            "create": lambda: model.create({**self._new_values(field.model_name), name: False}),
        }
        searchable = {
            "search": lambda: model.search([probe]),
            "search_count": lambda: model.search_count([probe]),
            "filtered_domain": lambda: mine.filtered_domain([probe]),
            "order": lambda: model.search([], order=name),
            "_read_group": lambda: model._read_group([], [self._grouping(field)], ["__count"]),
            "web_read_group": lambda: model.web_read_group(
                [], [self._grouping(field)], ["__count"]
            ),
            "formatted_read_group": lambda: model.formatted_read_group(
                [], [self._grouping(field)], ["__count"]
            ),
            "aggregate": lambda: model._read_group([], [], [f"{name}:count"]),
        }
        for door, action in doors.items():
            with self.subTest(door=door, field=name):
                self.env.invalidate_all()
                # what was submitted is closed to all, before rights are asked
                submitted = door == "write" and field.model_name == "crisis.concern"
                self.assertIsInstance(
                    self._refusal(action), UserError if submitted else AccessError
                )
        for door, action in searchable.items():
            with self.subTest(door=door, field=name):
                self.env.invalidate_all()
                try:
                    self.assertIsInstance(self._refusal(action), AccessError)
                except ValueError:
                    # what is not in the database cannot be searched or grouped by anybody
                    self.assertFalse(field.column_type and field.store)

    def _new_values(self, model):
        """Return values that create a record of ``model``, for those who may."""
        return next(values for (name, _), values in self.values.items() if name == model)

    def _probe(self, field, path):
        """Return a condition on ``path`` that cannot be decided without the values of ``field``."""
        if field.type == "selection":
            return (path, "=", field.get_values(self.env)[0])
        if field.type == "many2one":
            return (path, "=", 1)  # Odoo knows without looking that a required one is not empty
        return (path, "!=", False)

    def _grouping(self, field):
        """Return the group-by specification of ``field``."""
        return f"{field.name}:month" if field.type in ("date", "datetime") else field.name

    def test_closed_from_other_models(self):
        """A dotted path is no way round the audience of the field at its end."""
        for role in access_matrix.ROLES:
            self._take(role)
            for field, readers, _writers in self._audiences():
                if role in readers or not field.store:
                    continue
                for model in self.table:
                    if not self._record_for(role, model):
                        continue
                    for link in self.env[model]._fields.values():
                        if link.comodel_name != field.model_name or not link.store:
                            continue
                        path = f"{link.name}.{field.name}"
                        with self.subTest(role=role, model=model, path=path):
                            mine = self._mine(self.env[model])
                            self.assertIsInstance(
                                self._refusal(
                                    lambda m=mine, p=path, f=field: m.search([self._probe(f, p)])
                                ),
                                AccessError,
                            )

    def test_writers(self):
        lines = {
            "membership_ids": [Command.create({"label": "x"})],
            "deadline_ids": [
                Command.create({"kind": "plan_approval", "date_due": fields.Datetime.now()})
            ],
            "change_ids": [Command.create({"reason": "x"})],
            "concern_ids": [Command.clear()],
            "hold_ids": [Command.create({"reason": "x"})],
        }
        for role in access_matrix.ROLES:
            self._take(role)
            for field, readers, writers in self._audiences():
                record = self._record_for(role, field.model_name, "W")
                if not record or not (field.store or field.name == "change_reason"):
                    continue
                value = lines.get(field.name)
                if value is None:
                    known = record.sudo()
                    value = field.convert_to_write(known[field.name], known)
                with self.subTest(role=role, model=field.model_name, field=field.name):
                    refusal = self._refusal(
                        lambda r=record, f=field, v=value: self._mine(r).write({f.name: v})
                    )
                    if role in writers:
                        self.assertIn(role, readers)
                        self.assertIsNone(refusal)
                    elif role in readers:
                        self.assertIsInstance(refusal, UserError)
                    else:
                        self.assertIsInstance(refusal, AccessError)


@tagged("post_install", "-at_install")
class TestKeptBySystem(AccessMatrixCase):
    """Where a role may do something with a record, but not this."""

    def test_no_oracle_for_open_cases(self):
        """Trying to open a case tells nobody without access whether the student has one."""
        for role in access_matrix.ROLES:
            if "C" in self.table["crisis.case"]["own_class"][role]:
                continue
            self._take(role)
            answers = set()
            for student in (self.student_1, self.student_2, self.spare["own_class"]):
                with self.subTest(role=role, student=student.student_number):
                    cases = self._mine(self.env["crisis.case"])
                    try:
                        refusal = self._refusal(
                            lambda m=cases, s=student: m.create({"student_id": s.id})
                        )
                    except RedirectWarning as warning:
                        refusal = warning
                    answers.add(str(refusal))
                    self.assertIsInstance(refusal, AccessError)
            with self.subTest(role=role):
                self.assertEqual(len(answers), 1)

    def test_handover_lists_nothing_of_other_schools(self):
        """The proposals of the dialog are computed within the user's own access."""
        self._take("psychology_teacher")
        dialog = (
            self.env["crisis.handover"]
            .with_user(self.me)
            .create({"from_user_id": self.other_psychology.id})
        ).sudo()
        self.assertFalse(dialog.case_ids)
        self.assertFalse(dialog.class_ids)
        self.assertFalse(dialog.psychology_class_ids)

    def test_steps_are_dated_by_the_system(self):
        """Roles mark steps as done; when they are due, who did them and when is not theirs."""
        deadline = self.records["crisis.deadline", "other_class"]
        for role in ("psychology_teacher", "moral_education", "principal"):
            self._take(role)
            for values in (
                {"date_due": "2030-01-01 00:00:00"},
                {"date_done": "2020-01-01 00:00:00"},
                {"done_by_id": self.staff.id},
                {"kind": "session"},
            ):
                with self.subTest(role=role, field=next(iter(values))):
                    refusal = self._refusal(lambda v=values: self._mine(deadline).write(v))
                    self.assertIsInstance(refusal, UserError)

    def test_steps_are_finished_by_those_who_write_the_case(self):
        """Whoever may write a case marks its steps as done, and nobody else does."""
        for role in access_matrix.ROLES:
            self._take(role)
            for relation in self.table["crisis.deadline"]:
                row = self.table["crisis.case"][relation]
                deadline = self.records["crisis.deadline", relation]
                with self.subTest(role=role, relation=relation):
                    refusal = self._refusal(lambda d=deadline: self._mine(d).action_done())
                    if "W" in row[role]:
                        self.assertIsNone(refusal)
                    else:
                        self.assertIsInstance(refusal, AccessError)


# How records that may be about several cases, or are one, lead to them.
CASE_LINKS = {
    "crisis.case": "id",
    "crisis.concern": "case_ids",
    "crisis.emergency": "case_ids",
}
# Which roles have a chronology at all.
CHRONOLOGY_READERS = {
    *("head_teacher", "school_doctor", "psychology_teacher", "moral_education", "principal"),
}


@tagged("post_install", "-at_install")
class TestChronologyRows(AccessMatrixCase):
    """Each role has a row for what it may read by the matrix, and for nothing else."""

    @mute_logger(*DENIALS)
    def test_rows_follow_the_matrix(self):
        everything = self.env["crisis.chronology"].search([])
        happened = {(row.res_model, row.res_id) for row in everything}
        for role in access_matrix.ROLES:
            self._take(role)
            rows = self._mine(self.env["crisis.chronology"])
            with self.subTest(role=role):
                if role not in CHRONOLOGY_READERS:
                    self.assertIsInstance(self._refusal(lambda r=rows: r.search([])), AccessError)
                    continue
                shown = {(row.res_model, row.res_id) for row in rows.search([])}
                readable_cases = {
                    self.records["crisis.case", relation].id
                    for relation, row in self.table["crisis.case"].items()
                    if "R" in row[role]
                }
                for (model, relation), record in self.records.items():
                    if (model, record.id) not in happened:
                        continue
                    link = CASE_LINKS.get(model, "case_id")
                    cases = record.sudo().mapped(link)
                    expected = "R" in self.table[model][relation][role] and bool(
                        readable_cases.intersection(cases if link == "id" else cases.ids)
                    )
                    with self.subTest(model=model, relation=relation):
                        self.assertEqual((model, record.id) in shown, expected)
                for model, res_id in shown:
                    self.assertTrue(self._mine(self.env[model].browse(res_id)).has_access("read"))
                foreign = everything.filtered(lambda r, s=shown: (r.res_model, r.res_id) not in s)
                self.assertTrue(foreign)
                self.assertFalse(self._mine(foreign).read(["kind", "line"]))
