from odoo import SUPERUSER_ID, api
from odoo.tools import SQL

# Columns of the stages, of which 19.0.2.0.0 makes rows.
GATES = {
    "planned": ["gate_plan", "gate_plan_approval"],
    "intervention": ["gate_session"],
    "follow_up": ["gate_review"],
}
# Figures of the shipped standards that came with this version; stages and standards are the
# school's own data, which updates leave alone.
FIGURES = {
    "red": {"hours_consent": 48, "lowering_assessment_days": 7, "escalation_hours": 2},
    "orange": {"hours_consent": 72, "lowering_assessment_days": 7, "escalation_hours": 12},
    "yellow": {"hours_consent": 168, "escalation_hours": 24},
    "blue": {"escalation_hours": 48},
}


def migrate(cr, version):
    """Switch on the gates whose records come with this version, and give standards new figures."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    for name, gates in GATES.items():
        stage = env.ref(f"crisis_intervention.crisis_stage_{name}", raise_if_not_found=False)
        for gate in gates if stage else ():
            cr.execute(
                SQL(
                    "UPDATE crisis_stage SET %s = TRUE WHERE id = %s",
                    SQL.identifier(gate),
                    stage.id,
                )
            )
    for level, figures in FIGURES.items():
        policy = env.ref(
            f"crisis_intervention.crisis_response_policy_{level}", raise_if_not_found=False
        )
        if policy:
            policy.write(figures)
    env["crisis.numbering"]._prepare(env["res.company"].search([]))
    # steps that were open before escalation existed start their clock with their own due moment
    cr.execute(
        "UPDATE crisis_deadline SET next_escalation = date_due, escalation_count = 0 "
        "WHERE date_done IS NULL AND next_escalation IS NULL"
    )
    # whoever wrote last on a case that is closed is the best guess at who closed it
    cr.execute(
        "UPDATE crisis_case SET closed_by_id = write_uid "
        "WHERE date_closed IS NOT NULL AND closed_by_id IS NULL"
    )
