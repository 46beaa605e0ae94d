from odoo import api, models
from odoo.exceptions import AccessError

from ... import register


class CrisisWrittenBySystem(models.AbstractModel):
    """What functions of the system alone write, past the ORM, and nobody changes, whoever asks.

    Code that an administrator enters in Odoo runs as superuser: it could call whatever writes here.
    """

    _name = "crisis.written.by.system"
    _description = "Written by the System Alone"
    _inherit = ["crisis.record"]

    def _field_to_sql(self, alias, field_expr, query=None):
        """Leave out moments that nobody can read, written by SQL."""
        column = super()._field_to_sql(alias, field_expr, query)
        return register.bounded_field(self, field_expr, column)

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refuse: what stands here, the system has found. Nothing is made of nothing, as everywhere.

        :raises AccessError: something is to be made
        """
        if vals_list:
            raise AccessError(self._kept_message())
        return self.browse()

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse every change.

        :raises AccessError: always
        """
        raise AccessError(self._kept_message())

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Refuse to delete.

        :raises AccessError: always
        """
        raise AccessError(self._kept_message())

    @api.model
    def _kept_message(self):
        """Say that nobody writes here."""
        return self.env._(
            "“%(kind)s” is kept by the system alone: it is never changed and never deleted.",
            kind=self.env["ir.model"]._get(self._name).name,
        )
