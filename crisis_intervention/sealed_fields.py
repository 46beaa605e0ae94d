"""Fields for confidential text: reading is registered, conditions are refused, columns are sealed.

``SealedText``, ``SealedChar`` and ``SealedJson`` are encrypted, in the database and in the cache of
the ORM. They are opened where the ORM gives a value out, and only for those of whom
``sealed_reading`` tells. Fields with files stand in ``sealed_files``.
"""

import json

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import SQL, json_default

from .lib.sealed import SealError
from .register import note_reading, raise_alarm
from .seal_keys import key_problem, keyring, opening_keys
from .sealed_reading import check_draft, check_person, noted_for_rules

# The one key of a document that cannot be opened: no document of ours has it.
UNREADABLE = ""


def open_sealed(env, sealed, *places):
    """Return the text sealed for one of ``places``.

    :raises UserError: says why it cannot be opened
    """
    try:
        return opening_keys(env).open(sealed, *places)
    except SealError as error:
        raise UserError(_sentence(env, error)) from None


def _sentence(env, error):
    """Return why a text cannot be opened, for a ``SealError``."""
    messages = {
        "closed": key_problem(env),
        "wrong_key": env._(
            "This text is sealed with the key “%(key)s”, and the server has another one of this "
            "name. Ask whoever runs the server to add the right one to the keys.",
            key=error.key_id,
        ),
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
    return messages[error.reason]


def _placeholder(env, error):
    """Return what stands in the place of a text that cannot be opened, for a ``SealError``."""
    if error.reason == "closed":
        return env._(
            "[This text cannot be opened: the server does not have the right key. Nothing is lost; "
            "ask whoever runs the server.]"
        )
    if error.reason in ("unknown_key", "wrong_key"):
        return env._(
            "[This text cannot be opened: the server does not have its key “%(key)s”. Nothing is "
            "lost; ask whoever runs the server to add the key.]",
            key=error.key_id,
        )
    return env._(
        "[This text cannot be opened: it was changed outside of the system. The principal is told; "
        "whoever runs the server restores it from a backup.]"
    )


def problem_of(error):
    """Return the code of an alarm (see ``register``) for a ``SealError``."""
    return {"unsealed": "plain", "wrong_key": "unknown_key"}.get(error.reason, error.reason)


class Confidential(fields.Field):
    """Mixin of fields whose readers are registered and that nobody searches by."""

    copy = False
    # what it was called before: older texts are sealed, and readings registered, under that
    former_names = ()
    _description_searchable = False

    def _description_sortable(self, env):
        return False

    def _description_groupable(self, env):
        return False

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


class Ciphertext:
    """A sealed value in the cache: what the column of record ``id`` holds.

    ``id`` is None for what a form holds that is being filled in.
    """

    __slots__ = ("id", "text")

    def __init__(self, text, id_):
        self.text = text
        self.id = id_

    def __deepcopy__(self, memo):
        return self


class Sealed(Confidential):
    """Mixin of fields whose column is encrypted for this model, field and record."""

    prefetch = False
    _column_type = ("text", "text")

    def _place(self, id_):
        """Return what binds a sealed text to its place in the database."""
        return f"{self.model_name}.{self.name}.{id_}"

    def _places(self, id_):
        """Return where a text may have been sealed: also under a name before it was renamed."""
        return [f"{self.model_name}.{name}.{id_}" for name in (self.name, *self.former_names)]

    def _to_text(self, value):
        """Return a value of the record as text."""
        return value

    def _from_text(self, text):
        """Return the value for the record."""
        return text

    def _from_sentence(self, sentence):
        """Return what the record gives where its text cannot be opened."""
        return sentence

    def __get__(self, record, owner=None):
        if record is None:
            return self
        draft = len(record._ids) == 1 and not record._ids[0] and record._origin
        if draft and record._ids[0] not in self._get_cache(record.env):
            # a form that is being filled in takes over what its record holds, sealed as it is
            value = super().__get__(record._origin)
            self._update_cache(record, value or None)
        value = super().__get__(record, owner)
        return _shown(self, record, value) if isinstance(value, Ciphertext) else value

    def _plain(self, value):
        """Return ``value`` as the record gives it, of any format but a sealed one, or None."""
        # the method of the kind of field behind this mixin
        convert = super().convert_to_cache
        return convert(value, None, validate=False)

    def convert_to_cache(self, value, record, validate=True):
        """Seal what comes into the cache, for the place of the record."""
        if isinstance(value, Ciphertext):
            if value.id not in (record.id, record._origin.id):
                raise ValueError(f"{self}: sealed for another record")
            return value
        value = self._plain(value)
        # without a record it is on its way to one
        if not value or not record._ids:
            return value or None
        id_ = record.id or None
        return Ciphertext(keyring(record.env).seal(self._to_text(value), self._place(id_)), id_)

    def convert_to_write(self, value, record):
        """Return what ``write`` takes: plain, as it is sealed again for the record it is for."""
        if isinstance(value, Ciphertext):
            # what stands in the place of a text that cannot be opened is not handed on
            open_sealed(record.env, value.text, *self._places(value.id))
            return record[self.name]
        return self._plain(value) or False

    def convert_to_column_insert(self, value, record, values=None, validate=True):
        # crisis.confidential draws the id before it inserts
        id_ = (values or {}).get("id") or record.id
        if isinstance(value, Ciphertext):
            if value.id != id_:
                raise ValueError(f"{self}: sealed for another record")
            return value.text
        value = self._plain(value)
        if not value:
            return None
        return keyring(record.env).seal(self._to_text(value), self._place(id_))

    def write(self, records, value):  # pylint: disable=missing-return
        """Seal for each record by itself, and never over what cannot be opened."""
        check_replaceable(self, records)
        for record in records:
            super().write(record, value)

    def _insert_cache(self, records, values):
        return super()._insert_cache(
            records,
            [
                value and Ciphertext(value, id_)
                for id_, value in zip(records._ids, values, strict=False)
            ],
        )


def _shown(field, record, value):
    """Return the text of a sealed value, to those who get it; they are registered.

    A person gets a sentence in the place of a text that cannot be opened, so that the rest of the
    record is read all the same. For our own code it never counts as a text.

    A function, as code of server actions can call what hangs on models and fields.

    :raises AccessError: whoever asks does not get it
    :raises UserError: it cannot be opened, and our own code asks
    """
    env, uid = record.env, None
    keys = opening_keys(env)
    if noted_for_rules():
        return False
    if value.id is None:
        check_draft(env, field._description_string(env))
    else:
        origin = record._origin
        uid = check_person(origin, field)
        # dialogs are gone before anybody reads the register; without a key nothing is read
        if uid is not None and not record._transient and not keys.closed:
            note_reading(env, uid, origin, field.name)
    try:
        text = keys.open(value.text, *field._places(value.id))
    except SealError as error:
        if value.id is not None:
            raise_alarm(env, problem_of(error), record._name, value.id, field.name)
        if uid is None:
            raise UserError(_sentence(env, error)) from None
        return field._from_sentence(_placeholder(env, error))
    return field._from_text(text)


def check_replaceable(field, records):
    """Refuse to write over a text that cannot be opened: it may be restored, or its key come back.

    The sentence that stands in its place in a form would be saved instead of it.

    :raises UserError: what one of ``records`` holds cannot be opened
    """
    env, cache = records.env, field._get_cache(records.env)
    ids = [id_ for id_ in records._ids if id_] if field.store and not records._transient else []
    held = {id_: cache[id_].text for id_ in ids if isinstance(cache.get(id_), Ciphertext)}
    if unread := [id_ for id_ in ids if id_ not in cache]:
        column, table = SQL.identifier(field.name), SQL.identifier(records._table)
        held.update(
            env.execute_query(
                SQL(
                    "SELECT id, %s FROM %s WHERE id = ANY(%s) AND %s IS NOT NULL",
                    *(column, table, unread, column),
                )
            )
        )
    for id_, text in held.items():
        try:
            opening_keys(env).open(text, *field._places(id_))
        except SealError as error:
            raise_alarm(env, problem_of(error), records._name, id_, field.name)
            raise UserError(
                key_problem(env)
                or env._(
                    "“%(field)s” holds a text that cannot be opened, so nothing is written over "
                    "it. Ask whoever runs the server to restore it from a backup, or to add its "
                    "key, first.",
                    field=field._description_string(env),
                )
            ) from None


class SealedText(Sealed, fields.Text):
    """Text that is encrypted in the database."""


class SealedChar(Sealed, fields.Char):
    """Line of text that is encrypted in the database."""


class SealedJson(Sealed, fields.Json):
    """JSON document that is encrypted in the database."""

    def _to_text(self, value):
        return json.dumps(value, ensure_ascii=False, default=json_default)

    def _from_text(self, text):
        return json.loads(text)

    def _from_sentence(self, sentence):
        return {UNREADABLE: sentence}
