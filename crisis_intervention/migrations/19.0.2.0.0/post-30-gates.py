from odoo import SUPERUSER_ID, api
from odoo.tools import SQL
from odoo.tools.sql import column_exists

# What a stage could demand, in the order of its form; each was a column of the stage.
CODES = ("verified", "level", "assessment", "plan", "plan_approval", "session", "review", "summary")
# What the addon ships as rows of the stages it ships.
SHIPPED = {
    "discovered": ("verified", "level"),
    "verified": ("assessment",),
    "planned": ("plan", "plan_approval"),
    "intervention": ("session",),
    "follow_up": ("review",),
    "recovered": ("summary",),
}


def migrate(cr, version):
    """Turn the columns with what stages demand into rows: those that the school had on."""
    if not column_exists(cr, "crisis_stage", "gate_verified"):
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    columns = {code: SQL.identifier(f"gate_{code}") for code in CODES}
    cr.execute(SQL("SELECT id, %s FROM crisis_stage ORDER BY id", SQL(", ").join(columns.values())))
    values = [
        {"stage_id": stage_id, "code": code, "sequence": position * 10}
        for stage_id, *demanded in cr.fetchall()
        for position, code in enumerate(
            (code for code, on in zip(CODES, demanded, strict=True) if on), start=1
        )
    ]
    name_shipped(env, env["crisis.stage.gate"].create(values))
    for column in columns.values():
        cr.execute(SQL("ALTER TABLE crisis_stage DROP COLUMN %s", column))


def name_shipped(env, gates):
    """Give the rows that are as shipped the names by which the addon knows them."""
    for name, codes in SHIPPED.items():
        stage = env.ref(f"crisis_intervention.crisis_stage_{name}", raise_if_not_found=False)
        for gate in gates.filtered(lambda g, s=stage, c=codes: g.stage_id == s and g.code in c):
            env["ir.model.data"]._update_xmlids(
                [
                    {
                        "xml_id": f"crisis_intervention.crisis_stage_gate_{gate.code}",
                        "record": gate,
                        "noupdate": True,
                    }
                ]
            )
