"""Reviews, and the return to school."""

from datetime import timedelta

from ..finding import LEVELS, approver, local_day, prepared, reopenable, severity, writer
from ..registry import action


def _review(year, case, decision, **values):
    """Sign a review."""
    user = year.one(year.psychologists)
    return case and year.test._sign_review(case, decision, user=user, **values).name


@action(1.2)
def review_continue(year):
    """Keep the level."""
    return _review(year, year.open_case([("risk_level", "!=", False)]), "continue")


@action(0.5)
def review_up(year):
    """Raise the level by a review."""
    case = year.open_case([("risk_level", "in", LEVELS[:3])])
    return case and _review(year, case, "step_up", new_level=year.one(LEVELS[severity(case) + 1 :]))


@action(1.5)
def review_down(year):
    """Lower the level; the two highest after a fresh assessment."""
    case = year.open_case([("risk_level", "in", LEVELS[1:])])
    if case and severity(case) >= 2:
        since = year.now - timedelta(days=7)
        fresh = case.assessment_ids.filtered(lambda a: a.state == "done" and a.date_done >= since)
        if not fresh and not year.carry_out("assess", case):
            return None
        if not case.assessment_ids.filtered(lambda a: a.state == "done" and a.date_done >= since):
            return None
    return _review(year, case, "step_down")


@action(0.6)
def review_close(year):
    """Find the case ready to close."""
    return _review(year, year.open_case([("risk_level", "!=", False)]), "close")


@action(0.7)
def review_reopen(year):
    """Reopen a closed case by a review."""
    return _review(year, reopenable(year), "reopen")


@action(0.6)
def return_submit(year):
    """Prepare a return to school and ask the principal."""
    entry = year.open_record("crisis.school.return", state="draft")
    if not entry:
        form = year.open_record("crisis.assessment", state="done")
        if not form:
            return None
        entry = year.new(
            "crisis.school.return",
            year.one(year.psychologists),
            case_id=form.case_id.id,
            date_return=local_day(year, 3),
            hospital_id=year.hospital.id,
            hospital_date=local_day(year),
            assessment_id=form.id,
            conditions="按时服药",
            schedule="第一周半日",
        )
    entry.with_user(writer(year, entry)).action_submit()
    return entry.name


@action(0.6)
def return_approve(year):
    """Agree to a return."""
    entry = prepared(year, "crisis.school.return", ["assess", "return_submit"], state="waiting")
    if entry:
        entry.with_user(approver(year, entry)).action_approve("同意")
    return entry.name


@action(0.4)
def return_refuse(year):
    """Give a return back."""
    entry = prepared(year, "crisis.school.return", ["assess", "return_submit"], state="waiting")
    if entry:
        entry.with_user(approver(year, entry)).action_refuse("请补充")
    return entry.name
