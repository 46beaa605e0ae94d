from odoo.http import Controller, content_disposition, request, route

from ..identity import require_confirmed


class PersonExport(Controller):
    """The download of what is kept about one student."""

    @route("/crisis/person-export/<int:request_id>", type="http", auth="user", methods=["GET"])
    def download(self, request_id):
        """Return the copy as a ZIP, to those who may make it and have said who they are."""
        require_confirmed(request.env)
        wanted = request.env["crisis.person.request"].browse(request_id)
        content = wanted._export_archive()
        name = f"{wanted.name.replace('/', '-')}.zip"
        return request.make_response(
            content,
            headers=[
                ("Content-Type", "application/zip"),
                ("Content-Length", len(content)),
                ("Content-Disposition", content_disposition(name)),
                ("Cache-Control", "no-store"),
            ],
        )
