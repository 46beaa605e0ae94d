from odoo import SUPERUSER_ID, api

OLD = ("waiver", "mandatory_report", "grant", "grant_review", "person_request")


def migrate(cr, version):
    """Let activities on cases not say of discreet steps which they are; hide appointments."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    find = env["ir.model.data"]._xmlid_to_res_id
    cr.execute(
        "UPDATE mail_activity SET activity_type_id = %s "
        "WHERE automated AND res_model = 'crisis.case' AND activity_type_id = ANY(%s)",
        [
            find("crisis_intervention.mail_activity_next_step"),
            [find(f"crisis_intervention.mail_activity_{name}") for name in OLD],
        ],
    )
    cr.execute(
        "UPDATE calendar_event SET crisis_own = true "
        "WHERE id IN (SELECT event_id FROM crisis_session WHERE event_id IS NOT NULL)"
    )
