from odoo import fields, models


class CalendarEvent(models.Model):
    """Appointments of sessions are there for those who hold them: others could count them."""

    _inherit = "calendar.event"

    crisis_own = fields.Boolean(
        string="Only for Its Organizer",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Nobody else sees it, not even as busy time.",
    )
