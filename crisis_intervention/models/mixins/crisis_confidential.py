from odoo import api, models

from ...register import reading_by
from ...sealed_fields import Confidential, Sealed


class CrisisConfidential(models.AbstractModel):
    """A model with confidential fields: names the ways of reading, draws ids before inserting."""

    _name = "crisis.confidential"
    _description = "Model with Confidential Fields"
    _inherit = ["crisis.record"]

    def read(self, fields=None, load="_classic_read"):
        """Read as programs do."""
        with reading_by("read"):
            return super().read(fields, load)

    @api.model
    def search_read(
        self, domain=None, fields=None, offset=0, limit=None, order=None, **read_kwargs
    ):
        """Search and read as programs do."""
        with reading_by("read"):
            return super().search_read(domain, fields, offset, limit, order, **read_kwargs)

    def web_read(self, specification):
        """Read for a form."""
        with reading_by("form"):
            return super().web_read(specification)

    def onchange(self, values, field_names, fields_spec):
        """Compute a form while it is being filled in."""
        with reading_by("form"):
            return super().onchange(values, field_names, fields_spec)

    @api.model
    def web_search_read(
        self, domain, specification, offset=0, limit=None, order=None, count_limit=None
    ):
        """Read for a list."""
        with reading_by("list"):
            return super().web_search_read(
                domain, specification, offset, limit, order, count_limit=count_limit
            )

    @api.model
    def web_read_group(self, *args, **kwargs):
        """Read for a board or a grouped list."""
        with reading_by("list"):
            return super().web_read_group(*args, **kwargs)

    def export_data(self, fields_to_export):
        """Read for a file."""
        with reading_by("export"):
            return super().export_data(fields_to_export)

    def _create(self, data_list):
        """Draw the ids first where something is sealed: a sealed text is bound to its record."""
        names = {name for name, field in self._fields.items() if isinstance(field, Sealed)}
        if any(names & {n for n, v in data["stored"].items() if v} for data in data_list):
            self.env.cr.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [self._table, len(data_list)],
            )
            for data, [id_] in zip(data_list, self.env.cr.fetchall(), strict=True):
                data["stored"]["id"] = id_
        return super()._create(data_list)

    def _refuse_confidential(self, expression):
        """Refuse to sort or group by a confidential field.

        :raises UserError: the field is confidential
        """
        field = self._fields.get(expression.split(":")[0].split(".")[0])
        if isinstance(field, Confidential):
            field._refuse_condition(self)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        self._refuse_confidential(field_name)
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)

    @api.model
    def _read_group_groupby(self, alias, groupby_spec, query):
        self._refuse_confidential(groupby_spec)
        return super()._read_group_groupby(alias, groupby_spec, query)

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        self._refuse_confidential(aggregate_spec)
        return super()._read_group_select(aggregate_spec, query)
