from odoo import api, models, tools
from odoo.fields import Domain

from ... import signatures

# Corrections and transfers move these, of records that are signed as well.
_MOVED = frozenset(("student_id", "class_id", "company_id"))
_LOGGED = frozenset(("id", "write_date", "write_uid"))
_AUTHOR = frozenset(("create_uid", "create_date"))
_THREADS = ("mail.thread", "mail.activity.mixin")


class CrisisSigning(models.AbstractModel):
    """What of a record is signed by the server, and when: as long as it counts as signed.

    See ``signatures``. A kind of record says which of its records count as signed; of these
    everything is signed that stays until somebody writes it.
    """

    _name = "crisis.signing"
    _description = "Record Signed by the Server"

    # what of a record goes on while it is signed
    _unsigned_fields = frozenset()
    # a register of what code out of the database does as well
    _enters_code = False
    # lines that belong to what a record says: One2many to the columns of its lines. They stay as
    # they are: with another column, what is signed already does not verify.
    _signed_lines = {}

    @api.model
    def _signed_domain(self):
        """Return which records of this kind count as signed, as a ``Domain`` of own columns."""
        return Domain.FALSE

    @api.model_create_multi
    def create(self, vals_list):
        """Create; what counts as signed from the first day is signed."""
        with signatures.adding_lines(self, vals_list), signatures.beginning(self) as sign:
            records = super().create(vals_list)
            sign(records)
        return records

    def write(self, vals):
        """Write; what counts as signed is signed as it is afterwards."""
        with signatures.changing_lines(self, vals), signatures.changing(self, vals):
            return super().write(vals)

    @api.model
    @tools.ormcache()
    def _signed_where(self):
        """Return ``_signed_domain``, which is asked at each write."""
        return self._signed_domain()

    @api.model
    @tools.ormcache()
    def _signed_columns(self):
        """Return the names of the fields that are signed as the database holds them, sorted."""
        if self._signed_where().is_false():
            return ()
        threads = [self.env[name] for name in _THREADS if name in self.env]
        foreign = set().union(*(model._fields for model in threads)) - _AUTHOR
        left_out = foreign | _MOVED | _LOGGED | self._unsigned_fields
        names = {n for n in self._fields if n not in left_out and self._stays(n)}
        return tuple(sorted(names | self._signed_lines.keys()))

    @api.model
    @tools.ormcache()
    def _lines_of(self):
        """Return (link, names of fields) of the kinds of which records of this one are signed lines."""
        fields = [
            (self.env[model]._fields[name], frozenset(columns))
            for model in self._kinds()
            for name, columns in self.env[model]._signed_lines.items()
        ]
        return tuple(
            (field.inverse_name, columns)
            for field, columns in fields
            if field.comodel_name == self._name
        )

    @api.model
    def _stays(self, name):
        """Tell whether a field keeps what it holds until somebody writes this very record.

        Left out are stored fields that follow others, and links that end when what they lead to is
        deleted, or that are changed from the other side.
        """
        field = self._fields[name]
        if not field.store or field.related:
            return False
        if field.type == "many2many":
            return field.ondelete == "restrict" and not self.pool.field_inverses[field]
        if not field.column_type or (
            field.type == "many2one" and field.ondelete == "set null" and name not in _AUTHOR
        ):
            return False
        return all(
            depends in self._fields and self._stays(depends)
            for depends in (self.pool.field_depends[field] if field.compute else ())
        )

    @api.model
    @tools.ormcache()
    def _signed_names(self):
        """Return the names of the fields by which a signature, or whether there is one, changes."""
        columns = self._signed_columns()
        if not columns:
            return frozenset()
        files = {n for n, field in self._fields.items() if field.type == "binary" and field.store}
        depends = {
            each
            for name in columns
            if self._fields[name].compute
            for each in self.pool.field_depends[self._fields[name]]
        }
        asked = {each.field_expr for each in self._signed_where().iter_conditions()}
        return frozenset({*columns, *files, *depends, *asked})
