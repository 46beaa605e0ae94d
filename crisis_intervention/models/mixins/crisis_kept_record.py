from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class CrisisKeptRecord(models.AbstractModel):
    """A numbered record of which people fill in some fields and the system keeps the others.

    Never deleted, and locked in the states of ``_locked_states``, whatever way a write comes.
    """

    _name = "crisis.kept.record"
    _description = "Kept Record"
    _inherit = ["crisis.quiet.thread", "crisis.confidential"]

    _locked_states = frozenset()
    # of what people fill in, what a locked record still takes
    _later_fields = frozenset()

    # only what nobody waits for may be put away
    _archivable_states = frozenset(("draft",))

    active = fields.Boolean(
        default=True, copy=False, help="What was begun by mistake is archived, never deleted."
    )
    name = fields.Char(string="Reference", readonly=True, copy=False, index="trigram")

    @api.model_create_multi
    def create(self, vals_list):
        """Begin records, numbered by school and year."""
        self.check_access("create")
        records = super().create(vals_list)
        for company, group in records.grouped("company_id").items():
            names = self.env["crisis.numbering"]._draw(self._name, company, len(group))
            for record, name in zip(group, names, strict=True):
                # sudo: the number is given by the system, also where people may only create
                record.sudo()._set({"name": name})
        return records

    def write(self, vals):
        """Fill in; what is locked stays as it is.

        :raises UserError: a record is locked
        """
        self.check_access("write")
        # sudo: the state only, also where the user may not read it
        if not vals.keys() <= self._later_fields and any(
            record.state in self._locked_states for record in self.sudo()
        ):
            raise UserError(self._lock_message())
        if not vals.get("active", True):
            self._check_archivable()
        return super().write(vals)

    def _check_archivable(self):
        """Keep in sight what counts or waits for somebody.

        :raises UserError: a record is more than a draft
        """
        # sudo: the state only, also where the user may not read it
        if any(record.state not in self._archivable_states for record in self.sudo()):
            raise UserError(
                self.env._(
                    "Only a draft that nobody waits for can be archived. Finish this record, call "
                    "it off, or write a new one that corrects it."
                )
            )

    def _set(self, vals):
        """Write what the system keeps, past the lock; callers have checked the right to do so."""
        own = super(CrisisKeptRecord, self._as_system())
        return own.write(vals)  # pylint: disable=super-method-mismatch

    @api.model
    def _signed_domain(self):
        """Count what is locked as signed, as soon as it has its number."""
        if not self._locked_states:
            return Domain.FALSE
        return Domain("state", "in", tuple(sorted(self._locked_states))) & Domain(
            "name", "!=", False
        )

    def _lock_message(self):
        """Return what to say to somebody who would change a locked record."""
        return self.env._(
            "What is signed or decided is never changed. Write a new record that corrects it."
        )

    @api.model
    def _filled_in(self, *more, without=()):
        """Return the names of the fields that people fill in, and ``more``, for an ``Excerpt``."""
        entered = {name for name in self._client_fields() if self._fields[name].store}
        names = {*entered, *more}.difference(without, ("id", "active", "case_id"))
        return tuple(sorted(names))

    def _attachments_locked(self):
        """Return the records whose attachments must stay as they are: those that are locked."""
        # sudo: the state only
        return self.sudo().filtered(lambda record: record.state in record._locked_states)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep every record.

        :raises UserError: always
        """
        raise UserError(
            self.env._(
                "Records of a case are never deleted. Archive a draft that was begun by mistake."
            )
        )

    def _lock_in(self, *states):
        """Make sure that these records are in one of ``states`` and nobody else acts on them.

        :raises UserError: somebody else acts on one of them just now, or has done so meanwhile
        """
        self._lock_rows()
        self.invalidate_recordset(["state"])
        if any(record.state not in states for record in self):
            raise UserError(self.env._("Somebody else has done this meanwhile. Please reload."))

    def _plan_activity(self, activity_type, users, due=None, quiet=False):
        """Give an activity to those of ``users`` who may read these records; they get a mail."""
        return super()._plan_activity(activity_type, self._readable_by(users), due, quiet)
