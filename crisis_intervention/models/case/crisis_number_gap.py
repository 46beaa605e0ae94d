from odoo import api, fields, models

from ...lib.reference_numbers import missing


class CrisisNumberGap(models.Model):
    """A case number that was drawn and not kept, so that a gap in the register is explained.

    Whoever opens a case draws its number before it is certain that the case is saved; an entry that
    is refused or interrupted leaves its number unused. Cases only: the principal sees all of them,
    while a list of missing report numbers would tell which of them belong to hidden reports.
    """

    _name = "crisis.number.gap"
    _description = "Unused Case Number"
    _inherit = ["crisis.record"]
    _order = "name desc"

    name = fields.Char(string="Reference", required=True, readonly=True)
    company_id = fields.Many2one(
        "res.company", string="School", required=True, readonly=True, index=True, ondelete="cascade"
    )
    date = fields.Datetime(string="Noticed", required=True, readonly=True)

    _number_unique = models.Constraint(
        "UNIQUE (company_id, name)", "This number is in the list already."
    )

    @api.model
    def _cron_notice(self):
        """List the unused numbers of all schools anew; those noticed before keep their moment.

        A number whose case was being saved while the list was made goes off it the next night.
        """
        self.env["crisis.case"].flush_model(["name", "company_id"])
        # references only, of every case there is
        self.env.cr.execute("SELECT company_id, array_agg(name) FROM crisis_case GROUP BY 1")
        found = {
            (company_id, name)
            for company_id, names in self.env.cr.fetchall()
            for name in missing(names)
        }
        # sudo: crisis.number.gap - the list is made by the system; it holds numbers only
        gaps = self.sudo()
        known = {(gap.company_id.id, gap.name): gap for gap in gaps.search([])}
        gaps.union(*(gap for key, gap in known.items() if key not in found)).unlink()
        now = fields.Datetime.now()
        gaps.create(
            [
                {"company_id": company_id, "name": name, "date": now}
                for company_id, name in sorted(found - known.keys())
            ]
        )
