import json
from collections import OrderedDict

from odoo.addons.web.controllers.export import CSVExport, ExcelExport
from odoo.http import content_disposition, request, route
from odoo.tools import osutil
from werkzeug.exceptions import NotFound

from ..lib.encrypted_archive import encrypted, new_password
from ..lib.spreadsheet_cells import harmless

# Where the password waits until the one who exported is shown it, once.
_SESSION_KEY = "crisis_export_password"


def _leave(response, data, extension):
    """Return the response as it is, or, where it holds anything of ours, as an encrypted archive.

    :param str data: what the client asked to export, as JSON
    """
    asked = json.loads(data)
    model = request.env[asked["model"]]
    if not model._exports_crisis([field["name"] for field in asked["fields"]]):
        return response
    password = new_password()
    request.session[_SESSION_KEY] = password
    label = osutil.clean_filename(request.env["ir.model"]._get(model._name).name)
    content = encrypted(label + extension, response.get_data(), password)
    return request.make_response(
        content,
        headers=[
            ("Content-Type", "application/zip"),
            ("Content-Disposition", content_disposition(f"{label}.zip")),
        ],
    )


class CrisisCSVExport(CSVExport):
    """Exports as text."""

    @route()
    def web_export_csv(self, data):
        """Export, and encrypt what holds anything of ours."""
        return _leave(super().web_export_csv(data), data, self.extension)


class CrisisExcelExport(ExcelExport):
    """Exports as workbook."""

    @route()
    def web_export_xlsx(self, data):
        """Export, and encrypt what holds anything of ours."""
        return _leave(super().web_export_xlsx(data), data, self.extension)

    def from_group_data(self, fields, columns_headers, groups):
        """Write the names of groups as texts."""
        if request.env["crisis.record"]._is_ours(groups._model._name):
            _disarm(groups)
        return super().from_group_data(fields, columns_headers, groups)

    @route("/crisis_intervention/export/password", type="jsonrpc", auth="user")
    def export_password(self):
        """Return the password of the last export, once.

        :raises NotFound: there is none, or it was shown already
        """
        password = request.session.pop(_SESSION_KEY, None)
        if not password:
            raise NotFound()
        return password


def _disarm(node):
    """Make the names of groups harmless, at every depth."""
    node.children = OrderedDict(
        (tuple(map(harmless, name)) if isinstance(name, tuple) else harmless(name), child)
        for name, child in node.children.items()
    )
    for child in node.children.values():
        _disarm(child)
