"""Fed to Odoo's shell: writes a canary into every sealed field and file, and commits.

Says which texts the demo school holds in sealed fields, one a line, and at last how many fields and
files got a canary, so that the dump is not searched for nothing.
"""

import base64
import json

from odoo.addons.crisis_intervention.sealed_fields import Sealed, open_sealed
from odoo.fields import Datetime

SEALED, OPEN = "SEALEDCANARY", "OPENCANARY"
# Shorter texts stand anywhere by chance.
LENGTH = 8
env = env  # noqa: F821 - given by the shell
SEALS = env["crisis.seal"]


def stored_fields():
    """Return the sealed fields of all kinds of record, dialogs among them."""
    return [
        field
        for model in env.registry.values()
        if model._auto and not model._abstract
        for field in model._fields.values()
        if isinstance(field, Sealed) and field.store
    ]


def words(value):
    """Yield the texts in a value of a sealed field."""
    if isinstance(value, dict):
        for each in value.values():
            yield from words(each)
    elif isinstance(value, str):
        # a dump writes several lines as one
        yield from (line.strip() for line in value.splitlines() if len(line.strip()) >= LENGTH)


def told(field):
    """Yield what the demo school holds in one field; its key is here, so nobody is asked."""
    env.cr.execute(
        f'SELECT id, "{field.name}" FROM "{env[field.model_name]._table}" '
        f'WHERE "{field.name}" IS NOT NULL'
    )
    for id_, sealed in env.cr.fetchall():
        yield from words(field._from_text(open_sealed(env, sealed, *field._places(id_))))


case = env["crisis.case"].search([("date_closed", "=", False)], limit=1)
form = env["crisis.assessment"].search([], limit=1)
session = env["crisis.session"].search([], limit=1)
# What the demo school has none of, and dialogs, which are all empty.
made = {
    "crisis.session.addendum": {"session_id": session.id, "text": "x"},
    "crisis.assessment.addendum": {"assessment_id": form.id, "text": "x"},
    "crisis.medical.record": {"case_id": case.id},
    "crisis.access.review": {
        "grant_id": env["crisis.access.grant"]
        .create({"student_id": case.student_id.id, "purpose": "x"})
        .id
    },
    "crisis.text.version": {"case_id": case.id, "field_name": "background", "text": "x"},
    "crisis.approval.decide": {"res_model": case._name, "res_id": case.id},
    "crisis.assessment.decide": {"assessment_id": form.id},
    "crisis.case.change.wizard": {"case_id": case.id},
    "crisis.concern.triage": {"concern_id": env["crisis.concern"].search([], limit=1).id},
    "crisis.emergency.witness": {"emergency_id": env["crisis.emergency"].search([], limit=1).id},
}
transcription = env["crisis.assessment.transcribe"].create(
    {
        "instrument_id": form.instrument_id.id,
        "class_id": env["crisis.class"].search([], limit=1).id,
        "date": Datetime.now(),
    }
)
assert transcription.line_ids, "a class without students"
for model, values in made.items():
    env[model].create(values)
env.flush_all()

fields = stored_fields()
for field in fields:
    for text in set(told(field)):
        print("text:", json.dumps(text))
for field in fields:
    # past the locks of what is signed: this is about what is stored
    record = env[field.model_name].search([], limit=1)
    field.write(record, {"1": SEALED} if field.type == "json" else SEALED)
case.shared_advice = OPEN
report = env["crisis.mandatory.report"].search([], limit=1)
report._set({"scan": base64.b64encode(f"%PDF-1.4 {SEALED}".encode())})
for values in (
    {"raw": SEALED.encode(), "res_model": case._name, "res_id": case.id},
    {"raw": OPEN.encode()},
):
    env["ir.attachment"].create({"name": "canary.txt", **values})
env.flush_all()
written = 0
for field in fields:
    env.cr.execute(f'SELECT 1 FROM "{env[field.model_name]._table}" WHERE "{field.name}" <> \'\'')
    written += bool(env.cr.fetchone())
files = env["ir.attachment"].search(
    [("res_model", "in", SEALS._models_with_files()), ("res_field", "!=", "x")]
)
env.cr.commit()
print(f"canaries: {written} of {len(fields)}, {len(files.filtered('crisis_seal_id'))} files")
