"""What must be refused in a simulated school year, whenever somebody tries it.

Each takes the ``SchoolYear`` and returns the attempt, or None when there is no occasion for it.
"""

from datetime import timedelta

from odoo import Command

from .finding import (
    LEVELS,
    SENDING,
    centre,
    local_day,
    missing_gates,
    open_steps,
    prepared,
    severity,
)
from .registry import refusal


def _case(year, *domain):
    """Return an open case, or a closed one."""
    return year.pick("crisis.case", domain)


def _write(record, user, **values):
    """Return the attempt to write ``values`` as ``user``."""
    return record and (lambda: record.with_user(user).write(values))


def _create(year, model, user, **values):
    """Return the attempt to create a record as ``user``."""
    return lambda: year.new(model, user, **values)


@refusal
def stranger_reads_case(year):
    """Neither other classes, nor other schools, nor those without a role open a case."""
    case = _case(year, ("medical_involved", "=", False), ("district_company_id", "=", False))
    strangers = year.staff | year.test.security | year.doctor | year.test.district
    strangers |= year.test.other_psychology | year.test.configurator
    strangers |= year.head_teachers - case.class_id.head_teacher_ids
    user = year.one(strangers)
    return case and (lambda: case.with_user(user).read(["name"]))


@refusal
def reporter_triages(year):
    """Those who report do not decide."""
    concern = year.pick("crisis.concern", state="received")
    user = year.one(year.head_teachers | year.staff | year.doctor)
    return concern and _create(year, "crisis.concern.triage", user, concern_id=concern.id)


@refusal
def report_changed(year):
    """A submitted report stays."""
    return _write(year.pick("crisis.concern"), year.principals[0], description="x")


@refusal
def restricted_report_read(year):
    """Whom a report is about never sees it."""
    concern = year.pick("crisis.concern", restricted=True)
    return concern and (lambda: concern.with_user(year.moral).read(["description"]))


@refusal
def head_teacher_moves_level(year):
    """Head teachers set no level."""
    case = year.open_case()
    return _write(case, case.class_id.head_teacher_ids, risk_level="red", change_reason="x")


@refusal
def level_down_without_review(year):
    """Nobody lowers a level without a review."""
    case = year.open_case([("risk_level", "in", LEVELS[1:])])
    return case and _write(
        case,
        year.one(year.triagers),
        risk_level=LEVELS[severity(case) - 1],
        change_reason="x",
    )


@refusal
def level_up_without_reason(year):
    """A level is not raised without a reason."""
    case = year.open_case([("risk_level", "in", LEVELS[:3])])
    return _write(case, year.one(year.triagers), risk_level="red")


@refusal
def level_down_without_assessment(year):
    """High levels are not lowered without a fresh assessment."""
    case = year.open_case([("risk_level", "in", LEVELS[2:])])
    since = year.now - timedelta(days=7)
    if any(a.state == "done" and a.date_done >= since for a in case.assessment_ids):
        return None
    return case and (
        lambda: year.test._sign_review(case, "step_down", user=year.one(year.psychologists))
    )


@refusal
def past_a_gate(year):
    """No stage is left while a gate is not met."""
    case = year.open_case()
    if not case or not missing_gates(year, case):
        return None
    return lambda: case.with_user(year.one(year.triagers)).action_next_stage()


@refusal
def back_without_reason(year):
    """No stage is gone back to without a reason."""
    first = year.env["crisis.stage"].search([], order="sequence", limit=1)
    case = year.open_case([("stage_id", "!=", first.id)])
    return _write(case, year.one(year.triagers), stage_id=first.id)


@refusal
def closed_with_steps(year):
    """No case closes with something left open."""
    last = year.env["crisis.stage"].search([], order="sequence")[-2]
    case = year.open_case([("stage_id", "=", last.id)])
    if not case or not open_steps(case):
        return None
    return lambda: case.with_user(year.one(year.principals)).action_next_stage()


@refusal
def second_open_case(year):
    """No student gets a second open case."""
    case = year.open_case()
    return case and _create(
        year, "crisis.case", year.one(year.psychologists), student_id=case.student_id.id
    )


