from odoo import api, models

from ...lib.num2words_zh import counted


class CrisisDocument(models.AbstractModel):
    """Parts that documents have in common."""

    _name = "crisis.document"
    _description = "Printed Document"

    @api.model
    def _in_words(self, number):
        """Return a count as documents say it, so that nobody adds a digit: thirty-two, 叁拾贰."""
        return counted(number, self.env.lang)

    @api.model
    def _facts(self, record, names):
        """Return fields of ``record`` for a table of four columns.

        Fields that are empty, or closed to the user, are left out.

        :param names: field names; one in a list of its own takes a whole row
        :return: list of rows of one or two (label, value as text or Markup)
        """
        rows, half = [], False
        for name in names:
            alone = isinstance(name, list)
            [name] = name if alone else [name]
            field = record._fields[name]
            value = record._has_field_access(field, "read") and self._shown(record, field)
            if not value:
                continue
            fact = (field._description_string(self.env), value)
            if half and not alone:
                rows[-1].append(fact)
            else:
                rows.append([fact])
            half = not half and not alone
        return rows

    @api.model
    def _shown(self, record, field):
        """Return a value as it stands on paper, in the language of the reader."""
        value = record[field.name]
        if field.type == "boolean":
            return self.env._("Yes") if value else ""
        if not value:
            return ""
        if field.type in ("many2one", "many2many"):
            # users are named, not shown with their company or address
            return self.env._(", ").join(
                r.name if r._name == "res.users" else r.display_name for r in value
            )
        converter = self.env.get(f"ir.qweb.field.{field.type}", self.env["ir.qweb.field"])
        return converter.record_to_html(record, field.name, {"hide_seconds": True})
