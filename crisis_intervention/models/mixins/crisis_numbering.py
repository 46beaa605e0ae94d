from contextlib import contextmanager
from datetime import date

from odoo import SUPERUSER_ID, api, fields, models

from ...jobs import Job

# Of the advisory lock under which a year that nobody has prepared is begun.
_LOCK = 0x6E756D62


class CrisisNumbering(models.AbstractModel):
    """Reference numbers by school and calendar year, such as ``CI/2026/0001``, without doubles.

    They come from PostgreSQL sequences, so that nobody waits for the transaction of somebody else.
    The sequences are Odoo's: one ``ir.sequence`` for each kind of record and school, one date range
    of it for each year. A number that is drawn and not kept leaves a gap, which is explained where
    a gap may be known (``crisis.number.gap``).
    """

    _name = "crisis.numbering"
    _description = "Crisis Reference Numbers"

    @api.model
    def _draw(self, code, company, count=1):
        """Draw ``count`` references of ``company`` for the present year of the school.

        :param str code: sequence code, the name of the model that is numbered
        :param company: ``res.company`` record, the school
        :param int count: how many references
        :return: list of ``count`` strings such as ``CI/2026/0001``, in rising order
        """
        year = self._year(company)
        return self._drawn(code, company, year, count) or self._begin(code, company, year, count)

    @api.model
    def _year(self, company):
        """Return the calendar year at ``company``, whoever asks from wherever."""
        # sudo: res.company - its time zone only
        zone = company.sudo().partner_id.tz or "Asia/Shanghai"
        return fields.Date.context_today(self.with_context(tz=zone)).year

    @api.model
    def _drawn(self, code, company, year, count):
        """Return the next ``count`` references, or an empty list when the year is not begun.

        The sequence is looked up where it is drawn from: nothing is kept in mind that could be
        changed or taken back elsewhere.
        """
        self.env.cr.execute(
            """
            WITH counter AS (
                SELECT s.id, format('ir_sequence_%%s_%%s', to_char(s.id, 'FM9999999000'),
                                    to_char(r.id, 'FM9999999000')) AS name
                  FROM ir_sequence s
                  JOIN ir_sequence_date_range r ON r.sequence_id = s.id
                 WHERE s.code = %s AND s.company_id = %s AND s.active
                   AND r.date_from = %s AND r.date_to = %s
              ORDER BY s.id
                 LIMIT 1)
            SELECT id, nextval(name::regclass) FROM counter, generate_series(1, %s)
            """,
            [code, company.id, *self._limits(year), count],
        )
        rows = self.env.cr.fetchall()
        if not rows:
            return []
        # sudo: ir.sequence - holds the pattern of the reference; reporters have no right on it
        sequence = self.env["ir.sequence"].sudo().browse(rows[0][0])
        first_day = self._limits(year)[0]
        # the pattern once, not once per number
        prefix, suffix = sequence._get_prefix_suffix(first_day, first_day)
        numbers = sorted(number for _id, number in rows)
        return [f"{prefix}{number:0{sequence.padding}}{suffix}" for number in numbers]

    @api.model
    def _begin(self, code, company, year, count):
        """Return the first references of a year that was not prepared, and those drawn meanwhile."""
        # a registry that is not ready loads a module: its transaction holds the tables, alone
        if self.env.registry.ready:
            with self._alone() as numbering:
                school = company.with_env(numbering.env).exists()
                if school:
                    numbering._prepare(school, [year])
                    return numbering._drawn(code, school, year, count)
        # a school of this very transaction, which nobody else can know
        self._prepare(company, [year])
        return self._drawn(code, company, year, count)

    @api.model
    @contextmanager
    def _alone(self):
        """Give this model in a short transaction of its own, one at a time for all processes.

        The caller's transaction would make the others wait until it ends, and does not see what
        was made after it began.
        """
        with self.env.registry.cursor() as cr:
            cr.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            try:
                # whoever has waited would still see the database as it was before
                cr.commit()  # pylint: disable=invalid-commit
                yield self.with_env(api.Environment(cr, SUPERUSER_ID, {}))
                cr.commit()  # pylint: disable=invalid-commit
            finally:
                cr.rollback()
                cr.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])

    @api.model
    def _prepare(self, companies, years=None):
        """Make what is missing of the sequences of ``companies``; ready years cost two queries.

        :param companies: ``res.company`` records
        :param years: calendar years; the present one by default
        """
        prefixes = self._prefixes()
        # sudo: ir.sequence - holds counters only; whoever makes a company needs them to exist
        sequences = self.env["ir.sequence"].sudo()
        found = sequences.search(
            [("code", "in", list(prefixes)), ("company_id", "in", companies.ids)]
        )
        numbered = {(sequence.code, sequence.company_id) for sequence in found}
        made = sequences.create(
            [
                {
                    "name": f"{code} {company.id}",
                    "code": code,
                    "company_id": company.id,
                    "prefix": f"{prefix}/%(range_year)s/",
                    "padding": 4,
                    "implementation": "standard",
                    "use_date_range": True,
                }
                for company in companies
                for code, prefix in prefixes.items()
                if (code, company) not in numbered
            ]
        )
        self._belong_to_modules(made)
        limits = [self._limits(year) for year in years or [fields.Date.today().year]]
        ranges = sequences.env["ir.sequence.date_range"]
        begun = ranges.search(
            [
                ("sequence_id", "in", (found | made).ids),
                ("date_from", "in", [first for first, _last in limits]),
            ]
        )
        known = {(range_.sequence_id, (range_.date_from, range_.date_to)) for range_ in begun}
        ranges.create(
            [
                {"sequence_id": sequence.id, "date_from": first, "date_to": last}
                for sequence in found | made
                for first, last in limits
                if (sequence, (first, last)) not in known
            ]
        )

    @api.model
    def _belong_to_modules(self, sequences):
        """Let Odoo remove ``sequences`` together with the module whose records they number."""
        # sudo: ir.model.data - names of sequences, given by the system
        self.env["ir.model.data"].sudo()._update_xmlids(
            [
                {
                    "xml_id": "{}.crisis_numbers_{}_{}".format(
                        self.env.registry[sequence.code]._original_module,
                        sequence.code.replace(".", "_"),
                        sequence.company_id.id,
                    ),
                    "record": sequence,
                    "noupdate": True,
                }
                for sequence in sequences
            ]
        )

    @api.model
    def _cron_prepare(self):
        """Prepare this year and the next at all schools, so that nobody has to at new year."""
        with Job(self, "_cron_prepare", irreversible=False) as job:
            # pylint: disable=no-search-all
            job.work(lambda: self.env["res.company"].search([]), self._prepare_school)

    @api.model
    def _prepare_school(self, school):
        """Prepare this year and the next at a school, in a short transaction."""
        year = fields.Date.today().year
        with self._alone() as numbering:
            numbering._prepare(school.with_env(numbering.env).exists(), [year, year + 1])

    @api.model
    def _prefixes(self):
        """Return dict of the models that are numbered to the letters before their references."""
        kinds = self.env["crisis.record"]._kinds()
        prefixes = {kind: self.env.registry[kind]._number_prefix for kind in kinds}
        return {kind: prefix for kind, prefix in prefixes.items() if prefix}

    @api.model
    def _limits(self, year):
        """Return the first and the last day of a calendar year."""
        return date(year, 1, 1), date(year, 12, 31)
