from odoo import api, fields, models
from odoo.tools import SQL

from ...jobs import Job
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
        with Job(self, "_cron_notice", irreversible=False) as job:
            # pylint: disable=no-search-all
            job.work(lambda: self.env["res.company"].search([]), self._notice)

    @api.model
    def _notice(self, school):
        """List the unused numbers of a school anew."""
        self.env["crisis.case"].flush_model(["name", "company_id"])
        # references only, of every case there is
        names = self.env.execute_query(
            SQL("SELECT name FROM crisis_case WHERE company_id = %s", school.id)
        )
        found = set(missing([name for [name] in names]))
        # sudo: crisis.number.gap - the list is made by the system; it holds numbers only
        gaps = self.sudo()
        known = {gap.name: gap for gap in gaps.search([("company_id", "=", school.id)])}
        gaps.union(*(gap for name, gap in known.items() if name not in found)).unlink()
        now = fields.Datetime.now()
        gaps.create(
            [
                {"company_id": school.id, "name": name, "date": now}
                for name in sorted(found - known.keys())
            ]
        )
