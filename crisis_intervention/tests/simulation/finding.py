"""What actions and refusals ask of a simulated school year."""

from datetime import timedelta

from odoo import fields

LEVELS = ("blue", "yellow", "orange", "red")
# what brings a referral on its way
SENDING = ["referral_submit", "referral_approve", "referral_send"]


def local_day(year, days=0):
    """Return today or a day near it, as the users see it."""
    return fields.Date.context_today(year.env["crisis.case"]) + timedelta(days=days)


def severity(case):
    """Return the rank of a case's level, -1 without one."""
    return LEVELS.index(case.risk_level) if case.risk_level else -1


def missing_gates(year, case):
    """Return the gates of the case's stage that nothing meets yet, found by our own queries."""
    wanted = case.stage_id.gate_ids.mapped("code")
    states = {
        "assessment": ("crisis.assessment", ("done", "refused")),
        "plan": ("crisis.plan", ("waiting", "active", "replaced")),
        "plan_approval": ("crisis.plan", ("active", "replaced")),
        "session": ("crisis.session", ("signed",)),
        "review": ("crisis.review", ("signed",)),
    }
    missing = []
    for gate in wanted:
        if gate in states:
            model, fitting = states[gate]
            records = year.env[model].search([("case_id", "=", case.id)])
            met = any(record.state in fitting for record in records)
            met = met or (case.risk_level == "blue" and gate in ("plan", "plan_approval"))
        elif gate == "summary":
            met = case.outcome and case.closing_summary
        else:
            met = case.verified_at if gate == "verified" else case.risk_level
        if not met:
            missing.append(gate)
    return missing


def open_steps(case):
    """Return the deadlines that hold up the closing of a case."""
    return case.deadline_ids.filtered(lambda step: step.res_id and not step.date_done)


def pending(case):
    """Return the proposed levels of a case that nobody has decided on."""
    return case.assessment_ids.filtered(lambda form: form.proposal == "pending")


def prepared(year, model, names, **conditions):
    """Return a record of an open case; without one, the actions ``names`` are to bring it about."""
    record = year.open_record(model, **conditions)
    if not record:
        case = year.open_case([("risk_level", "in", ("orange", "red"))])
        for name in names if case else ():
            year.carry_out(name, case)
        record = year.open_record(model, **conditions)
    return record


def centre(year):
    """Return the id of the district centre."""
    return year.test.district_centre.id


def stages(year):
    """Return the stages in their order."""
    return year.env["crisis.stage"].search([], order="sequence")


def reopenable(year):
    """Return a closed case of a student without an open one."""
    busy = year.env["crisis.case"].search([("date_closed", "=", False)]).student_id
    return year.pick(
        "crisis.case", [("date_closed", "!=", False), ("student_id", "not in", busy.ids)]
    )


def writer(year, record):
    """Return somebody who writes the draft: its author, or the owner of the case."""
    return year.one(record._who_writes().filtered("active") & year.planners)


def approver(year, record):
    """Return a principal who neither wrote the record nor asked for it."""
    return year.one(year.principals - record.create_uid - record.asked_by_id)
