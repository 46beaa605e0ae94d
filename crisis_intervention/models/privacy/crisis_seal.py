from functools import partial

from odoo import api, models

from ... import register_archive, register_kept, signatures
from ...register import sign_end_anew
from ...role_confirmations import sign_anew
from ...seal_key_state import keep_used
from ...seal_keys import has_key
from ...sealed_fields import Sealed
from ...sealing import renew, renew_files, report_plain
from .crisis_access_grant import sign_given_anew


class CrisisSeal(models.AbstractModel):
    """Care of sealed columns and files: which there are, and renewal with the newest key."""

    _name = "crisis.seal"
    _description = "Care of Sealed Texts"

    @api.model
    def _sealed_fields(self):
        """Return the sealed fields of all models."""
        return [
            field
            for model in self.env.registry.values()
            if model._auto and not model._abstract and not model._transient
            for field in model._fields.values()
            if isinstance(field, Sealed) and field.store
        ]

    @api.model
    def _tables_to_rewrite(self):
        """Return the tables whose files may still hold texts from before they were sealed."""
        models_ = (
            model
            for model in self.env.registry.values()
            if model._auto
            and not model._abstract
            and any(isinstance(f, Sealed) and f.store for f in model._fields.values())
        )
        return sorted({"ir_attachment", *(model._table for model in models_)})

    @api.model
    def _models_with_files(self):
        """Return the names of the models whose files are sealed."""
        files = self.env["ir.attachment"]
        return [name for name in self.env.registry if files._is_crisis_model(name)]

    @api.model
    def _cron_reseal(self):
        """Seal anew, after a new key was put first: batch by batch, and on from there next time.

        When it has ended, older keys may be taken away. What cannot be opened, and what stands
        plain where it must be sealed, is left as it is and reported.
        """
        if not has_key(self.env):
            return
        keep_used(self.env)
        sign_anew(self.env)
        sign_end_anew(self.env)
        register_kept.sign_anew(self.env)
        sign_given_anew(self.env)
        for done in signatures.sign_anew(self.env):
            if not self.env["ir.cron"]._commit_progress(done):
                return
        report_plain(self.env)
        batches = [partial(renew, self.env, field) for field in self._sealed_fields()]
        for batch in [*batches, partial(renew_files, self.env)]:
            last = 0
            while last := batch(last):
                if not self.env["ir.cron"]._commit_progress(1):
                    return
        while register_archive.seal_anew(self.env):
            if not self.env["ir.cron"]._commit_progress(1):
                return