@refusal
def reopened_beside_another(year):
    """No closed case is reopened beside an open one."""
    busy = year.env["crisis.case"].search([("date_closed", "=", False)]).student_id
    case = _case(year, ("date_closed", "!=", False), ("student_id", "in", busy.ids))
    if not case:
        case = _case(year, ("date_closed", "!=", False))
        if case:
            user = year.one(year.psychologists)
            year.new("crisis.case", user, student_id=case.student_id.id, user_id=user.id)
    stage = year.env["crisis.stage"].search([], order="sequence", limit=1)
    return _write(case, year.one(year.triagers), stage_id=stage.id, change_reason="x")


@refusal
def open_case_archived(year):
    """No open case goes out of sight."""
    case = year.open_case()
    return case and (lambda: case.with_user(year.one(year.triagers)).action_archive())


@refusal
def case_deleted(year):
    """No case is deleted."""
    case = _case(year)
    return case and (lambda: case.with_user(year.one(year.triagers)).unlink())


@refusal
def record_deleted(year):
    """No record is deleted."""
    record = year.pick(year.one(("crisis.plan", "crisis.session", "crisis.review")))
    return record and (lambda: record.with_user(year.psychologists[0]).unlink())


@refusal
def system_fields_set(year):
    """Nobody sets what the system keeps."""
    values = year.one(
        [
            {"verified_at": year.now},
            {"date_closed": year.now},
            {"guardians_not_told": False},
            {"district_company_id": year.test.district_centre.id},
            {"closed_by_id": year.moral.id},
        ]
    )
    return _write(_case(year), year.one(year.triagers), **values)


@refusal
def deadline_set(year):
    """Nobody moves a deadline."""
    step = year.pick("crisis.deadline")
    return _write(step, year.one(year.triagers), date_due=year.now + timedelta(days=90))


@refusal
def log_changed(year):
    """Nobody rewrites what was logged."""
    model = year.one(("crisis.approval", "crisis.case.change", "crisis.escalation"))
    record = year.pick(model)
    return record and (
        lambda: record.with_user(year.one(year.principals)).write({"case_id": record.case_id.id})
    )


@refusal
def background_read(year):
    """The background is for psychology teachers and principals."""
    case = _case(year)
    users = year.moral | case.class_id.head_teacher_ids
    return case and (lambda: case.with_user(year.one(users)).read(["background"]))


@refusal
def background_written(year):
    """Principals read the background, and do not write it."""
    return _write(_case(year), year.one(year.principals), background="x")


@refusal
def plan_by_others(year):
    """Only psychology teachers write plans."""
    case = year.open_case()
    user = year.one(year.principals | year.moral | year.head_teachers)
    return case and _create(year, "crisis.plan", user, case_id=case.id)


@refusal
def plan_incomplete(year):
    """No plan without goals is submitted."""
    case = year.open_case()
    user = year.one(year.psychologists)
    return case and (lambda: year.new("crisis.plan", user, case_id=case.id).action_submit())


@refusal
def approved_by_asker(year):
    """Who wrote or asked does not approve, nor does anybody without the role."""
    record = year.pick(
        year.one(("crisis.plan", "crisis.referral", "crisis.school.return")), state="waiting"
    )
    user = year.one(year.psychologists | year.moral)
    return record and (lambda: record.with_user(user).action_approve("x"))


@refusal
def refused_without_words(year):
    """Nothing is given back without a word."""
    record = year.pick(
        year.one(("crisis.plan", "crisis.referral", "crisis.school.return")), state="waiting"
    )
    return record and (lambda: record.with_user(year.principals[0]).action_refuse(" "))


@refusal
def plan_in_force_changed(year):
    """A plan in force stays as it was approved."""
    plan = year.pick("crisis.plan", [("state", "in", ("waiting", "active", "replaced"))])
    return _write(plan, year.one(year.psychologists), goals="x")


@refusal
def approved_measure_changed(year):
    """What is planned in a plan that waits or is in force stays as well."""
    plans = ("plan_id.state", "in", ("waiting", "active", "replaced"))
    measure = year.pick("crisis.measure", [plans])
    return _write(measure, year.one(year.planners), title="x")


