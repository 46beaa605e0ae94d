from functools import lru_cache

from odoo import api, models, tools
from odoo.exceptions import AccessError

_KEY = "crisis_system"


class _System:
    """Says that our own code writes a record of one model.

    An object, as a client can send any context but no object; of one model, as what a client sent
    may stand further down in the values, in lines of another.
    """

    __slots__ = ("model",)

    def __init__(self, model):
        self.model = model


@lru_cache
def _token(model):
    """Return the one token of ``model``: environments of equal contexts are shared."""
    return _System(model)


def is_system(records):
    """Tell whether our own code, not a client, fills in ``records``."""
    if records.env.su:
        return True
    token = records.env.context.get(_KEY)
    return isinstance(token, _System) and token.model == records._name


class CrisisClientGuard(models.AbstractModel):
    """What a client may set: nothing it sends is believed.

    By RPC and import a client can send any field, whatever stands in the views. It may set what is
    stored and neither readonly nor computed, and what is computed and declares ``readonly=False``.
    ``_check_field_access`` is where create, write, lines of x2many fields and copies pass.
    """

    _name = "crisis.client.guard"
    _description = "Guard of what Clients Send"
    _inherit = ["crisis.input"]

    # readonly fields that a client sets all the same: links of lines to what they stand in
    _open_fields = frozenset()
    # fields that the system keeps although they are not readonly
    _kept_fields = frozenset()
    # what a client sets when a record begins, and never afterwards
    _fixed_fields = frozenset(("company_id",))

    @api.model
    @tools.ormcache()
    def _client_fields(self):
        """Return the names of the fields that a client may set."""
        threads = [name for name in ("mail.thread", "mail.activity.mixin") if name in self.env]
        foreign = set().union(*(self.env[name]._fields for name in threads))
        entered = {name for name, field in self._fields.items() if not field.readonly} - foreign
        return frozenset((entered - self._kept_fields) | self._open_fields | {"id"})

    def _has_field_access(self, field, operation):
        """Let clients write what is theirs to fill in only."""
        if not super()._has_field_access(field, operation):
            return False
        return operation != "write" or self._takes_from_client(field.name)

    def _takes_from_client(self, name):
        """Tell whether field ``name`` may be written now, as far as it is not the system's."""
        if is_system(self):
            return True
        # a record that begins is empty where Odoo checks its fields
        return name in self._client_fields() and not (self and name in self._fixed_fields)

    @api.model
    def _check_field_access(self, field, operation):
        """Say in plain words that the system keeps a field.

        :raises AccessError: the user may not read or write the field
        """
        if operation == "write" and not self._takes_from_client(field.name):
            raise AccessError(
                self.env._(
                    "“%(field)s” is kept by the system: nobody sets it by hand.",
                    field=field._description_string(self.env),
                )
            )
        return super()._check_field_access(field, operation)

    @api.model
    def _client_values(self, vals_list):
        """Return what a client sends for new records, checked before our own code adds to it.

        Where a client fills in, what its context presets stands in the values afterwards.

        :raises AccessError: a client may not set one of the fields, or not lead to a record
        :raises ValidationError: it cannot be kept, see ``crisis.input``
        """
        self._check_input(vals_list)
        if is_system(self):
            return vals_list
        self.browse().check_access("create")
        for name in set().union(*vals_list) & self._fields.keys():
            self.browse()._check_field_access(self._fields[name], "write")
        self.browse()._check_client_ids(vals_list)
        preset = [n for n in self._client_fields() if f"default_{n}" in self.env.context]
        defaults = self.default_get(preset)
        return [{**defaults, **vals} for vals in vals_list]

    def _as_system(self):
        """Return these records with the right to set what only the system keeps.

        It opens no record and no model, and no lines of other models.
        """
        return self.with_context(**{_KEY: _token(self._name)})

    @api.model
    def _make(self, vals_list):
        """Create records for a button, as the user: what a client presets counts for nothing.

        :param vals_list: list of dicts; our own code has chosen and checked what is in them
        """
        return self._as_system().create(vals_list).with_env(self.env)

    @api.model_create_multi
    def create(self, vals_list):
        """Create; what a context would preset counts only where a client fills in.

        A button passes the context of the client on: what it creates takes nothing from there.
        """
        closed = self.env.registry[self._name]._fields.keys()
        if not is_system(self):
            closed = closed - self._client_fields()
        keys = {key for key in self.env.context if key[:8] == "default_" and key[8:] in closed}
        if not keys:
            return super().create(vals_list)
        context = {key: value for key, value in self.env.context.items() if key not in keys}
        quiet = self.with_env(self.env(context=context))
        return super(CrisisClientGuard, quiet).create(vals_list).with_env(self.env)

    @api.model
    def default_get(self, fields):
        """Return defaults; neither a context nor a stored default presets what the system keeps.

        Where our own code fills in, what somebody has stored as a default counts for nothing.
        """
        open_ = self._presets().keys() if is_system(self) else self._client_fields()
        defaults = super().default_get([name for name in fields if name in open_])
        for name in fields:
            field = self._fields.get(name)
            if name not in open_ and field and field.default:
                value = field.convert_to_cache(field.default(self), self, validate=False)
                defaults[name] = field.convert_to_write(value, self)
        return defaults

    def copy_data(self, default=None):
        """Copy what people fill in; a copy's state and history are its own."""
        names = self._client_fields().union(default or ())
        return [
            vals and {name: value for name, value in vals.items() if name in names}
            for vals in super().copy_data(default)
        ]
