"""The case itself: its stages, level and writing, and who works on it."""

from odoo import Command

from ..finding import LEVELS, missing_gates, open_steps, pending, reopenable, severity, stages
from ..registry import action

MEETS_GATE = {
    "verified": ["verify"],
    "level": ["level_up"],
    "assessment": ["assess", "assess", "assess", "assess_refused"],
    "plan": ["plan_submit", "plan_write"],
    "plan_approval": ["plan_approve", "plan_submit", "plan_write"],
    "session": ["session_hold"],
    "review": ["review_continue"],
    "summary": ["summarise"],
}
ENDS_STEP = {
    "plan_approval": ["plan_approve"],
    "measure": ["measure_done", "measure_cancel"],
    "session": ["session_hold", "session_missed", "session_cancel"],
    "referral_approval": ["referral_approve"],
    "referral": ["referral_send"],
    "referral_reply": ["referral_reply", "referral_end"],
    "waiver": ["waiver_approve"],
    "school_return": ["return_approve"],
    "mandatory_report": ["mandatory_report", "mandatory_waive"],
}


@action(1)
def forward(year):
    """Do what one of the oldest cases needs to go on, or move it on."""
    cases = year.env["crisis.case"].search([("date_closed", "=", False)], order="id", limit=3)
    if not cases:
        return None
    case = year.one(cases)
    missing = missing_gates(year, case)
    if not missing and case.stage_id == stages(year)[-2]:
        blocking = open_steps(case)
        if blocking:
            return year.carry_out(year.one(ENDS_STEP[blocking[0].kind]), case)
        if pending(case):
            return year.carry_out("decide_decline", case)
    if missing:
        for name in MEETS_GATE[missing[0]]:
            found = year.carry_out(name, case)
            if found:
                return found
        return None
    return year.carry_out("stage_next", case)


@action(1)
def stage_next(year):
    """Move a case on whose gates are met."""
    case = year.open_case()
    if not case or missing_gates(year, case):
        return None
    in_order = stages(year)
    following = in_order[list(in_order).index(case.stage_id) + 1]
    user = year.one(year.triagers)
    if following.closed:
        if open_steps(case) or pending(case):
            return None
        year.oracle.closings[case.id, user.id] += 1
    case.with_user(user).action_next_stage()
    year.test.assertEqual(case.stage_id, following)
    return f"{case.name} to {following.name}"


@action(0.5)
def stage_back(year):
    """Move an open case back, with a reason."""
    case = year.open_case([("stage_id", "!=", stages(year)[0].id)])
    if not case:
        return None
    earlier = stages(year).filtered(lambda stage: stage.sequence < case.stage_id.sequence)
    case.with_user(year.one(year.triagers)).write(
        {"stage_id": year.one(earlier).id, "change_reason": "重新核实"}
    )
    return case.name


@action(0.5)
def reopen_by_move(year):
    """Reopen a closed case by moving it back; archived ones come back into sight."""
    case = reopenable(year)
    if not case:
        return None
    case.with_user(year.one(year.triagers)).write(
        {"stage_id": year.one(stages(year)[:-1]).id, "change_reason": "情况反复"}
    )
    return case.name


@action(0.7)
def archive(year):
    """Archive a closed case."""
    case = year.pick("crisis.case", [("date_closed", "!=", False), ("active", "=", True)])
    if case:
        case.with_user(year.one(year.triagers)).action_archive()
    return case.name


@action(1)
def verify(year):
    """Confirm that a crisis is real."""
    case = year.open_case([("verified_at", "=", False)])
    if case:
        case.with_user(year.one(year.triagers)).action_verify()
    return case.name


@action(1)
def level_up(year):
    """Raise a level at once."""
    case = year.open_case([("risk_level", "!=", "red")])
    if not case:
        return None
    level = year.one(LEVELS[severity(case) + 1 :])
    case.with_user(year.one(year.triagers)).write({"risk_level": level, "change_reason": "新情况"})
    return f"{case.name} {level}"


@action(0.7)
def categories(year):
    """Add a category, with the duties it carries."""
    case = year.open_case()
    if case:
        case.with_user(year.one(year.planners)).category_ids |= year.one(year.categories)
    return case.name


@action(0.5)
def write_case(year):
    """Write background and advice."""
    case = year.open_case()
    if case:
        mine = year.test._having_read(case.with_user(year.one(year.psychologists)))
        mine.write({"background": "家庭变化", "shared_advice": "多陪伴"})
    return case.name


@action(0.7)
def medical_switch(year):
    """Let the school doctor in, or out."""
    case = year.open_case()
    if case:
        mine = case.with_user(year.one(year.planners))
        mine.medical_involved = not mine.medical_involved
    return case.name


@action(0.5)
def summarise(year):
    """Write outcome and closing summary."""
    case = year.open_case([("stage_id.gate_ids.code", "=", "summary")])
    if case:
        mine = year.test._having_read(case.with_user(year.one(year.triagers)))
        mine.write({"outcome": "recovered", "closing_summary": "情绪稳定。"})
    return case.name


@action(0.4)
def hand_over(year):
    """Give cases to another psychology teacher."""
    case = year.open_case()
    if not case:
        return None
    owner = case.user_id
    mine = year.env["crisis.case"].search([("user_id", "=", owner.id), ("date_closed", "=", False)])
    dialog = year.new(
        "crisis.handover",
        year.one(year.triagers),
        from_user_id=owner.id,
        case_user_id=(year.psychologists - owner)[:1].id,
        measure_user_id=year.staff.id,
        case_ids=[Command.set(mine[:3].ids)],
        class_ids=[Command.clear()],
        psychology_class_ids=[Command.clear()],
    )
    dialog.measure_ids = dialog.measure_ids[:2]
    dialog.action_hand_over()
    return ", ".join(mine[:3].mapped("name"))


@action(0.7)
def step_done(year):
    """Say that the first contact took place."""
    step = year.open_record("crisis.deadline", kind="first_contact", date_done=False)
    if step:
        step.with_user(year.one(year.triagers)).action_done()
    return step.case_id.name


@action(0.3)
def step_undo(year):
    """Take the first contact back."""
    step = year.open_record(
        "crisis.deadline", [("kind", "=", "first_contact"), ("date_done", "!=", False)]
    )
    if step:
        step.with_user(year.one(year.triagers)).action_undo()
    return step.case_id.name


@action(0.7)
def activity_done(year):
    """Mark the activity of the next step as done, in the chatter: the step waits all the same."""
    case = year.open_case()
    activity = case.activity_ids.filtered(lambda a: a.user_id == case.user_id)[:1]
    if activity:
        activity.with_user(activity.user_id).action_done()
    return activity and case.name
