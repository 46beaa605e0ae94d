import inspect
import json

from odoo.exceptions import AccessError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import tagged

from .. import access_matrix
from ..common import MODULE
from .attack_case import AttackCase
from .test_leak_crawler import CANARY, CrawlerCase, _shown

# What a client might send for an argument of such a name; for others it sends the id of the record.
ARGUMENTS = {
    "domain": [],
    "fields": ["display_name"],
    "allfields": ["display_name"],
    "field_names": ["display_name"],
    "fields_to_export": ["display_name"],
    "specification": {"display_name": {}},
    "fields_spec": {"display_name": {}},
    "vals": {},
    "values": {},
    "default": {},
    "vals_list": [{}],
    "operation": "read",
    "operator": "ilike",
    "groupby": ["create_uid"],
    "aggregates": ["__count"],
    "order": "id",
    "reason": "x",
    "comment": "x",
    "text": "x",
    "body": "x",
    "name": "x",
    "language": "zh_CN",
}
# Roles for whom what our models have from Odoo is tried as well: it is the same for all.
ALL_METHODS = ("staff", "psychology_teacher", "administrator")
# What a method changes for good reasons on a record that is closed to who calls it.
CHANGES = {}


@tagged("post_install", "-at_install")
class TestAttackMethods(AttackCase, CrawlerCase):
    """Every method that a client can call, with the ids of records the user may not read."""

    at_least = {"test_methods": 15000}

    def test_methods(self):
        for role in access_matrix.ROLES:
            self._take(role)
            seen = set()
            for _relation, record in self._hidden(role):
                if record._name in seen:
                    continue
                seen.add(record._name)
                self._plain_row = self._row(record)
                for name in self._methods(record._name, role in ALL_METHODS):
                    self._call(role, record, name)
        self._verdict()

    def _methods(self, model, everything):
        """Return the names of the methods of ``model`` that a client can call.

        :param everything: those of Odoo as well
        """
        kind = self.env[model]
        names = []
        for name in dir(type(kind)):
            try:
                method = get_public_method(kind, name)
            except (AccessError, AttributeError):
                continue
            ours = method.__module__.startswith(f"odoo.addons.{MODULE}")
            if inspect.isfunction(method) and (ours or everything):
                names.append(name)
        return names

    def _call(self, role, record, name):
        """Call a method as the web client does, and look at what it gives and changes."""
        method = getattr(type(record), name)

        def attempt():
            model = record.browse().with_user(self.me).with_company(self.school).sudo(False)
            sent = [] if getattr(method, "_api_model", False) else [record.ids]
            sent += [
                ARGUMENTS.get(
                    parameter.name, record.ids if parameter.name[-1] == "s" else record.id
                )
                for parameter in list(inspect.signature(method).parameters.values())[1:]
                if parameter.default is parameter.empty
                and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
            ]
            answer = call_kw(model, name, sent, {})
            text = json.dumps(answer, default=_shown, ensure_ascii=False)
            self.env.flush_all()
            leaked = {c for c in CANARY.findall(text) if c in self.planted}
            leaked = {self.planted[c][:3] for c in leaked if not self._may(role, c)}
            changed = self._row(record) != self._plain_row
            return leaked or (changed and (record._name, name) not in CHANGES)

        self._attack(attempt, role, record._name, name)

    def _row(self, record):
        """Return what the database holds of a record, as text."""
        self.env.cr.execute(f'SELECT t::text FROM "{record._table}" t WHERE id = %s', [record.id])
        return self.env.cr.fetchone()