@refusal
def draft_of_another(year):
    """A draft is its author's, and the owner's of the case."""
    plan = year.pick("crisis.plan", state="draft")
    others = plan and year.planners - plan._who_writes()
    return others and _write(plan, year.one(others), goals="x")


@refusal
def measure_of_others(year):
    """Colleagues do not see the measures of others."""
    measure = year.pick("crisis.measure", [("user_id", "!=", year.staff.id)])
    return measure and (lambda: measure.with_user(year.staff).read(["title"]))


@refusal
def measure_replanned_by_owner(year):
    """Owners tell of progress, and plan nothing."""
    owners = year.everybody - year.planners
    measure = year.open_record(
        "crisis.measure", [("state", "in", ("todo", "doing")), ("user_id", "in", owners.ids)]
    )
    return _write(measure, measure.user_id, date_due=local_day(year, 60))


@refusal
def measure_called_off_by_owner(year):
    """Owners call nothing off."""
    owners = year.everybody - year.planners
    measure = year.open_record(
        "crisis.measure", [("state", "in", ("todo", "doing")), ("user_id", "in", owners.ids)]
    )
    return measure and (lambda: measure.with_user(measure.user_id).action_cancel())


@refusal
def session_by_others(year):
    """Moral education and principals hold no sessions."""
    case = year.open_case()
    user = year.one(year.principals | year.moral)
    return case and _create(year, "crisis.session", user, case_id=case.id)


@refusal
def session_notes_read(year):
    """Nobody but psychology teachers reads notes."""
    session = year.pick("crisis.session")
    user = year.one(year.principals | year.moral)
    return session and (lambda: session.with_user(user).read(["notes"]))


@refusal
def session_signed_by_others(year):
    """Nobody signs for somebody else."""
    session = year.open_record("crisis.session", state="draft")
    user = year.psychologists - session.user_id
    return session and (lambda: session.with_user(user[0]).action_sign())


@refusal
def session_signed_too_early(year):
    """No session is signed before it takes place."""
    session = year.open_record(
        "crisis.session", [("state", "=", "draft"), ("date_start", ">", year.now)]
    )
    return session and (lambda: session.with_user(session.user_id).action_sign())


@refusal
def signed_record_changed(year):
    """What is signed stays."""
    model, name = year.one(
        [
            ("crisis.session", "notes"),
            ("crisis.guardian.contact", "told"),
            ("crisis.review", "changes"),
            ("crisis.medical.record", "finding"),
        ]
    )
    record = year.pick(model, state="signed")
    return _write(record, record.user_id, **{name: "x"})


@refusal
def contact_while_waived(year):
    """The family is not contacted where home is the suspected source."""
    case = year.open_case([("guardians_not_told", "=", True)])
    users = year.triagers | case.class_id.head_teacher_ids
    return case and (lambda: year.test._make_contact(case, user=year.one(users)))


@refusal
def contact_of_other_class(year):
    """Head teachers contact the families of their own class."""
    case = year.open_case()
    user = year.head_teachers - case.class_id.head_teacher_ids
    return case and (lambda: year.test._make_contact(case, user=user))


@refusal
def refusal_without_witness(year):
    """A refused consent needs its witnesses."""
    case = year.open_case([("guardians_not_told", "=", False)])
    return case and (
        lambda: year.test._make_contact(
            case, user=year.psychologists[0], purpose="consent", consent="refused"
        )
    )


@refusal
def waiver_approved_by_asker(year):
    """Who asks does not decide that guardians are not told."""
    waiver = prepared(year, "crisis.guardian.waiver", ["waiver_submit"], state="waiting")
    user = year.one(year.planners)
    return waiver and (lambda: waiver.with_user(user).action_approve("x"))


@refusal
def medical_record_uninvolved(year):
    """The doctor writes where medical care is involved."""
    case = year.open_case([("medical_involved", "=", False)])
    return case and _create(year, "crisis.medical.record", year.doctor, case_id=case.id)


