from datetime import timedelta

from .... import once
from ....jobs import Place
from ....register import note_reading, raise_alarm
from ....register_state import keep_check
from ....seal_key_state import keep_keys


class PrivacyRecords:
    """Permissions, requests, holds, destruction, the register."""

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
    def _fill_register(cls):
        """Put an entry of the register about each case, and about one that the user owns."""
        own = cls._make_case(cls._make_student("汪思远", "S021", cls.class_2), background="x")
        # past the check of the role, which changes below the case
        own._write_multi([{"user_id": cls.me.id}])
        cls.records["crisis.disclosure", "own_case"] = cls._disclosed(own)
        raise_alarm(cls.env, "head:1")
        cls._end_transaction()
        cls._put("general", cls.env["crisis.disclosure"].search([("kind", "=", "alarm")], limit=1))
        once.begin(cls.env, "x")
        cls._put("general", cls.env["crisis.once"].search([], limit=1))
        cls._put("general", cls.env["crisis.signature"].search([], limit=1))
        for relation in ("other_class", "other_school"):
            cls._put(relation, cls._disclosed(cls.records["crisis.case", relation]))
        # of a colleague, whose readings of now are none of the same hour
        cls._put("general", cls._archive_reading(own, cls.psychology))
        cls.env["crisis.clock"]._beat()
        sending = [{"partner_id": cls.staff.partner_id.id}]
        cls._put("general", cls.env["crisis.sending"]._make(sending))
        cls._put("general", cls.env["crisis.clock"].search([], limit=1))
        keep_keys(cls.env)
        cls._put("general", cls.env["crisis.seal.key"].search([], limit=1))
        cls._put("general", cls.env["crisis.register.check"].browse(keep_check(cls.env)))

    @classmethod
    def _fault(cls, company):
        """Return what a job has set aside at a school."""
        job = cls.env["crisis.job"]._of_code("crisis.number.gap._cron_notice")
        cls._put("general", job)
        return job._set_aside(Place("res.company", company.id), "x", None, timedelta(hours=1))

    @classmethod
    def _disclosed(cls, case):
        """Return the entry of a reading of ``case``."""
        note_reading(cls.env, cls.principal.id, case, "background", "form")
        cls._end_transaction()
        about = [("res_model", "=", case._name), ("res_id", "=", case.id)]
        return cls.env["crisis.disclosure"].search([*about, ("kind", "=", "reading")], limit=1)

    @classmethod
    def _fill_roles(cls):
        """Put the confirmed role of a colleague, and the entry about it, of each school."""
        for relation, user in (("own_school", cls.doctor), ("other_school", cls.other_psychology)):
            row = cls.env["crisis.role.confirmation"].search([("user_id", "=", user.id)], limit=1)
            event = cls.env["crisis.role.event"].search([("person_id", "=", user.id)], limit=1)
            cls._put(relation, row)
            cls._put(relation, event)
