from odoo import Command, fields


class EmergencyRecords:
    """Protocols, and emergencies with what hangs on them."""

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
