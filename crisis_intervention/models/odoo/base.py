from odoo import models
from odoo.exceptions import AccessError

from ...lib.spreadsheet_cells import harmless

EXPORT = "crisis_intervention.group_export"


class Base(models.AbstractModel):
    """Exports that hold anything of ours: a right of their own, harmless cells, registered."""

    _inherit = "base"

    def export_data(self, fields_to_export):
        """Export records of ours, or what others reach of them, for those with the right.

        :raises AccessError: the user has no right to export
        """
        if not self._exports_crisis(fields_to_export):
            return super().export_data(fields_to_export)
        if not self.env.su and not self.env.user.has_group(EXPORT):
            raise AccessError(
                self.env._(
                    "Exporting from the crisis intervention system is a right of its own. Ask the "
                    "principal whether you need it; the administrator gives it (role Export)."
                )
            )
        register = self.env["crisis.disclosure"]
        if register._is_about_a_child(self._name):
            names = {path.split("/")[0] for path in fields_to_export} & self._fields.keys()
            register._register_reading(self, names - {"id"}, "export")
        result = super().export_data(fields_to_export)
        return {**result, "datas": [list(map(harmless, row)) for row in result["datas"]]}

    def _exports_crisis(self, paths):
        """Tell whether an export reads a model of ours.

        :param paths: fields such as ``name`` or ``case_id/student_id/name``
        """
        is_ours = self.env["crisis.record"]._is_ours
        for path in paths:
            model = self
            for name in [None, *path.split("/")]:
                field = name and model._fields.get(name)
                if field and field.comodel_name:
                    model = self.env[field.comodel_name]
                if is_ours(model._name):
                    return True
        return False
