import re
import subprocess
import unicodedata

from odoo.tests import HttpCase


class DocumentCase(HttpCase):
    """Prints documents as their users do, and reads the paper back.

    From HttpCase, because wkhtmltopdf fetches styles from the server.
    """

    def _print(self, report, records, user, lang="zh_CN"):
        """Return the PDF of ``report`` (name without module) about ``records``, as bytes."""
        reports = (
            self.env["ir.actions.report"]
            .with_user(user)
            .with_context(lang=lang, force_report_rendering=True)
        )
        content, kind = reports._render_qweb_pdf(f"crisis_intervention.{report}", records.ids)
        self.assertEqual(kind, "pdf")
        return content

    def _paper(self, report, records, user, lang="zh_CN"):
        """Return the text of that PDF, a string per page, with single spaces."""
        done = subprocess.run(
            ["pdftotext", "-layout", "-", "-"],
            input=self._print(report, records, user, lang),
            capture_output=True,
            check=True,
        )
        # fonts give some characters as radicals of the same look: 生 comes back as U+2F63
        text = unicodedata.normalize("NFKC", done.stdout.decode())
        # each page ends with a form feed
        return [re.sub(r"[ \n]+", " ", page) for page in text.split("\f")[:-1]]
