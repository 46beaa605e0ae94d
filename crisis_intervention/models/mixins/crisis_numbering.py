from odoo import api, fields, models

# Two letters per model, so that a reference tells what it is.
NUMBERED = {
    "crisis.access.grant": "AG",
    "crisis.assessment": "CA",
    "crisis.case": "CI",
    "crisis.concern": "CR",
    "crisis.destruction": "DR",
    "crisis.emergency": "EM",
    "crisis.emergency.report": "ER",
    "crisis.guardian.contact": "GC",
    "crisis.guardian.waiver": "GW",
    "crisis.legal.hold": "LH",
    "crisis.mandatory.report": "LR",
    "crisis.measure": "MS",
    "crisis.medical.record": "MR",
    "crisis.person.request": "PR",
    "crisis.plan": "CP",
    "crisis.referral": "RF",
    "crisis.review": "RV",
    "crisis.school.return": "SR",
    "crisis.session": "CS",
}


class CrisisNumbering(models.AbstractModel):
    """Reference numbers by school and year, without gaps and without doubles."""

    _name = "crisis.numbering"
    _description = "Crisis Reference Numbers"

    @api.model
    def _draw(self, code, company, count=1):
        """Draw ``count`` consecutive references of ``company``.

        Built on Odoo's gapless sequences (one per company and model, one date range per calendar
        year), but takes the whole block in one statement instead of one per number.

        :param str code: sequence code, the name of the model that is numbered
        :param company: ``res.company`` record, the school
        :param int count: how many references
        :return: list of ``count`` strings such as ``CI/2026/0001``
        :raises psycopg2.errors.LockNotAvailable: another transaction is drawing at this moment;
            Odoo's service layer then repeats the request by itself
        """
        today = fields.Date.context_today(self)
        current = self._lock(code, company, today)
        if not current:
            self._ensure(company)
            self._add_year(code, company, today)
            current = self._lock(code, company, today)
        range_id, first, sequence_id = current
        self.env.cr.execute(
            "UPDATE ir_sequence_date_range SET number_next = number_next + %s WHERE id = %s",
            [count, range_id],
        )
        counters = ["number_next", "number_next_actual"]
        self.env["ir.sequence.date_range"].browse(range_id).invalidate_recordset(counters)
        # sudo: ir.sequence - holds the pattern of the reference; reporters have no right on it
        sequence = self.env["ir.sequence"].sudo().browse(sequence_id)
        dated = sequence.with_context(ir_sequence_date=today, ir_sequence_date_range=today)
        # the pattern once, not once per number
        prefix, suffix = dated._get_prefix_suffix()
        return [
            f"{prefix}{number:0{sequence.padding}}{suffix}"
            for number in range(first, first + count)
        ]

    @api.model
    def _lock(self, code, company, day):
        """Return (id of the date range, next number, id of the sequence), locked; None if missing.

        :raises psycopg2.errors.LockNotAvailable: another transaction holds it
        """
        self.env.cr.execute(
            """
            SELECT r.id, r.number_next, s.id
              FROM ir_sequence_date_range r
              JOIN ir_sequence s ON s.id = r.sequence_id
             WHERE s.code = %s AND s.company_id = %s AND s.active
               AND r.date_from <= %s AND r.date_to >= %s
               FOR UPDATE OF r NOWAIT
            """,
            [code, company.id, day, day],
        )
        return self.env.cr.fetchone()

    @api.model
    def _add_year(self, code, company, day):
        """Begin the numbers of a calendar year."""
        # sudo: ir.sequence - holds counters only; reporters have no right on sequences
        sequence = (
            self.env["ir.sequence"]
            .sudo()
            .search([("code", "=", code), ("company_id", "=", company.id)], limit=1)
        )
        # A changed row makes a second transaction fail and repeat instead of doubling the year.
        self.env.cr.execute(
            "UPDATE ir_sequence SET write_date = now() AT TIME ZONE 'UTC' WHERE id = %s",
            [sequence.id],
        )
        sequence._create_date_range_seq(day)
        self.env.flush_all()

    @api.model
    def _ensure(self, companies):
        """Create the missing sequences of ``companies`` (``res.company`` records)."""
        # sudo: ir.sequence - holds counters only; whoever creates a company needs them to exist
        sequences = self.env["ir.sequence"].sudo()
        existing = sequences._read_group(
            [("code", "in", list(NUMBERED)), ("company_id", "in", companies.ids)],
            ["code", "company_id"],
        )
        known = {(code, company.id) for code, company in existing}
        sequences.create(
            [
                {
                    "name": f"{code} {company.id}",
                    "code": code,
                    "company_id": company.id,
                    "prefix": f"{prefix}/%(range_year)s/",
                    "padding": 4,
                    "implementation": "no_gap",
                    "use_date_range": True,
                }
                for company in companies
                for code, prefix in NUMBERED.items()
                if (code, company.id) not in known
            ]
        )
