"""Texts that tell where they came from: what must not leave a record, or must stand in it."""

CHILD = "欧阳丝雀"
ANSWER = "ANSWERCANARY"

# What is written about a child, or in confidence: none of it may leave its record.
CANARIES = {
    "crisis.student": {"name": CHILD, "student_number": "NUMBERCANARY"},
    "crisis.guardian": {
        "name": "GUARDIANCANARY",
        "phone": "13077001122",
        "phone_secondary": "13077003344",
        "consent_filename": "FILECANARY",
    },
    "crisis.class.membership": {"label": "LABELCANARY"},
    "crisis.concern": {
        "location": "LOCATIONCANARY",
        "description": "DESCRIPTIONCANARY",
        "dismiss_reason": "DISMISSCANARY",
    },
    "crisis.concern.addendum": {"text": "ADDENDUMCANARY"},
    "crisis.body.mark": {"note": "MARKCANARY"},
    "crisis.case": {
        "shared_advice": "ADVICECANARY",
        "background": "BACKGROUNDCANARY",
        "risk_formulation": "FORMULATIONCANARY",
        "closing_summary": "SUMMARYCANARY",
        "change_reason": "REASONCANARY",
        "closing_causes": "CAUSESCANARY",
        "closing_prevention": "PREVENTIONCANARY",
        "closing_told": "TOLDCANARY",
    },
    "crisis.plan": {
        "summary": "PLANSUMMARYCANARY",
        "goals": "GOALSCANARY",
        "guardian_part": "GUARDIANPARTCANARY",
        "warning_signs": "SIGNSCANARY",
        "own_coping": "COPINGCANARY",
        "people_places": "PLACESCANARY",
        "helpers": "HELPERSCANARY",
        "professionals": "PROFESSIONALSCANARY",
        "safe_surroundings": "SURROUNDINGSCANARY",
        "reasons": "REASONSCANARY",
    },
    "crisis.measure": {
        "title": "MEASURECANARY",
        "method": "METHODCANARY",
        "result": "RESULTCANARY",
    },
    "crisis.approval": {"text": "APPROVALCANARY"},
    "crisis.session": {
        "location": "ROOMCANARY",
        "present": "PRESENTCANARY",
        "notes": "NOTESCANARY",
        "confidentiality_exception": "EXCEPTIONCANARY",
        "summary_draft": "SESSIONSUMMARYCANARY",
        "summary": "SESSIONSUMMARYCANARY",
    },
    "crisis.session.addendum": {"text": "SESSIONNOTECANARY"},
    "crisis.guardian.contact": {
        "reason": "OCCASIONCANARY",
        "told": "SAIDCANARY",
        "response": "RESPONSECANARY",
        "agreed": "AGREEDCANARY",
        "guardian_tasks": "TASKSCANARY",
        "refusal_reason": "REFUSALCANARY",
        "witness_1": "WITNESSCANARYA",
        "witness_2": "WITNESSCANARYB",
        "scan_filename": "SCANCANARY",
    },
    "crisis.guardian.waiver": {
        "reason": "WAIVERCANARY",
        "protection": "PROTECTIONCANARY",
        "end_reason": "WAIVERENDCANARY",
    },
    "crisis.medical.record": {
        "finding": "FINDINGCANARY",
        "treatment": "TREATMENTCANARY",
        "accompanied_by": "COMPANIONCANARY",
        "medication": "MEDICATIONCANARY",
        "care_points": "CARECANARY",
    },
    "crisis.mandatory.report": {
        "facts": "FACTSCANARY",
        "receiver": "RECEIVERCANARY",
        "receipt": "RECEIPTCANARY",
        "scan_filename": "RECEIPTFILECANARY",
        "waive_reason": "WAIVECANARY",
    },
    "crisis.referral": {
        "reason": "REFERRALCANARY",
        "done_so_far": "DONECANARY",
        "may_share": "SHARECANARY",
        "basis_reason": "BASISCANARY",
        "reply_by": "REPLYBYCANARY",
        "reply_opinion": "OPINIONCANARY",
        "reply_scan_filename": "SLIPCANARY",
        "note_end": "ENDCANARY",
    },
    "crisis.review": {
        "present": "REVIEWERSCANARY",
        "changes": "CHANGESCANARY",
        "reason": "REVIEWREASONCANARY",
    },
    "crisis.school.return": {
        "certificate_filename": "CERTIFICATECANARY",
        "interview": "INTERVIEWCANARY",
        "conditions": "CONDITIONSCANARY",
        "schedule": "SCHEDULECANARY",
    },
    "crisis.access.grant": {
        "purpose": "PURPOSECANARY",
        "decision_comment": "DECISIONCANARY",
        "verdict_comment": "VERDICTCANARY",
    },
    "crisis.person.request": {
        "asked_by": "ASKEDBYCANARY",
        "identity_note": "IDENTITYCANARY",
        "wish": "WISHCANARY",
        "decision_reason": "ANSWEREDCANARY",
    },
    "crisis.legal.hold": {"reason": "HOLDCANARY", "lift_reason": "LIFTCANARY"},
    "crisis.emergency": {
        "place": "EMPLACECANARY",
        "what_happened": "HAPPENEDCANARY",
        "causes": "EMCAUSESCANARY",
        "what_worked": "WORKEDCANARY",
        "what_to_improve": "IMPROVECANARY",
        "statement": "STATEMENTCANARY",
        "waive_reason": "EMWAIVECANARY",
    },
    "crisis.emergency.alert": {"phone": "13077007788"},
    "crisis.emergency.event": {"text": "EVENTCANARY"},
    "crisis.emergency.measure": {"name": "EMMEASURECANARY", "result": "EMRESULTCANARY"},
    "crisis.emergency.report": {
        "addressee": "ADDRESSEECANARY",
        "facts": "EMFACTSCANARY",
        "harm": "HARMCANARY",
        "done": "EMDONECANARY",
        "public_attention": "ATTENTIONCANARY",
        "next_steps": "NEXTCANARY",
        "contact": "CONTACTCANARY",
        "receiver": "EMRECEIVERCANARY",
    },
    "crisis.case.change": {"reason": "REASONCANARY"},
    "crisis.assessment": {
        "conclusion": "CONCLUSIONCANARY",
        "missing_reason": "MISSINGCANARY",
        "proposal_reason": "PROPOSALCANARY",
    },
    "crisis.assessment.addendum": {"text": "FORMNOTECANARY"},
    "crisis.category": {"name": "CATEGORYCANARY", "description": "CATEGORYTEXTCANARY"},
    "crisis.response.policy": {
        "label": "POLICYCANARY",
        "criteria": "CRITERIACANARY",
        "source": "SOURCECANARY",
    },
    "crisis.team": {"name": "TEAMCANARY", "note": "TEAMNOTECANARY"},
    "crisis.team.member": {"phone": "13077005566", "stand_in_phone": "13077006677"},
}

