from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

from ... import register
from ...lib.declarations import Event

_lt = LazyTranslate(__name__)

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
KINDS = [
    ("reading", "Reading"),
    ("printed", "Case file printed"),
    ("signed", "Record signed"),
    ("given_up", "Signature given up: back to its author, or destroyed"),
    ("alarm", "Changed outside of the system"),
    ("seen", "Alarm seen"),
    ("begun", "Register begun"),
    ("named", "Database of the register named"),
    ("closed", "Register from before 19.0.4.0.0 closed"),
    ("updated", "Signed by an update, as it was found"),
    ("archived", "Readings put into the archive"),
    ("mailed", "End of the register mailed to the principals"),
    ("key", "Signed with a new key"),
    ("restored", "Backup restored, as whoever runs the server says"),
]


class Pointer(fields.Many2one):
    """Names a record without a foreign key.

    The register stays as it is, whatever becomes of what it tells of, and is written while the
    request that reads may hold locks on it.
    """

    def update_db_foreign_key(self, model, column):
        """Make none."""


class CrisisDisclosure(models.Model):
    """The register: who read which confidential fields, when, from where, how; and what was signed.

    Each row is one thing that happened and is never changed. Of readings the first one within an hour
    is the entry; others by the same person of the same fields in the same way point to it, and are
    its count. Rows are written by ``register``, which chains and signs them.
    """

    _name = "crisis.disclosure"
    _description = "Register of Disclosures"
    _inherit = ["crisis.disclosure.alarm", "crisis.register.late", "crisis.quiet.thread"]
    _order = "date desc, id desc"
    _outlives_erasure = True
    _rec_name = "date"

    # Odoo's own would have foreign keys
    create_uid = Pointer("res.users", readonly=True)
    write_uid = Pointer("res.users", readonly=True)
    kind = fields.Selection(KINDS, string="What Happened", required=True, default="reading")
    user_id = Pointer("res.users", string="Who", required=True)
    date = fields.Datetime(string="When", required=True)
    res_model = fields.Char(string="Model")
    res_id = fields.Many2oneReference(string="Record ID", model_field="res_model")
    field_names = fields.Char(string="Technical Names")
    way = fields.Selection(WAYS, string="Way of Reading", required=True)
    ip = fields.Char(string="IP Address")
    device = fields.Char()
    case_id = Pointer("crisis.case", index="btree_not_null")
    student_id = Pointer("crisis.student", index="btree_not_null")
    company_id = Pointer("res.company", index=True)
    text = fields.Text(
        string="Details",
        help="References of the documents that were printed, or the mark of what happened.",
    )
    pages = fields.Integer(aggregator=None)
    entry_id = Pointer(
        "crisis.disclosure",
        index="btree_not_null",
        help="The first reading within the hour; empty where this is the first one.",
    )
    number = fields.Integer(required=True, aggregator=None, help="Place in the chain.")
    hash = fields.Char(required=True)
    signature = fields.Char(help="Empty in rows from before 19.0.4.0.0, which hang on their chain.")
    res_name = fields.Char(string="Record", compute="_compute_res_name")
    what = fields.Char(compute="_compute_what")
    read_count = fields.Integer(string="Times", compute="_compute_reads")
    date_last = fields.Datetime(string="Last Time", compute="_compute_reads")

    _number_uniq = models.UniqueIndex(
        "(number)", "The register has an entry of this number already. Please try again."
    )
    _repeat_idx = models.Index("(res_model, res_id, user_id, date) WHERE entry_id IS NULL")
    _kind_idx = models.Index("(kind, res_model, res_id, number) WHERE kind != 'reading'")

    def init(self):
        """Make the places for the end of the chain and a check under way: no model shows them."""
        self.env.cr.execute(
            "CREATE TABLE IF NOT EXISTS crisis_register_night"
            " (said text NOT NULL, signature varchar NOT NULL)"
        )
        self.env.cr.execute(
            """CREATE TABLE IF NOT EXISTS crisis_disclosure_head (
                   id int PRIMARY KEY CHECK (id = 1),
                   count int NOT NULL, hash varchar NOT NULL, signature varchar NOT NULL)"""
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        """Leave out moments that nobody can read, written by SQL."""
        column = super()._field_to_sql(alias, field_expr, query)
        return register.bounded_field(self, field_expr, column)

    @api.depends("res_model", "res_id")
    @api.depends_context("lang")
    def _compute_res_name(self):
        """Name records by their kind and reference, never by a person."""
        self.res_name = False
        for model, entries in self.filtered("res_model").grouped("res_model").items():
            # sudo: display names of our models are references
            known = self.env[model].sudo() if model in self.env else None
            label = self.env["ir.model"]._get(model).sudo().name
            for entry in entries:
                record = known is not None and known.browse(entry.res_id).exists()
                entry.res_name = " ".join(filter(None, (label, record and record.display_name)))

    @api.depends("res_model", "field_names", "kind", "text")
    @api.depends_context("lang")
    def _compute_what(self):
        """Name the fields as the forms do, also those that were renamed since."""
        readings = self.filtered(lambda entry: entry.kind == "reading")
        for entry in self - readings:
            entry.what = entry._what_happened()
        readings._name_texts()

    def _name_texts(self):
        """Say which texts were read."""
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

    def _what_happened(self):
        """Say in words what happened, where it was no reading."""
        if self.kind == "alarm":
            return self._alarm_text()
        labels = dict(self._fields["kind"]._description_selection(self.env))
        # also of what somebody has planted
        label = labels.get(self.kind, self.kind)
        if self.kind == "archived":
            name, _colon, rest = (self.text or "").partition(":")
            return self.env._("%(label)s: %(name)s, %(count)s rows", label=label, name=name,
                              count=rest.partition(":")[0])  # fmt: skip
        if self.kind == "updated":
            return self.env._("%(label)s: %(count)s records, %(version)s", label=label,
                              count=self.pages, version=self.text)  # fmt: skip
        if self.kind == "printed":
            return self.env._("%(pages)s pages: %(documents)s", pages=self.pages,
                              documents=self.text or "")  # fmt: skip
        return label

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

        :raises AccessError: something is to be made
        """
        if vals_list:
            raise AccessError(
                self.env._("The register of disclosures is kept by the system alone.")
            )
        return self.browse()

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
    def _is_about_a_child(self, model):
        """Tell whether records of ``model`` are about a student, so that reading is registered."""
        known = self.env[model]
        if known._transient or not known._auto or model == self._name:
            return False
        return model in ("crisis.student", "crisis.case", "crisis.concern") or any(
            name in known._fields
            for name in ("case_id", "student_id", "concern_id", *register.PARENTS)
        )

    @api.model
    def _timeline_events(self):
        """Return what of it stands in the timeline of a case."""
        return (
            Event(
                "printed",
                _lt("Case file printed"),
                "date",
                "user_id",
                icon="fa-print",
                states=("printed",),
                state_field="kind",
            ),
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
