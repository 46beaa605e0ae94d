from odoo import api, models
from odoo.fields import Domain


class CrisisSameAnswer(models.AbstractModel):
    """What somebody may not know gives the same answer as what does not exist.

    Part of ``crisis.record``.
    """

    _name = "crisis.same.answer"
    _description = "Same Answer"

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
