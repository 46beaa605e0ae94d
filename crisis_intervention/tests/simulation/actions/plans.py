"""Plans and measures."""

from odoo import Command

from ..finding import approver, local_day, prepared, writer
from ..registry import action


@action(1)
def plan_write(year):
    """Write a plan, with measures of all roles."""
    case = year.open_case([("plan_ids", "not any", [("state", "in", ("draft", "waiting"))])])
    if not case:
        return None
    measures = [
        {
            "kind": "class",
            "title": "支持措施",
            "user_id": year.one(year.everybody).id,
            "date_due": local_day(year, year.random.randint(1, 20)),
        }
        for _number in range(year.random.randint(1, 3))
    ]
    plan = year.test._make_plan(
        case,
        user=year.one(year.psychologists),
        measure_ids=[Command.create(values) for values in measures],
    )
    return plan.name


@action(1)
def plan_submit(year):
    """Ask for approval, or put the plan in force where nobody approves."""
    plan = year.open_record(
        "crisis.plan",
        [("state", "=", "draft"), ("measure_ids", "any", [("state", "!=", "cancelled")])],
    )
    if plan:
        plan.with_user(writer(year, plan)).action_submit()
    return plan.name


@action(1.5)
def plan_approve(year):
    """Approve a plan."""
    plan = year.open_record("crisis.plan", state="waiting")
    if plan:
        plan.with_user(approver(year, plan)).action_approve("同意")
    return plan.name


@action(0.6)
def plan_refuse(year):
    """Give a plan back."""
    plan = prepared(year, "crisis.plan", ["plan_write", "plan_submit"], state="waiting")
    if plan:
        plan.with_user(approver(year, plan)).action_refuse("请补充")
    return plan.name


@action(0.5)
def plan_withdraw(year):
    """Take a plan back, write on, and submit it again."""
    plan = year.open_record("crisis.plan", state="waiting")
    who = plan and plan._who_withdraws() & year.planners
    if not who:
        return None
    mine = plan.with_user(year.one(who))
    mine.action_withdraw()
    if year.chance(0.7):
        again = plan.with_user(writer(year, plan))
        again.measure_ids[:1].date_due = local_day(year, year.random.randint(1, 20))
        again.action_submit()
    return plan.name


@action(0.6)
def plan_revise(year):
    """Write the next version of the plan in force."""
    plan = year.open_record(
        "crisis.plan",
        [
            ("state", "=", "active"),
            ("case_id.plan_ids", "not any", [("state", "in", ("draft", "waiting"))]),
        ],
    )
    if plan:
        plan.with_user(year.one(year.psychologists)).action_revise()
    return plan.name


@action(0.7)
def measure_add(year):
    """Plan a measure outside of a plan."""
    case = year.open_case()
    return case and year.new(
        "crisis.measure",
        year.one(year.psychologists),
        case_id=case.id,
        title="临时措施",
        user_id=year.one(year.everybody).id,
        date_due=local_day(year, year.random.randint(-1, 15)),
    )


@action(0.6)
def measure_move(year):
    """Give a measure another day or owner; a late one too, and back to the same day."""
    measure = year.open_record(
        "crisis.measure", [("state", "in", ("todo", "doing")), ("plan_id", "=", False)]
    )
    if not measure:
        return None
    mine = measure.with_user(year.one(year.planners))
    what = year.random.randrange(3)
    if what != 0:
        mine.user_id = year.one(year.everybody)
    if what != 1:
        before = mine.date_due
        mine.date_due = local_day(year, year.random.randint(-2, 15))
        if year.chance(0.3):
            mine.date_due = before
    return measure.name


@action(0.8)
def measure_start(year):
    """The owner begins."""
    measure = year.open_record("crisis.measure", state="todo")
    if measure:
        measure.with_user(measure.user_id).action_start()
    return measure.name


@action(2)
def measure_done(year):
    """The owner, of any role, says what was done."""
    measure = year.open_record("crisis.measure", [("state", "in", ("todo", "doing"))])
    if measure:
        mine = measure.with_user(measure.user_id)
        mine.result = "已完成"
        mine.action_done()
    return measure.name


@action(0.5)
def measure_cancel(year):
    """Those who write plans call a measure off."""
    measure = year.open_record("crisis.measure", [("state", "in", ("draft", "todo", "doing"))])
    if measure.plan_id.state == "waiting":
        return None
    if measure:
        draft = measure.plan_id.state == "draft"
        who = writer(year, measure.plan_id) if draft else year.one(year.planners)
        mine = measure.with_user(who)
        mine.result = "不再需要"
        mine.action_cancel()
    return measure.name
