class DialogRecords:
    """The user's dialogs and somebody else's."""

    @classmethod
    def _fill_dialogs(cls):
        report = cls.records["crisis.concern", "others_report"]
        case = cls.records["crisis.case", "other_class"]
        form = cls.records["crisis.assessment", "other_class"]
        # the school doctor compares forms as well
        seen = cls.records["crisis.assessment", "medical"]
        grant = cls.records["crisis.access.grant", "emergency"]
        plan = cls.records["crisis.plan", "other_class"]
        cls._take("principal")
        for relation, user in (("own_dialog", cls.me), ("others_dialog", cls.principal)):
            dialog = cls.env["crisis.register.compare"].with_user(user).create({"number": 1})
            cls._put(relation, dialog, {"number": 1} if user == cls.me else None)
        cls._take("psychology_teacher")
        for relation, user in (("own_dialog", cls.me), ("others_dialog", cls.psychology)):
            for model, values in (
                ("crisis.concern.triage", {"concern_id": report.id}),
                ("crisis.concern.restrict", {"concern_id": report.id}),
                ("crisis.case.change.wizard", {"case_id": case.id}),
                ("crisis.handover", {"from_user_id": cls.head_teacher_2.id}),
                ("crisis.student.register", {"class_id": cls.class_1.id}),
                ("crisis.class.promote", {}),
                ("crisis.assessment.decide", {"assessment_id": form.id}),
                ("crisis.assessment.compare", {"first_id": seen.id, "second_id": seen.id}),
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
                    "crisis.case.reader",
                    {"case_id": case.id, "date": "2026-09-01", "kind": "reading"},
                ),
                (
                    "crisis.emergency.witness",
                    {"emergency_id": cls.records["crisis.emergency", "other_class"].id},
                ),
                ("crisis.approval.decide", {"res_model": plan._name, "res_id": plan.id}),
            ):
                kind = cls.env[model].with_user(user)
                # by the system, for one person
                listed = model in ("crisis.case.audience", "crisis.case.reader")
                dialog = (kind._as_system() if listed else kind).create(values)
                cls._put(relation, dialog, values if user == cls.me and not listed else None)
                if model == "crisis.assessment.transcribe":
                    line = {"wizard_id": dialog.id, "student_id": cls.student_1.id}
                    cls._put(relation, dialog.line_ids[0], line if user == cls.me else None)
                if model == "crisis.concern.triage":
                    line = {"triage_id": dialog.id, "student_id": cls.student_2.id}
                    cls._put(relation, dialog.line_ids, line if user == cls.me else None)
