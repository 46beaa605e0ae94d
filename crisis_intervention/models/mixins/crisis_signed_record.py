from odoo import fields, models
from odoo.exceptions import UserError


class CrisisSignedRecord(models.AbstractModel):
    """A record of a case that its author writes, signs, and never changes afterwards."""

    _name = "crisis.signed.record"
    _description = "Signed Record of a Case"
    _inherit = ["crisis.case.record"]
    _locked_states = frozenset(("signed",))
    _finished_states = ("signed",)

    user_id = fields.Many2one(
        "res.users",
        string="By",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.uid,
    )
    state = fields.Selection(
        [("draft", "Being written"), ("signed", "Signed")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    date_signed = fields.Datetime(string="Signed On", readonly=True, copy=False)

    def write(self, vals):
        """Let nobody but the author write.

        :raises UserError: the record is somebody else's, or signed
        """
        if not self.env.su and not vals.keys() <= self._later_fields:
            self._check_author()
        return super().write(vals)

    def _check_author(self):
        """Refuse others than the author.

        :raises UserError: one of the records is somebody else's
        """
        if not self.env.su and any(record.user_id != self.env.user for record in self):
            raise UserError(
                self.env._("Only the author writes and signs this. Write a record of your own.")
            )

    def action_sign(self):
        """Sign and lock.

        :raises UserError: something is missing, or it is not the user's to sign
        """
        self.check_access("write")
        self._check_author()
        self._lock_in("draft")
        self._check_case_runs()
        self._check_before_signing()
        self._set({"state": "signed", "date_signed": fields.Datetime.now()})
        self._after_signing()

    def _check_before_signing(self):
        """Demand what a signed record must hold.

        :raises UserError: says what is missing
        """

    def _after_signing(self):
        """Carry out what follows from the record."""
