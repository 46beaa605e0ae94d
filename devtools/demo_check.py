"""Runs in Odoo's shell on a fresh demo database: what a believable school has to show.

Prints one line per fault, ``problem: …``, and ``checked`` at the end.
"""

from odoo import fields

CLOSING = ("outcome", "closing_summary", "closing_causes", "closing_prevention", "closing_told")
# what somebody who looks around in the demo school has to find
SHOWN = [
    ("crisis.escalation", []),
    ("crisis.class.report", [("state", "=", "open")]),
    ("crisis.class.report", [("state", "=", "nothing")]),
    ("crisis.plan", [("state", "=", "waiting")]),
    ("crisis.referral", [("state", "=", "sent")]),
    ("crisis.guardian.waiver", [("state", "=", "active")]),
    ("crisis.mandatory.report", [("state", "=", "open")]),
    ("crisis.mandatory.report", [("state", "=", "reported")]),
    ("crisis.school.return", [("state", "=", "agreed")]),
]
LEFT_BEHIND = [
    ("mail.message", [("model", "=like", "crisis.%")]),
    ("mail.mail", ["|", ("body_html", "like", "crisis"), ("model", "=like", "crisis.%")]),
    ("ir.actions.server", [("name", "=", "Demo timeline")]),
]


def case_faults(case, stages):
    """Yield what is wrong with one case: open ones go on, closed ones are settled."""
    waiting = case.deadline_ids.filtered(lambda step: not step.date_done)
    if not case.date_closed:
        if not (case.user_id and case.next_deadline and case.activity_ids):
            yield "is open without owner, next deadline or activity"
    elif waiting:
        yield f"is closed and still owes {', '.join(waiting.mapped('kind'))}"
    elif not all(case[name] for name in CLOSING):
        yield "is closed without a complete closing report"
    passed = stages.filtered(lambda stage: stage.sequence < case.stage_id.sequence)
    missing = case._missing_gates({case: passed.gate_ids})[case]
    if missing:
        yield f"stands in its stage without {', '.join(missing.mapped('code'))}"
    if "plan" in passed.gate_ids.mapped("code") and "active" not in case.plan_ids.mapped("state"):
        yield "is under way without a plan in force"
    now = fields.Datetime.now()
    for step in case.deadline_ids - waiting:
        if not case.date_opened <= step.date_done <= now:
            yield f"did {step.kind} before it was opened, or will do it"


def faults(env):
    """Yield what is inconsistent in the demo data."""
    now = fields.Datetime.now()
    stages = env["crisis.stage"]._in_order()
    for case in env["crisis.case"].search([]):
        for fault in case_faults(case, stages):
            yield f"{case.company_id.name} {case.name} {fault}"
    for row in env["crisis.chronology"].search([("date", ">", now)]):
        yield f"{row.case_id.name}: {row.line} lies in the future"
    overdue = env["crisis.deadline"].search_count(
        [("date_done", "=", False), ("date_due", "<", now)]
    )
    if not 3 <= overdue <= 8:
        yield f"{overdue} overdue steps"
    yield from (f"no {name} {domain}" for name, domain in SHOWN if not env[name].search(domain))
    yield from (
        f"{name} left by loading" for name, domain in LEFT_BEHIND if env[name].search(domain)
    )
    district = env.ref("crisis_intervention.demo_user_district")
    referred = env["crisis.case"].with_user(district).search_count([])
    if referred != 1:
        yield f"the district centre sees {referred} cases"


for fault in faults(env):  # noqa: F821 - given by Odoo's shell
    print(f"problem: {fault}")
print("checked")
