from odoo.http import Controller, content_disposition, request, route

from ..register_archive import downloaded


class RegisterArchive(Controller):
    """The download of a part of the register that was archived."""

    @route("/crisis/register-archive/<int:archive_id>", type="http", auth="user", methods=["GET"])
    def download(self, archive_id):
        """Return it as JSON lines, compressed: what the principal would see in the register."""
        archive = request.env["crisis.register.archive"].browse(archive_id)
        content, name = downloaded(archive)
        return request.make_response(
            content,
            headers=[
                ("Content-Type", "application/gzip"),
                ("Content-Length", len(content)),
                ("Content-Disposition", content_disposition(name)),
                ("Cache-Control", "no-store"),
            ],
        )
