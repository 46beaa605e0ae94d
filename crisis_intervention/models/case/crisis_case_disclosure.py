from odoo import models


class CrisisCase(models.Model):
    """The question of a guardian or an inspector: who has seen this file?"""

    _inherit = "crisis.case"

    def action_view_disclosures(self):
        """List who has read what is confidential in this case."""
        self.ensure_one()
        register = self.env["crisis.disclosure"]
        register._check_reader(self)
        register._seal()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crisis_intervention.crisis_disclosure_action"
            ),
            "domain": [("case_id", "=", self.id), ("entry_id", "=", False)],
            "context": {},
        }

    def _disclosure_entries(self):
        """Return the entries about this case, the oldest first, for the document.

        :raises AccessError: neither its owner nor the principal asks
        """
        self.ensure_one()
        register = self.env["crisis.disclosure"]
        register._check_reader(self)
        return register.search(
            [("case_id", "=", self.id), ("entry_id", "=", False)], order="date, id"
        )
