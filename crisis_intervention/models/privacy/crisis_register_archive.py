from odoo import api, fields, models
from odoo.exceptions import AccessError

from ... import register_archive
from ...jobs import Job
from ...register_check import check_chain
from ...roles import PRINCIPAL
from ...seal_keys import has_key

# Rows in which one of these was found stay in the table, where it is seen.
_LEFT = ("changed", "linked", "entry")


class CrisisRegisterArchive(models.Model):
    """A part of the register: readings of a year that is over, sealed, as they were.

    What it holds is written and read by ``register_archive``; the column ``content`` is no field.
    """

    _name = "crisis.register.archive"
    _description = "Archive of the Register"
    _inherit = ["crisis.written.by.system"]
    _order = "id desc"
    _outlives_erasure = True

    name = fields.Char(string="Part", required=True)
    year = fields.Integer(required=True, aggregator=None)
    date = fields.Datetime(string="Archived On", required=True)
    first_number = fields.Integer(required=True, aggregator=None)
    last_number = fields.Integer(required=True, aggregator=None)
    count = fields.Integer(string="Readings", required=True)
    digest = fields.Char(
        required=True, help="SHA-256 of the archive before and of all rows of this one."
    )
    size = fields.Integer(string="Bytes")

    _name_uniq = models.UniqueIndex(
        "(name)", "This part of the register is archived already. Please reload."
    )

    def init(self):
        """Make the place for the rows: a column that no field shows."""
        self.env.cr.execute(
            "ALTER TABLE crisis_register_archive ADD COLUMN IF NOT EXISTS content bytea"
        )

    def action_download(self):
        """Download an archive.

        :raises AccessError: the user is no principal
        """
        self.ensure_one()
        self._check_download()
        return {
            "type": "ir.actions.act_url",
            "url": f"/crisis/register-archive/{self.id}",
            "target": "download",
        }

    def _check_download(self):
        """Demand a principal who may read this archive.

        :raises AccessError: it is somebody else
        """
        self.check_access("read")
        if not self.env.user.has_group(PRINCIPAL):
            raise AccessError(self.env._("Archives of the register are for the principal."))

    @api.model
    def _cron_archive(self):
        """Put readings of years that are over into archives, part by part."""
        if not has_key(self.env):
            return
        with Job(self, "_cron_archive", irreversible=True) as job:
            if job.stopped or not job.find(lambda: register_archive.waits(self.env)):
                return
            # what is wrong is told by the nightly check
            left = job.find(self._faulty)
            if left is None:
                return
            while done := job.find(lambda: register_archive.archive_part(self.env, left), "part"):
                job.progress(done, more=True)

    @api.model
    def _faulty(self):
        """Return the numbers of the rows that stay in the table, as something is wrong with them."""
        faults = check_chain(self.env).faults
        return [fault.number for fault in faults if fault.problem in _LEFT]
