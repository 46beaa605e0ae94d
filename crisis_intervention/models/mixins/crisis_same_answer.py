from odoo import api, models
from odoo.exceptions import AccessError, MissingError
from odoo.fields import Domain


class CrisisSameAnswer(models.AbstractModel):
    """What somebody may not know gives the same answer as what does not exist.

    Part of ``crisis.record``.
    """

    _name = "crisis.same.answer"
    _description = "Same Answer"

    def _check_access(self, operation):
        """Refuse what does not exist as what may not be known: with an access error."""
        try:
            return super()._check_access(operation)
        except MissingError:
            missing = self - self.exists() if len(self) > 1 else self
        forbidden = super(CrisisSameAnswer, self - missing)._check_access(operation)
        refused = forbidden[0] | missing if forbidden else missing
        return refused, lambda: self.env["ir.rule"]._make_access_error(operation, refused)

    @api.private
    def fetch(self, field_names=None):
        """Read into the cache; what does not exist is refused like what may not be read.

        Odoo raises an error for the latter only. For records prefetched together with others it
        tries once more with the one that is asked for, as it does after an access error.

        :raises AccessError: one of these may not be read, or does not exist
        """
        try:
            super().fetch(field_names)
        except AccessError:
            # of several, Odoo names those that exist only
            closed = self._origin - self._within_reach() if len(self) > 1 else self.browse()
            if not closed:
                raise
            raise self.env["ir.rule"]._make_access_error("read", closed) from None
        if self.env.su or not self._origin:
            return
        name = next((n for n in field_names or () if self._is_column(n)), None)
        if name is None:
            return
        known = self._fields[name]._get_cache(self.env)
        lacking = self._origin.filtered(lambda record: record.id not in known)
        if lacking:
            raise self.env["ir.rule"]._make_access_error("read", lacking)

    def _within_reach(self):
        """Return those of these records that exist and may be read; of a closed model all."""
        if not self.browse().has_access("read"):
            return self._origin
        return self.browse(self._search([("id", "in", self.ids)], active_test=False))

    @api.model
    def _is_column(self, name):
        """Tell whether a field has a column, so that the cache knows it of each record that exists."""
        field = self._fields.get(name)
        return bool(field and field.store and field.column_type and name != "id")

    @api.model
    def _open_domain(self, closed, operation):
        """Return which records of this kind stay open to a person whom reports are about.

        By default those whose case, or the case of what they hang on, is not closed to the person.

        :param closed: ``crisis.concerned`` ``Closed`` of the user
        :param str operation: read, write, create or unlink
        """
        link = self._fields.get(self._case_link())
        if link and link.store and link.comodel_name == "crisis.case":
            return Domain(link.name, "not in", closed.cases)
        domain, is_ours = Domain.TRUE, self.env["crisis.record"]._is_ours
        for field in self._fields.values():
            if field.type != "many2one" or not (field.required and field.store):
                continue
            if field.comodel_name != self._name and is_ours(field.comodel_name):
                above = self.env[field.comodel_name]._open_domain(closed, operation)
                domain &= Domain.TRUE if above.is_true() else Domain(field.name, "any!", above)
        return domain
