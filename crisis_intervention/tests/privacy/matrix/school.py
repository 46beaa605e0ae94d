from odoo import Command, fields

from ...common import MODULE


class SchoolRecords:
    """Classes, students and their guardians, and what is set up: stages, standards, teams, instruments."""

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
    def _fill_moves(cls):
        for relation, class_ in (("own_school", cls.class_1), ("other_school", cls.other_class)):
            line = {"class_id": class_.id, "label": "x", "grade": 2}
            values = {
                "company_id": class_.company_id.id,
                "from_year": "2019-2020",
                "to_year": "2020-2021",
                "user_id": cls.env.uid,
                "date": "2020-08-20 08:00:00",
            }
            move = cls.env["crisis.class.move"].create(
                {**values, "line_ids": [Command.create(line)]}
            )
            cls._put(relation, move, {**values, "to_year": "2021-2022"})
            cls._put(relation, move.line_ids, {**line, "move_id": move.id})

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
            cls._put(relation, cls._fault(company))
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
