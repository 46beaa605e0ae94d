from collections import defaultdict

from odoo import api, models, tools
from odoo.exceptions import AccessError

from ... import database_errors
from ...lib.client_ids import command_ids, command_values, link_ids, reference
from ...lib.spreadsheet_cells import harmless
from ...register import note_readings
from ..mixins.crisis_client_guard import is_system

EXPORT = "crisis_intervention.group_export"


class Base(models.AbstractModel):
    """Ids that clients send, exports, errors of the database: wherever they reach a record of ours.

    Related fields compute as superuser, so an id is checked before anything is computed from it,
    on every model: an addon or a custom field may lead to us from anywhere. Exports that hold
    anything of ours have a right of their own, harmless cells, and are registered.
    """

    _inherit = "base"

    @api.model_create_multi
    def create(self, vals_list):
        """Create records that lead only to what the user may read.

        :raises AccessError: a client names a record that is closed to the user, or not there
        """
        presets = self._presets()
        self._check_client_ids([{**presets, **vals} for vals in vals_list])
        return super().create(vals_list)

    def write(self, vals):
        """Let records lead only to what the user may read.

        :raises AccessError: a client names a record that is closed to the user, or not there
        """
        self._check_client_ids([vals])
        return super().write(vals)

    def onchange(self, values, field_names, fields_spec):
        """Compute a form from what the user may read.

        :raises AccessError: the form names a record that is closed to the user, or not there
        """
        self._check_client_ids([{**self._presets(), **values}])
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def default_get(self, fields):
        """Return defaults that lead only to what the user may read.

        :raises AccessError: context or stored default names another record
        """
        if not is_system(self) and self._guarded_fields():
            stored = self.env["ir.default"]._get_model_defaults(self._name)
            self.browse()._check_client_ids([{**stored, **self._presets()}])
        return super().default_get(fields)

    @api.model
    def _presets(self):
        """Return what the context presets: dict of field to value."""
        context = self.env.context.items()
        return {key[8:]: value for key, value in context if key[:8] == "default_"}

    @api.model
    @tools.ormcache()
    def _guarded_fields(self):
        """Return the names of the fields by which a record leads to ours, or a file.

        Lines of x2many fields count, whatever they lead to themselves.
        """
        return tuple(name for name, field in self._fields.items() if self._leads_to_us(field))

    @api.model
    def _leads_to_us(self, field):
        """Tell whether ``field`` leads to records of ours, or a file, or may do so."""
        if field.type in ("reference", "many2one_reference"):
            return True
        comodel = field.comodel_name
        if not comodel or comodel not in self.env.registry:
            return False
        # what is filled in with the form, as lines or as a dict, may lead on to us
        return self._is_closed_to_some(comodel) or any(
            self._is_of_crisis(further.comodel_name)
            for further in self.env[comodel]._fields.values()
        )

    @api.model
    def _is_closed_to_some(self, comodel):
        """Tell whether ids of ``comodel`` (a name) are checked when a form of this model names them.

        A dialog that answers a message computes who was told of it, as superuser.
        """
        if comodel == "mail.message":
            return self._transient
        return comodel == "ir.attachment" or self._is_of_crisis(comodel)

    @api.model
    def _is_of_crisis(self, model):
        """Tell whether ``model`` (a name) is a kind of record of ours."""
        return "crisis.record" in self.env.registry and self.env["crisis.record"]._is_ours(model)

    def _check_client_ids(self, vals_list):
        """Check that values of a client name only records that the user may read.

        What a record holds already may be sent again by whoever reads it there.

        :param vals_list: list of dicts, values of fields
        :raises AccessError: one may not be read, or is not there: the answer is the same
        """
        if is_system(self) or not self._guarded_fields():
            return
        sent = defaultdict(list)
        for vals in vals_list:
            self._collect_client_ids(vals, sent)
        for comodel, named in sent.items():
            ids = {id_ for id_, _holder, _name in named}
            # not only in the schools that are switched on just now
            schools = self.env.user._get_company_ids()
            records = self.env[comodel].with_context(allowed_company_ids=schools).browse(ids)
            closed = ids - set(records.exists()._filtered_access("read").ids)
            if any(i in closed and not holder._holds_link(name, i) for i, holder, name in named):
                raise AccessError(
                    self.env._(
                        "One of the records that were named does not exist, or is not open to "
                        "you. Please reload and choose again."
                    )
                )

    def _collect_client_ids(self, vals, sent):
        """Add what ``vals`` of a client name, and what lines in them name.

        :param vals: dict of field to value
        :param sent: dict of model to list of (id, record that it is sent for, field)
        """
        guarded = self._guarded_fields()
        for name in vals.keys() & set(guarded):
            field, value = self._fields[name], vals[name]
            if field.type in ("reference", "many2one_reference"):
                self._collect_reference(field, vals, sent)
                continue
            several = field.type in ("one2many", "many2many")
            ids = command_ids(value) if several else link_ids(value)
            if self._is_closed_to_some(field.comodel_name):
                sent[field.comodel_name] += [(id_, self, name) for id_ in ids]
            for line, values in command_values(value if several else [value]):
                self.env[field.comodel_name].browse(line or ())._collect_client_ids(values, sent)

    def _collect_reference(self, field, vals, sent):
        """Add what a reference of ``vals`` names, where that is a record of ours."""
        if field.type == "reference":
            named = reference(vals[field.name])
            found = [named] if named else []
        else:
            ids = link_ids(vals[field.name])
            found = [(model, id_) for model in self._models_sent(field, vals) for id_ in ids]
        for model, id_ in found:
            if self._is_of_crisis(model):
                sent[model].append((id_, self, field.name))

    def _models_sent(self, field, vals):
        """Return the names of the models that the id in ``field`` may be one of.

        The name of the model may stand in the values, follow from a link to it, or be known.
        """
        link = self._fields[field.model_field].related
        link = link.split(".")[0] if link else None
        # sudo: names of models only
        linked = self.env["ir.model"].sudo().browse(link_ids(vals.get(link)))
        known = self[:1].sudo()[field.model_field]
        return {vals.get(field.model_field), *linked.exists().mapped("model"), known} - {
            None,
            False,
        }

    def _holds_link(self, name, id_):
        """Tell whether these records lead to ``id_`` by field ``name``, for somebody who sees it."""
        field = self._fields[name]
        if not self.ids or not self.has_access("read") or not self._has_field_access(field, "read"):
            return False
        # sudo: what the user may read on these records, the links included
        values = self.browse(self.ids).sudo().with_context(active_test=False).mapped(name)
        ids = values.ids if field.relational else values
        return id_ in ids

    def export_data(self, fields_to_export):
        """Export records of ours, or what others reach of them, for those with the right.

        :raises AccessError: the user has no right to export
        """
        if not self._exports_crisis(fields_to_export):
            return super().export_data(fields_to_export)
        if not self.env.su and not self.env.user.has_group(EXPORT):
            raise AccessError(
                self.env._(
                    "Exporting from the crisis intervention system is a right of its own. Ask the "
                    "principal whether you need it; the administrator gives it (role Export)."
                )
            )
        if self.env["crisis.disclosure"]._is_about_a_child(self._name):
            names = {path.split("/")[0] for path in fields_to_export} & self._fields.keys()
            note_readings(self.env, self, names - {"id"}, "export")
        result = super().export_data(fields_to_export)
        return {**result, "datas": [list(map(harmless, row)) for row in result["datas"]]}

    @api.model
    def _sql_error_to_message(self, exc):
        """Let the model say it whose table it is: Odoo asks the one that is imported."""
        about = database_errors.owner(self, exc)
        return super(Base, about)._sql_error_to_message(exc)

    @api.model
    def _sql_error_to_message_generic(self, exc):
        """Name no table of ours, no constraint, and nothing of what a row holds."""
        if database_errors.is_of_ours(self, exc):
            return database_errors.sentence(self, exc)
        return super()._sql_error_to_message_generic(exc)

    def _exports_crisis(self, paths):
        """Tell whether an export reads a model of ours.

        :param paths: fields such as ``name`` or ``case_id/student_id/name``
        """
        is_ours = self.env["crisis.record"]._is_ours
        for path in paths:
            model = self
            for name in [None, *path.split("/")]:
                field = name and model._fields.get(name)
                if field and field.comodel_name:
                    model = self.env[field.comodel_name]
                if is_ours(model._name):
                    return True
        return False
