"""Forms, filled in or refused, and the levels they propose."""

from ..registry import action


@action(1)
def assess(year):
    """Fill in and complete a form."""
    case = year.open_case()
    if not case:
        return None
    answers = {code: str(year.random.choices(range(4), (6, 3, 1, 1))[0]) for code in "123"}
    if answers["3"] != "0":
        answers["4"] = "Y"
    return _assess(year, case, answers)


def _assess(year, case, answers):
    """Fill a form in with ``answers``, and complete it."""
    form = year.test._make_assessment(
        case.student_id, answers, year.instrument, user=year.one(year.psychologists)
    )
    form.missing_reason = "未作答"
    form.action_complete()
    return f"{case.name} {form.proposal}"


@action(0.4)
def assess_refused(year):
    """Record that a form was refused."""
    case = year.open_case()
    if not case:
        return None
    form = year.test._make_assessment(
        case.student_id, {}, year.instrument, user=year.one(year.psychologists)
    )
    form.missing_reason = "家长不同意"
    form.action_refuse()
    return case.name


def _decide(year, accept):
    """Decide on a proposed level."""
    form = year.open_record("crisis.assessment", proposal="pending")
    if not form:
        case = year.open_case([("risk_level", "not in", ("orange", "red"))])
        if case:
            # a total that stands for orange
            _assess(year, case, {"1": "3", "2": "0", "3": "0"})
            form = year.open_record("crisis.assessment", proposal="pending")
    if form:
        form.with_user(year.one(year.triagers))._decide(accept, "会商决定")
    return form.name


@action(1)
def decide_accept(year):
    """Accept a proposed level."""
    return _decide(year, True)


@action(1)
def decide_decline(year):
    """Decline a proposed level."""
    return _decide(year, False)
