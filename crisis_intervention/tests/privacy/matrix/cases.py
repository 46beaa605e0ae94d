from odoo import Command, fields


class CaseRecords:
    """Reports, cases and forms."""

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
        student = cls._make_student("方若溪", "S015", cls.class_1)
        about_me = {"restricted": True, "concerned_user_ids": [Command.set(cls.me.ids)]}
        report = cls._make_concern(cls.staff, student, **about_me).sudo()
        cls._put("concerns_user", cls._make_case(student, concern_ids=[Command.set(report.ids)]))
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
                        cls.env["crisis.concern"]
                        .search(
                            [
                                ("student_ids", "in", student.ids),
                                ("concerned_user_ids", "not in", cls.me.ids),
                            ]
                        )
                        .ids
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
            case.write({"background": "y"})
            earlier = cls.env["crisis.text.version"].search([("case_id", "=", case.id)])
            values = {"case_id": case.id, "field_name": "background", "text": "x"}
            cls._put(relation, earlier, values)
            line = {"case_id": case.id, "kind": "opened", "date": case.date_opened}
            cls._put(
                relation,
                cls.env["crisis.chronology"].search(
                    [("case_id", "=", case.id), ("kind", "=", "opened")]
                ),
                {**line, "res_model": case._name, "res_id": case.student_id.id},
            )

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