@refusal
def referral_unapproved(year):
    """No letter goes out before it is approved."""
    referral = year.pick("crisis.referral", [("state", "in", ("draft", "waiting"))])
    return referral and (lambda: referral.with_user(year.psychologists[0]).action_send())


@refusal
def referral_written_by_district(year):
    """The centre fills in the reply, and nothing else."""
    referral = prepared(
        year, "crisis.referral", SENDING, state="sent", district_company_id=centre(year)
    )
    return _write(referral, year.test.district, note_end="x")


@refusal
def referral_read_after_its_end(year):
    """The access that a referral gives ends with it."""
    referral = year.pick(
        "crisis.referral",
        [("state", "in", ("draft", "waiting", "approved", "ended"))],
        district_company_id=centre(year),
    )
    return referral and (lambda: referral.with_user(year.test.district).read(["reason"]))


@refusal
def case_written_by_district(year):
    """The centre reads, and writes no case."""
    case = year.open_case([("district_company_id", "!=", False)])
    return _write(case, year.test.district, shared_advice="x")


@refusal
def mandatory_report_waived_by_noter(year):
    """Who noted a situation does not decide that it is none."""
    report = year.pick("crisis.mandatory.report", state="open")
    return report and (lambda: report.with_user(report.user_id)._waive("x"))


@refusal
def mandatory_clock_set_back(year):
    """The clock of the law is not set back."""
    report = year.pick("crisis.mandatory.report", state="open")
    return _write(report, year.one(year.triagers), noticed_at=year.now + timedelta(days=9))


@refusal
def review_by_others(year):
    """Moral education and principals review nothing."""
    case = year.open_case()
    user = year.one(year.principals | year.moral)
    return case and _create(year, "crisis.review", user, case_id=case.id)


@refusal
def review_too_late(year):
    """The next review is within the interval."""
    case = year.open_case([("risk_level", "!=", False)])
    return case and (
        lambda: year.test._sign_review(
            case, user=year.psychologists[0], date_next=local_day(year, 120)
        )
    )


@refusal
def record_of_closed_case(year):
    """Nothing begins in a closed case."""
    case = _case(year, ("date_closed", "!=", False))
    model = year.one(("crisis.plan", "crisis.session", "crisis.guardian.contact"))
    return case and _create(year, model, year.psychologists[0], case_id=case.id)


@refusal
def draft_of_closed_case_signed(year):
    """What was left unfinished in a closed case is not signed or submitted."""
    user = year.psychologists[0]
    case = _case(year, ("date_closed", "!=", False))
    if not case:
        return None
    # sudo() of the pick begins it as if it had been there before the closing
    draft = case.env[
        year.one(("crisis.plan", "crisis.review", "crisis.guardian.contact"))
    ].with_user(user)

    def attempt():
        record = draft.sudo().create({"case_id": case.id}).sudo(False)
        if record._name == "crisis.plan":
            record.write({"goals": "x"})
            record.sudo().measure_ids = [
                Command.create({"title": "x", "user_id": user.id, "date_due": local_day(year)})
            ]
            record.action_submit()
        else:
            record.action_sign()

    return attempt


@refusal
def return_without_readiness(year):
    """No return to school without readiness form and conditions."""
    case = year.open_case()
    return case and (
        lambda: year.new(
            "crisis.school.return",
            year.psychologists[0],
            case_id=case.id,
            date_return=local_day(year, 3),
        ).action_submit()
    )


@refusal
def class_report_of_others(year):
    """Head teachers answer for their own class."""
    entry = year.pick("crisis.class.report", state="open")
    users = (year.head_teachers | year.principals) - entry.class_id.head_teacher_ids
    return entry and (lambda: entry.with_user(year.one(users)).action_nothing())


@refusal
def owner_leaves(year):
    """Nobody leaves who still owns open cases."""
    case = year.open_case()
    return case and (lambda: case.user_id.write({"active": False}))


@refusal
def owner_without_role(year):
    """A case belongs to a psychology teacher."""
    return _write(year.open_case(), year.one(year.triagers), user_id=year.moral.id)
