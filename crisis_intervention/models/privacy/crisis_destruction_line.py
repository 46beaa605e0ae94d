from odoo import fields, models


class CrisisDestructionLine(models.Model):
    """One file of a destruction record: its reference, and how much of it there was."""

    _name = "crisis.destruction.line"
    _description = "File of a Destruction Record"
    _inherit = ["crisis.record"]
    _order = "id"
    _outlives_erasure = True
    _rec_name = "reference"

    destruction_id = fields.Many2one(
        "crisis.destruction", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="destruction_id.company_id", store=True, index=True, precompute=True
    )
    case_id = fields.Many2one(
        "crisis.case", required=True, readonly=True, ondelete="restrict", index=True
    )
    reference = fields.Char(required=True, readonly=True)
    date_closed = fields.Datetime(string="Closed", readonly=True)
    date_retention = fields.Date(string="Kept Until", readonly=True)
    state = fields.Selection(
        [
            ("waiting", "To be destroyed"),
            ("done", "Destroyed"),
            ("held", "Kept: legal hold"),
            ("open", "Kept: reopened"),
        ],
        default="waiting",
        required=True,
        readonly=True,
        index=True,
    )
    date_done = fields.Datetime(string="Destroyed On", readonly=True)
    counts = fields.Json(readonly=True, help="How many records of which kind, files, messages.")
    record_count = fields.Integer(string="Records", readonly=True)
    attachment_count = fields.Integer(string="Attached Files", readonly=True)
    message_count = fields.Integer(string="Messages", readonly=True)

    def _execute(self):
        """Destroy the file, unless something came up since it was approved."""
        self.ensure_one()
        case = self.case_id
        if case.on_hold:
            self.state = "held"
            return
        if not case.date_closed or case.date_destroyed:
            self.state = "open"
            return
        counts = case._destroy()
        around = {key: counts.pop(key, 0) for key in ("attachments", "messages", "activities")}
        self.write(
            {
                "state": "done",
                "date_done": fields.Datetime.now(),
                "counts": counts,
                "record_count": sum(counts.values()),
                "attachment_count": around["attachments"],
                "message_count": around["messages"] + around["activities"],
            }
        )
