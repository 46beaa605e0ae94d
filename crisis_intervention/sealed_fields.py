"""Fields for confidential text: reading is registered, conditions are refused, columns are sealed.

``ConfidentialText`` and ``ConfidentialBinary`` are registered when somebody reads them; ``SealedText``
and ``SealedJson`` are encrypted in the database besides. Values in the cache are plain.
"""

import configparser
import json
import os
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from odoo import SUPERUSER_ID, fields
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import config, json_default

from .lib.sealed import Keyring, SealError

VARIABLE = "CRISIS_SEAL_KEYS"
OPTION = "crisis_seal_keys"
SECTION = "crisis_intervention"


@lru_cache(maxsize=1)
def _configured(path):
    """Return the keys in the section of this addon in Odoo's configuration file."""
    parser = configparser.RawConfigParser()
    parser.read([path] if path else [])
    return parser.get(SECTION, "seal_keys", fallback="")


@lru_cache(maxsize=4)
def _parsed(text):
    return Keyring.parse(text)


def keyring(env):
    """Return the keys of this server, from environment or configuration file, never the database.

    :raises UserError: there are none, or they are written wrongly
    """
    text = os.environ.get(VARIABLE) or config.get(OPTION) or _configured(config["config"])
    if not text:
        raise UserError(
            env._(
                "This server has no key for sealed texts, so they can neither be read nor written. "
                "Ask whoever runs the server to set %(variable)s (see the manual, Configuration).",
                variable=VARIABLE,
            )
        )
    try:
        return _parsed(text)
    except SealError as error:
        raise UserError(
            env._(
                "The keys for sealed texts are written wrongly (key “%(key)s”). Ask whoever runs "
                "the server: each is a short name, a colon and 32 bytes in base64.",
                key=error.key_id,
            )
        ) from None


def open_sealed(env, sealed, *places):
    """Return the text sealed for one of ``places``.

    :raises UserError: says why it cannot be opened
    """
    try:
        return keyring(env).open(sealed, *places)
    except SealError as error:
        messages = {
            "unknown_key": env._(
                "This text is sealed with the key “%(key)s”, which the server does not have. Ask "
                "whoever runs the server to add it to the keys.",
                key=error.key_id,
            ),
            "unsealed": env._(
                "A text that must be sealed is not. Ask whoever runs the server to update the "
                "addon, or to find out who changed the database."
            ),
            "broken": env._(
                "A sealed text was changed outside of the system, or copied from another record. "
                "It is not shown. Ask whoever runs the server to restore it from a backup."
            ),
        }
        raise UserError(messages[error.reason]) from None


_permitted = ContextVar("crisis_reading_permitted", default=False)


@contextmanager
def reading_permitted():
    """Let what stands inside read sealed texts as superuser, for a reader it has checked itself.

    For permissions to look and for the copy that a guardian has a right to: both show texts that
    the reader's roles do not open. What is read inside is registered like everything else.
    """
    token = _permitted.set(True)
    try:
        yield
    finally:
        _permitted.reset(token)


def reader(env):
    """Return the id of the user who gets to see what is read, or None where the system reads.

    In a request that is who has logged in, whatever ``sudo()`` or ``with_user()`` stand in between.
    """
    if request:
        # nobody has logged in yet where Odoo identifies the user itself
        return request.env.uid if request.env is not None and request.env.uid else env.uid
    return None if env.su and env.uid == SUPERUSER_ID else env.uid


class Confidential(fields.Field):
    """Mixin of fields whose readers are registered and that nobody searches by."""

    copy = False
    sealed = False
    # what it was called before: older texts are sealed, and readings registered, under that
    former_names = ()
    _description_searchable = False

    def _description_sortable(self, env):
        return False

    def _description_groupable(self, env):
        return False

    def __get__(self, record, owner=None):
        value = super().__get__(record, owner)
        # a value of a form that is being filled in was registered with the record it comes from
        if record is None or not value or not record._ids[0]:
            return value
        env = record.env
        uid = reader(env)
        permitted = _permitted.get()
        if uid is None or (env.su and not self.sealed and not permitted):
            return value
        if self.sealed and not permitted and (env.su or uid != env.uid):
            # neither sudo() nor with_user() opens a sealed text for the one who asks
            record.with_user(uid).sudo(False)._check_field_access(self, "read")
        env["crisis.disclosure"]._note(uid, record, self.name)
        return value

    def _refuse_condition(self, model):
        """Refuse a condition: finding a record by a guess would confirm the guess.

        :raises AccessError: the user may not read the field
        :raises UserError: always otherwise
        """
        model._check_field_access(self, "read")
        raise UserError(
            model.env._(
                "“%(field)s” is confidential: records are not searched, sorted or grouped by it.",
                field=self._description_string(model.env),
            )
        )

    def condition_to_sql(self, field_expr, operator, value, model, alias, query):
        return self._refuse_condition(model)

    def filter_function(self, records, field_expr, operator, value):
        return self._refuse_condition(records)


class ConfidentialText(Confidential, fields.Text):
    """Text whose readers are registered."""


class ConfidentialBinary(Confidential, fields.Binary):
    """File whose readers are registered."""

    def __get__(self, record, owner=None):
        if record is not None and (
            record.env.context.get("bin_size") or record.env.context.get(f"bin_size_{self.name}")
        ):
            return fields.Binary.__get__(self, record, owner)  # the size only
        return super().__get__(record, owner)


class Sealed(Confidential):
    """Mixin of fields whose column is encrypted for this model, field and record."""

    sealed = True
    prefetch = False
    _column_type = ("text", "text")

    def _place(self, id_):
        """Return what binds a sealed text to its place in the database."""
        return f"{self.model_name}.{self.name}.{id_}"

    def _former_places(self, id_):
        """Return the places that texts were bound to before the field was renamed."""
        return [f"{self.model_name}.{name}.{id_}" for name in self.former_names]

    def _opened(self, env, sealed, id_):
        """Return the text that the column of record ``id_`` holds.

        :raises UserError: says why it cannot be opened
        """
        return open_sealed(env, sealed, self._place(id_), *self._former_places(id_))

    def _to_text(self, value):
        """Return a value of the cache as text."""
        return value

    def _from_text(self, text):
        """Return the value for the cache."""
        return text

    def convert_to_column_insert(self, value, record, values=None, validate=True):
        value = self.convert_to_cache(value, record, validate)
        if not value:
            return None
        # crisis.confidential draws the id before it inserts
        id_ = (values or {}).get("id") or record.id
        return keyring(record.env).seal(self._to_text(value), self._place(id_))

    def _insert_cache(self, records, values):
        return super()._insert_cache(
            records,
            [
                value and self._from_text(self._opened(records.env, value, id_))
                for id_, value in zip(records._ids, values, strict=False)
            ],
        )


class SealedText(Sealed, ConfidentialText):
    """Text that is encrypted in the database."""


class SealedJson(Sealed, fields.Json):
    """JSON document that is encrypted in the database."""

    def _to_text(self, value):
        return json.dumps(value, ensure_ascii=False, default=json_default)

    def _from_text(self, text):
        return json.loads(text)
