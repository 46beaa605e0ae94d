from lxml import etree
from odoo import api, fields, models, tools

from ... import text_versions
from .crisis_client_guard import is_system


class CrisisTextGuard(models.AbstractModel):
    """Long texts of which nobody loses an update: see ``text_versions``.

    Part of ``crisis.record``. All long texts that a client may write are guarded; which are not
    says ``_unguarded_texts``.
    """

    _name = "crisis.text.guard"
    _description = "Guard of Long Texts"

    # sealed texts of a case of which earlier versions are kept (``crisis.text.version``)
    _kept_texts = ()
    # long texts of which the last one to save wins all the same: field to the reason
    _unguarded_texts = {}

    text_versions = fields.Json(
        string="Versions of Texts",
        compute="_compute_text_versions",
        exportable=False,
        help="Which version of each long text this is: sent back by whoever changes the text, so "
        "that nobody writes over what somebody else has written meanwhile.",
    )

    @api.model
    @tools.ormcache()
    def _guarded_texts(self):
        """Return the names of the long texts that are not written over unseen, sorted.

        What stands in several languages is left out: wording of the school's settings, of which a
        client sends one language, and Odoo's dialog of translations all others.
        """
        if self._transient or self._abstract or not self._auto:
            return ()
        entered = (self._fields[name] for name in self._client_fields() - {"text_versions"})
        return tuple(
            sorted(
                field.name
                for field in entered
                if field.type in ("text", "html")
                and field.store
                and not field.translate
                and field.name not in self._unguarded_texts
            )
        )

    @api.depends(
        lambda self: [
            name
            for name, field in self._fields.items()
            if field.type in ("text", "html") and field.store and not self._transient
        ]
    )
    def _compute_text_versions(self):
        """Tell who reads a text which version it is; a form that is filled in keeps what it has."""
        names = [
            n for n in self._guarded_texts() if self._has_field_access(self._fields[n], "read")
        ]
        stored = self.filtered("id") if names else self.browse()
        found = text_versions.versions(stored, names) if stored else {}
        for record in self:
            record.text_versions = found.get(record.id, False)

    def write(self, vals):
        """Write; over a text only what was written after reading it.

        What a page sends that is being closed is added to what stands there.

        :raises UserError: somebody else has changed a text meanwhile; says who and when
        """
        names = [name for name in self._guarded_texts() if name in vals]
        if names and self and not is_system(self):
            self.check_access("write")
            for name in names:
                self._check_field_access(self._fields[name], "write")
            if found := text_versions.stale(self, names):
                if len(self) > 1 or not text_versions.is_leaving(self.env):
                    raise text_versions.refusal(self, found)
                added = {n: text_versions.together(self, n, vals[n]) for _id, n in found}
                vals = {**vals, **added}
        text_versions.keep(self, vals)
        return super().write(vals)

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Let views in which texts are written hold their versions."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type in ("form", "list"):
            self._add_versions(arch)
        return arch, view

    @api.model
    def _add_versions(self, arch):
        """Add the versions to a form or list that shows a guarded text, and to lists within."""
        names, shown, nodes = self._guarded_texts(), False, list(arch)
        while nodes:
            node = nodes.pop()
            if node.tag != "field":
                nodes += list(node)
                continue
            shown |= node.get("name") in names
            field = self._fields.get(node.get("name"))
            if field and self._is_of_crisis(field.comodel_name):
                for part in node.iterchildren("form", "list"):
                    self.env[field.comodel_name]._add_versions(part)
        if shown:
            hidden = "column_invisible" if arch.tag == "list" else "invisible"
            arch.insert(0, etree.Element("field", {"name": "text_versions", hidden: "1"}))
