"""The operations and ways that are tried on each record."""

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
    "crisis.number.gap": {"name": "x"},
    "crisis.disclosure": {"way": "form"},
    "crisis.register.check": {"last_number": 1},
    "crisis.register.archive": {"name": "x"},
    "crisis.register.compare": {"number": 1},
    "crisis.case.reader": {"what": "x"},
    "crisis.class.report": {"date_due": "2030-01-01 00:00:00"},
    "crisis.plan.template": {"source": "x"},
    "crisis.plan.template.line": {"days": 3},
    "crisis.approval.decide": {"comment": "x"},
    "crisis.access.grant": {},
    "crisis.signature": {"nonce": "x"},
    "crisis.role.confirmation": {"state": "confirmed"},
    "crisis.role.event": {"text": "x"},
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
    "crisis.class.promote": {},
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
