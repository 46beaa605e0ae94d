from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.http import request
from odoo.tools import SQL
from psycopg2.errors import ReadOnlySqlTransaction

from ..mixins.crisis_confidential import current_way

WAYS = [
    ("form", "Form"),
    ("list", "List"),
    ("read", "Program interface"),
    ("export", "Export"),
    ("permission", "Permission to look"),
    ("report", "Printed document"),
    ("file", "File"),
    ("other", "Other"),
]
# Several reads by one person within this time are one entry.
WINDOW = "1 hour"
_PENDING = "crisis.disclosure"
# Additions and the record that they add to.
_PARENTS = ("session_id", "assessment_id")
_COLUMNS = ("user_id", "res_model", "res_id", "field_names", "way", "date", "ip", "device")


class CrisisDisclosure(models.Model):
    """The register of disclosures: who read which confidential fields, when, from where, how.

    Each row is one reading and is never changed. The first one within an hour is the entry; others
    by the same person of the same fields in the same way point to it, and are its count. Rows are
    written by the transaction that reads, with one statement and without waiting for others; the
    hash chain is closed over them afterwards (see ``_close_chain``).
    """

    _name = "crisis.disclosure"
    _description = "Register of Disclosures"
    _inherit = ["crisis.disclosure.chain", "crisis.record"]
    _order = "date desc, id desc"
    _outlives_erasure = True
    _rec_name = "date"

    user_id = fields.Many2one("res.users", string="Reader", required=True, ondelete="restrict")
    date = fields.Datetime(string="When", required=True)
    res_model = fields.Char(string="Model", required=True)
    res_id = fields.Many2oneReference(string="Record ID", model_field="res_model", required=True)
    field_names = fields.Char(string="Technical Names", required=True)
    way = fields.Selection(WAYS, string="Way of Reading", required=True)
    ip = fields.Char(string="IP Address")
    device = fields.Char()
    case_id = fields.Many2one("crisis.case", index="btree_not_null", ondelete="restrict")
    student_id = fields.Many2one("crisis.student", index="btree_not_null", ondelete="restrict")
    company_id = fields.Many2one("res.company", index=True, ondelete="restrict")
    entry_id = fields.Many2one(
        "crisis.disclosure",
        index="btree_not_null",
        ondelete="restrict",
        help="The first reading within the hour; empty where this is the first one.",
    )
    number = fields.Integer(help="Place in the chain; 0 until the chain is closed over it.")
    hash = fields.Char()
    res_name = fields.Char(string="Record", compute="_compute_res_name")
    what = fields.Char(string="Texts Read", compute="_compute_what")
    read_count = fields.Integer(string="Times", compute="_compute_reads")
    date_last = fields.Datetime(string="Last Time", compute="_compute_reads")

    _number_uniq = models.UniqueIndex("(number) WHERE number > 0")
    _waiting_idx = models.Index("(id) WHERE number IS NULL")
    _repeat_idx = models.Index("(res_model, res_id, user_id, date) WHERE entry_id IS NULL")

    @api.depends("res_model", "res_id")
    @api.depends_context("lang")
    def _compute_res_name(self):
        """Name records by their kind and reference, never by a person."""
        for model, entries in self.grouped("res_model").items():
            # sudo: display names of our models are references
            known = self.env[model].sudo() if model in self.env else None
            label = self.env["ir.model"]._get(model).sudo().name
            for entry in entries:
                record = known is not None and known.browse(entry.res_id).exists()
                entry.res_name = " ".join(filter(None, (label, record and record.display_name)))

    @api.depends("res_model", "field_names")
    @api.depends_context("lang")
    def _compute_what(self):
        """Name the fields as the forms do, also those that were renamed since."""
        for model, entries in self.grouped("res_model").items():
            present = self.env[model]._fields if model in self.env else {}
            former = {n: f for f in present.values() for n in getattr(f, "former_names", ())}
            known = {**former, **present}
            for entry in entries:
                names = (entry.field_names or "").split(",")
                entry.what = ", ".join(
                    known[n]._description_string(self.env) if n in known else self.env._("File")
                    for n in names
                )

    @api.depends("entry_id", "date")
    def _compute_reads(self):
        """Count readings within the hour of the entry."""
        repeats = {
            entry.id: (count, last)
            for entry, count, last in self._read_group(
                [("entry_id", "in", self.ids)], ["entry_id"], ["__count", "date:max"]
            )
        }
        for entry in self:
            count, last = repeats.get(entry.id, (0, entry.date))
            entry.read_count, entry.date_last = count + 1, last

    @api.model
    def _open_domain(self, closed, operation):
        """Leave out who read a report about oneself, too."""
        reports = Domain("res_model", "=", "crisis.concern") & Domain(
            "res_id", "in", closed.concerns
        )
        return super()._open_domain(closed, operation) & ~reports

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refuse: the system alone registers, as it reads.

        :raises AccessError: always
        """
        raise AccessError(self.env._("The register of disclosures is kept by the system alone."))

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse every change, whoever asks for it.

        :raises AccessError: always
        """
        raise AccessError(self.env._("The register of disclosures is never changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Refuse to delete, whoever asks for it.

        :raises AccessError: always
        """
        raise AccessError(self.env._("The register of disclosures is never changed."))

    @api.model
    def _register_reading(self, records, field_names, way=None):
        """Register that the user reads confidential fields, where no field does it by itself.

        :param records: records of one of our models
        :param field_names: names of fields, or "file" for an attachment
        :param str way: a code of ``WAYS``; by default the one of the call that is being served
        """
        for record in records:
            for name in field_names:
                self._note(request.env.uid if request else self.env.uid, record, name, way)

    @api.model
    def _note(self, uid, record, field_name, way=None):
        """Keep in mind that user ``uid`` reads a field; written when the transaction ends.

        :raises ReadOnlySqlTransaction: the transaction cannot write; Odoo serves the request again
            with one that can
        """
        cr = self.env.cr
        if cr.readonly:
            raise ReadOnlySqlTransaction("reading confidential fields is registered")
        if _PENDING not in cr.precommit.data:
            cr.precommit.data[_PENDING] = {}
            # sudo: crisis.disclosure - written by the system alone, whoever reads
            cr.precommit.add(self.sudo()._write_notes)
        key = (uid, record._name, record.id, way or current_way())
        cr.precommit.data[_PENDING].setdefault(key, set()).add(field_name)

    def _write_notes(self):
        """Write what was read in this transaction, with one statement."""
        notes = self.env.cr.precommit.data.pop(_PENDING, None)
        if not notes:
            return
        http = request.httprequest if request else None
        ip = http.remote_addr if http else None
        device = http.user_agent.string[:250] if http else None
        now = fields.Datetime.now()
        rows = SQL(", ").join(
            SQL("%s", (uid, model, id_, ",".join(sorted(names)), way, now, ip, device))
            for (uid, model, id_, way), names in sorted(notes.items())
        )
        columns = SQL(", ").join(map(SQL.identifier, _COLUMNS))
        placed = SQL(" UNION ALL ").join(
            SQL(
                "SELECT seen.*, %s FROM seen JOIN %s t ON t.id = seen.res_id"
                " WHERE seen.res_model = %s",
                self._place(model),
                SQL.identifier(self.env[model]._table),
                model,
            )
            for model in {model for _uid, model, _id, _way in notes}
        )
        self.env.cr.execute(
            SQL(
                """WITH seen (%(columns)s) AS (
                       SELECT user_id::int, res_model::varchar, res_id::int, field_names::varchar,
                              way::varchar, date::timestamp, ip::varchar, device::varchar
                         FROM (VALUES %(rows)s) AS given (%(columns)s))
                   INSERT INTO crisis_disclosure
                          (%(columns)s, case_id, student_id, company_id, entry_id,
                           create_uid, create_date, write_uid, write_date)
                   SELECT placed.*,
                          (SELECT first.id FROM crisis_disclosure first
                            WHERE first.res_model = placed.res_model
                              AND first.res_id = placed.res_id
                              AND first.user_id = placed.user_id
                              AND first.way = placed.way
                              AND first.field_names = placed.field_names
                              AND first.entry_id IS NULL
                              AND first.date > placed.date - %(window)s::interval
                            ORDER BY first.id LIMIT 1),
                          placed.user_id, placed.date, placed.user_id, placed.date
                     FROM (%(placed)s) AS placed""",
                columns=columns,
                rows=rows,
                placed=placed,
                window=WINDOW,
            )
        )
        self.invalidate_model()

    def _place(self, model):
        """Return SQL of case, student and school of a record of ``model`` with the alias t."""
        known = self.env[model]._fields
        if model == "crisis.case":
            return SQL("t.id AS case_id, t.student_id, t.company_id")
        if model == "crisis.student":
            return SQL("NULL::int AS case_id, t.id AS student_id, t.company_id")
        if model == "crisis.concern" or ("concern_id" in known and "case_id" not in known):
            concern = SQL.identifier("id" if model == "crisis.concern" else "concern_id")
            return SQL(
                "(SELECT min(r.case_id) FROM crisis_case_concern_rel r WHERE r.concern_id = t.%s)"
                " AS case_id, NULL::int AS student_id, t.company_id",
                concern,
            )
        parent = next((name for name in _PARENTS if name in known), None)
        if parent:
            table = SQL.identifier(self.env[known[parent].comodel_name]._table)
            column = SQL.identifier(parent)
            return SQL(
                "(SELECT p.case_id FROM %(table)s p WHERE p.id = t.%(column)s) AS case_id, "
                "(SELECT p.student_id FROM %(table)s p WHERE p.id = t.%(column)s) AS student_id, "
                "t.company_id",
                table=table,
                column=column,
            )
        parts = [
            SQL("t.%s", SQL.identifier(name))
            if name in known and known[name].store
            else SQL("NULL::int AS %s", SQL.identifier(name))
            for name in ("case_id", "student_id", "company_id")
        ]
        return SQL(", ").join(parts)

    @api.model
    def _is_about_a_child(self, model):
        """Tell whether records of ``model`` are about a student, so that reading is registered."""
        known = self.env[model]
        if known._transient or not known._auto or model == self._name:
            return False
        return model in ("crisis.student", "crisis.case", "crisis.concern") or any(
            name in known._fields for name in ("case_id", "student_id", "concern_id", *_PARENTS)
        )

    @api.model
    def _check_reader(self, case):
        """Demand that the user may know who has seen a case.

        :raises AccessError: neither its owner nor the principal asks
        """
        case.check_access("read")
        self.check_access("read")
        principal = self.env.user.has_group("crisis_intervention.group_principal")
        if case.user_id != self.env.user and not principal:
            raise AccessError(
                self.env._(
                    "Who has seen a file is shown to the owner of the case and to the principal."
                )
            )
