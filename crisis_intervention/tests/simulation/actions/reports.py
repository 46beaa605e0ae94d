"""Reports: filed, added to, decided on; cases opened without one."""

from odoo import Command

from ..finding import LEVELS
from ..registry import action


@action(3)
def report(year, user=None, **values):
    """Anybody reports."""
    students = year.students.browse(year.random.sample(year.students.ids, 1 + year.chance(0.1)))
    return year.test._make_concern(
        user or year.one(year.everybody),
        students,
        category_ids=[Command.set(year.one(year.categories).ids)],
        **values,
    ).name


@action(1)
def report_danger(year):
    """Anybody reports a danger to life."""
    return report(year, immediate_danger="yes")


@action(0.4)
def report_restricted(year):
    """Somebody reports on a colleague; the principals decide on it."""
    concerned = [Command.set(year.colleague.ids)]
    return report(year, year.staff, restricted=True, concerned_user_ids=concerned)


@action(0.5)
def report_addendum(year):
    """A reporter adds to the own report."""
    concern = year.pick("crisis.concern")
    return concern and year.new(
        "crisis.concern.addendum", concern.reporter_id, concern_id=concern.id, text="补充"
    )


def _triage(year, **values):
    """Open the dialog on a waiting report, as somebody who may read it."""
    concern = year.pick("crisis.concern", state="received")
    if not concern:
        return None
    users = year.triagers
    if concern.restricted:
        users = year.principals
    return year.new("crisis.concern.triage", year.one(users), concern_id=concern.id, **values)


@action(6)
def triage(year):
    """Those who decide open a case, or attach the report to the open one."""
    dialog = _triage(year)
    if not dialog:
        return None
    for line in dialog.line_ids:
        line.risk_level = line.risk_level or year.random.choices(LEVELS, (2, 4, 3, 1))[0]
    if year.chance(0.15):
        dialog.situation_ids = year.one(year.situations)
    dialog.action_confirm()
    return dialog.concern_id.name


@action(1)
def triage_dismiss(year):
    """Those who decide see no need for a case."""
    dialog = _triage(year, decision="none", dismiss_reason="无异常")
    if dialog:
        dialog.action_confirm()
    return dialog and dialog.concern_id.name


@action(0.7)
def open_directly(year):
    """A psychology teacher opens a case without a report."""
    busy = year.env["crisis.case"].search([("date_closed", "=", False)]).student_id
    free = year.students - busy
    closed = year.env["crisis.case"].search([("date_closed", "!=", False)]).student_id
    if year.chance(0.5):
        free = free & closed or free  # the crisis comes back
    if not free:
        return None
    user = year.one(year.psychologists)
    values = {"student_id": year.one(free).id, "user_id": user.id}
    if year.chance(0.5):
        values["risk_level"] = year.one(LEVELS)
    return year.new("crisis.case", user, **values).name
