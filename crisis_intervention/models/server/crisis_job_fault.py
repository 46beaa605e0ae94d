from odoo import api, fields, models
from odoo.exceptions import AccessError

from ...roles import CONFIGURATOR, PRINCIPAL


class CrisisJobFault(models.Model):
    """What a job could not deal with, so that the rest goes on: tried again, and shown until it works.

    It holds the kind of record, its number, and the kind of error: the text of an error may quote
    what stands in a child's file.
    """

    _name = "crisis.job.fault"
    _description = "Set Aside by Scheduled Work"
    _inherit = ["crisis.record"]
    _order = "date_resolved DESC, date_last DESC, id DESC"
    _rec_name = "model"
    _outlives_erasure = True

    job_id = fields.Many2one(
        "crisis.job",
        string="Scheduled Work",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", string="School", readonly=True, index=True, ondelete="cascade"
    )
    model = fields.Char(required=True, readonly=True)
    res_id = fields.Integer(string="Number", readonly=True, aggregator=None)
    part = fields.Char(readonly=True)
    about = fields.Char(string="What", compute="_compute_about")
    error = fields.Char(string="Kind of Error", required=True, readonly=True)
    error_text = fields.Char(string="What Happened", compute="_compute_error_text")
    date_first = fields.Datetime(string="First Failed", required=True, readonly=True)
    date_last = fields.Datetime(string="Last Failed", required=True, readonly=True)
    attempts = fields.Integer(required=True, readonly=True, aggregator=None)
    date_next = fields.Datetime(string="Tried Again", required=True, readonly=True)
    date_resolved = fields.Datetime(string="Mended", readonly=True)

    _place_uniq = models.UniqueIndex(
        "(job_id, model, res_id, COALESCE(part, '')) WHERE date_resolved IS NULL",
        "This is set aside already.",
    )

    @api.depends("model", "res_id", "part")
    @api.depends_context("uid", "lang")
    def _compute_about(self):
        """Say what it is: kind and number, and the part; no names."""
        for fault in self:
            # sudo: ir.model - the description of a kind of record
            kind = self.env["ir.model"].sudo()._get(fault.model).name or fault.model
            words = [kind, str(fault.res_id or ""), fault.part]
            fault.about = " · ".join(filter(None, words))

    @api.depends("error")
    @api.depends_context("lang")
    def _compute_error_text(self):
        """Say in words what is no error of the program; else the kind of error."""
        words = {
            "damaged": self.env._(
                "Damaged, or changed past the system: no key opens or confirms it"
            ),
            "nobody": self.env._("Nobody to tell: nobody has this role, or may open the case"),
            "unsent": self.env._("Mails are not sent: look at the outgoing mail server"),
        }
        for fault in self:
            fault.error_text = words.get(fault.error, fault.error)

    def action_try_again(self):
        """Let the next run try again, and let it run now.

        :raises AccessError: the user neither configures the system nor leads the school
        """
        self.check_access("read")
        if not self.env.user.has_groups(f"{CONFIGURATOR},{PRINCIPAL}"):
            raise AccessError(self.env._("Configurators and principals let it be tried again."))
        # sudo: crisis.job.fault - checked just above; a moment only
        own = self.sudo()
        own._as_system().write({"date_next": fields.Datetime.now()})
        own.job_id._run_soon()
