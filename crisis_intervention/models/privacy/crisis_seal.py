from functools import partial

from odoo import api, models

from ... import register_archive as archive
from ... import register_kept as kept
from ... import role_confirmations as roles
from ... import signatures
from ...jobs import DAMAGED, Job
from ...register import sign_end_anew
from ...seal_key_use import keys_left
from ...sealed_fields import Sealed
from ...sealing import files_before, renew, renew_files, report_plain, sealed_before
from .crisis_access_grant import given_before, sign_given_anew


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
        with Job(self, "_cron_reseal", irreversible=False) as job:
            job.find(lambda: sign_end_anew(self.env), "end")
            for model, part, fetch, work in job.find(self._renewals) or ():
                if not job.in_batches(model, part, fetch, work):
                    return
            job.find(lambda: report_plain(self.env), "plain")
            keys = job.find(lambda: keys_left(self.env), "keys") if job.is_whole else None
            if keys is not None:
                job.result = {"keys": keys, "damaged": job.count_aside(DAMAGED)}

    @api.model
    def _renewals(self):
        """Return what is signed and sealed anew: list of model, part, and two functions.

        See ``jobs.Job.in_batches``.
        """
        env = self.env
        signed = [
            ("crisis.role.confirmation", "signature", roles.signed_before, roles.sign_anew),
            ("crisis.register.check", "signature", kept.signed_before, kept.sign_anew),
            ("crisis.access.grant", "given", given_before, sign_given_anew),
        ]
        stored = [
            ("ir.attachment", "raw", files_before, renew_files),
            ("crisis.register.archive", "content", archive.sealed_before, archive.seal_anew),
        ]
        records = (
            (
                model,
                "signature",
                partial(signatures.signed_before, env, model),
                partial(signatures.sign_anew, env, model),
            )
            for model in signatures._kinds(env)
        )
        texts = (
            (
                field.model_name,
                field.name,
                partial(sealed_before, env, field),
                partial(renew, env, field),
            )
            for field in self._sealed_fields()
        )
        bound = (
            [
                (model, part, partial(fetch, env), partial(work, env))
                for model, part, fetch, work in some
            ]
            for some in (signed, stored)
        )
        first, last = bound
        return [*first, *records, *texts, *last]