# Texts without anything about a child, or checked by the database for their form; the rest of a
# model's texts has a canary.
HARMLESS = {
    "crisis.class": {"name", "school_year"},
    "crisis.class.membership": {"school_year"},
    "crisis.concern": {"name"},  # the reference
    "crisis.case": {"name"},
    "crisis.assessment": {"name"},
    # instruments are the same for every child
    "crisis.instrument": {"name", "code", "version", "description", "source"},
    "crisis.instrument.item": {
        *("code", "section", "topic", "text", "condition_answers", "flag_from"),
    },
    "crisis.instrument.option": {"code", "label"},
    "crisis.instrument.scale": {"code", "name", "standard_table"},
    "crisis.instrument.band": {"name", "recommendation"},
    "crisis.plan": {"name", "asked_digest"},
    "crisis.measure": {"name"},
    "crisis.approval": {"res_model", "digest"},
    "crisis.chronology": {"res_model"},
    # of the reader, not of the child
    "crisis.disclosure": {"res_model", "field_names", "ip", "device", "hash", "signature", "text"},
    # of the register as a whole
    "crisis.register.check": {"last_link", "findings", "signature"},
    "crisis.register.archive": {"name", "digest"},
    "crisis.deadline": {"res_model"},
    "crisis.number.gap": {"name"},
    # numbers and kinds only
    "crisis.job": {"code"},
    "crisis.job.fault": {"model", "part", "error"},
    "crisis.session": {"name"},
    "crisis.guardian.contact": {"name"},
    "crisis.guardian.waiver": {"name", "asked_digest"},
    "crisis.medical.record": {"name"},
    "crisis.mandatory.report": {"name"},
    "crisis.referral": {"name", "asked_digest"},
    "crisis.review": {"name"},
    "crisis.access.grant": {"name", "given_signature", "release_signature", "asked_digest"},
    # of colleagues, not of a child
    "crisis.role.confirmation": {"signature"},
    "crisis.signature": {"res_model", "nonce", "columns", "mac"},
    "crisis.role.event": {"text", "ip"},
    "crisis.person.request": {"name"},
    "crisis.legal.hold": {"name"},
    # what stays for good tells of nobody
    "crisis.destruction": {"name", "note"},
    "crisis.destruction.line": {"reference"},
    "crisis.school.return": {"name", "asked_digest"},
    # templates and the law are the same for every child
    "crisis.plan.template": {"name", "goals", "source"},
    "crisis.plan.template.line": {"title", "method"},
    "crisis.mandatory.situation": {"name", "source"},
    "crisis.emergency": {"name"},
    "crisis.emergency.alert": {"duties"},
    "crisis.emergency.event": {"token"},
    "crisis.emergency.report": {"name"},
    # plans are the same for every child
    "crisis.protocol": {"name", "principle", "avoid"},
    "crisis.protocol.step": {"name", "how", "avoid", "phone"},
    "crisis.protocol.review": {"school_year"},
    "crisis.stage": {"name", "description"},  # stages are named in every case's history
    "crisis.student": {"national_number", "pinyin", "pinyin_initials"},  # identity: see below
}
