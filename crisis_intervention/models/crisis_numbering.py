from odoo import api, fields, models

NUMBERED = {"crisis.case": "CI", "crisis.concern": "CR"}


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
        sequence = self._sequence(code, company) or self._ensure(company)._sequence(code, company)
        year_range = self._year_range(sequence, today)
        self.env.cr.execute(
            "SELECT number_next FROM ir_sequence_date_range WHERE id = %s FOR UPDATE NOWAIT",
            [year_range.id],
        )
        [first] = self.env.cr.fetchone()
        self.env.cr.execute(
            "UPDATE ir_sequence_date_range SET number_next = number_next + %s WHERE id = %s",
            [count, year_range.id],
        )
        year_range.invalidate_recordset(["number_next", "number_next_actual"])
        dated = sequence.with_context(ir_sequence_date=today, ir_sequence_date_range=today)
        return [dated.get_next_char(first + offset) for offset in range(count)]

    @api.model
    def _sequence(self, code, company):
        """Return the sequence of ``company`` for ``code``, or an empty recordset."""
        # sudo: ir.sequence - holds counters only; reporters have no right on sequences
        sequences = self.env["ir.sequence"].sudo()
        return sequences.search([("code", "=", code), ("company_id", "=", company.id)], limit=1)

    @api.model
    def _year_range(self, sequence, day):
        """Return the date range of ``sequence`` for the calendar year of ``day``."""
        ranges = sequence.date_range_ids.filtered(lambda r: r.date_from <= day <= r.date_to)
        if not ranges:
            # A changed row makes a second transaction fail and repeat instead of doubling the year.
            self.env.cr.execute(
                "UPDATE ir_sequence SET write_date = now() AT TIME ZONE 'UTC' WHERE id = %s",
                [sequence.id],
            )
            ranges = sequence._create_date_range_seq(day)
        return ranges[:1]

    @api.model
    def _ensure(self, companies):
        """Create the missing sequences of ``companies`` (``res.company``); return this model."""
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
        return self
