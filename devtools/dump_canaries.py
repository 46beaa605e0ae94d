"""Fed to Odoo's shell: writes a canary into every sealed field of the demo school, and commits.

The last line says how many, so that the dump is not searched for nothing.
"""

from odoo.fields import Datetime

SEALED, OPEN = "SEALEDCANARY", "OPENCANARY"
env = env  # noqa: F821 - given by the shell

case = env["crisis.case"].search([("date_closed", "=", False)], limit=1)
case.write({"background": SEALED, "shared_advice": OPEN})
case.risk_formulation = SEALED
session = env["crisis.session"].create(
    {
        "case_id": case.id,
        "user_id": case.user_id.id,
        "date_start": Datetime.now(),
        "notes": SEALED,
        "summary_draft": SEALED,
    }
)
session.confidentiality_exception = SEALED
form = env["crisis.assessment"].search([], limit=1)
draft = env["crisis.assessment"].create(
    {
        "student_id": form.student_id.id,
        "instrument_id": form.instrument_id.id,
        "answers": {"1": SEALED},
        "missing_reason": SEALED,
    }
)
for addendum in (
    {"_": "crisis.session.addendum", "session_id": session.id},
    {"_": "crisis.assessment.addendum", "assessment_id": draft.id},
):
    env[addendum.pop("_")].create({**addendum, "text": SEALED})
env.flush_all()
fields = env["crisis.seal"]._sealed_fields()
written = 0
for field in fields:
    env.cr.execute(f'SELECT 1 FROM "{env[field.model_name]._table}" WHERE "{field.name}" <> \'\'')
    written += bool(env.cr.fetchone())
env.cr.commit()
print(f"canaries: {written} of {len(fields)}")
