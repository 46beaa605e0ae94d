import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..lib.instrument_exchange import load


class CrisisInstrumentImport(models.TransientModel):
    """Checks an instrument's file, shows what is in it, and takes it in as a draft."""

    _name = "crisis.instrument.import"
    _description = "Import an Instrument"
    _inherit = ["crisis.record"]

    file = fields.Binary(string="Instrument File", required=True)
    filename = fields.Char()
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    is_good = fields.Boolean(compute="_compute_preview")

    @api.depends("file")
    @api.depends_context("lang")
    def _compute_preview(self):
        """Show the instrument, or each fault with its line."""
        bands = self.env["crisis.instrument.band"]
        levels = dict(bands._fields["risk_level"]._description_selection(self.env))
        for wizard in self:
            tree, faults = load(wizard._content()) if wizard.file else (None, [])
            wizard.is_good = bool(tree)
            wizard.preview = wizard.file and self.env["ir.qweb"]._render(
                "crisis_intervention.crisis_instrument_preview",
                {
                    "tree": tree,
                    "faults": wizard._sentences(faults),
                    "say": lambda text: _said(text, self.env.lang),
                    "scales": {
                        scale["code"]: _said(scale.get("name"), self.env.lang) or scale["code"]
                        for scale in (tree or {}).get("scales", ())
                    },
                    "levels": levels,
                    "number": lambda value: "" if value is None else f"{value:g}",
                },
            )

    def _content(self):
        """Return the bytes of the file, as it was chosen or as it was stored."""
        # without bin_size, which would give the size instead of the file
        return base64.b64decode(self.with_context(bin_size=False).file or b"")

    def _sentences(self, faults):
        """Return one sentence per fault, with its line."""
        explain = self.env["crisis.instrument"]._explain
        return [
            self.env._(
                "Line %(line)s: %(fault)s",
                line=fault.line,
                fault=explain(fault.code, fault.details),
            )
            for fault in faults
        ]

    def action_import(self):
        """Create the draft.

        :return: action that opens it
        :raises UserError: names every fault with its line; nothing is saved
        """
        self.ensure_one()
        self.env["crisis.instrument"].check_access("create")
        tree, faults = load(self._content())
        if faults:
            raise UserError("\n".join(self._sentences(faults)))
        instrument = self.env["crisis.instrument"]._create_from_tree(tree, self.env.company)
        return instrument._action_form()


def _said(text, lang):
    """Return a text of a tree in ``lang``, else in the language it has."""
    return text and (text.get(lang) or text.get("") or text.get("en_US"))
