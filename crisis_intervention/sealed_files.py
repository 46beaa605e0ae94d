"""Files of our records: sealed in the file store, in the database and in the cache of the ORM.

Each is bound to a random id of its own and to the record it belongs to. Like texts (see
``sealed_reading``) they are opened where the ORM gives a content out.
"""

import base64
import secrets
from contextlib import contextmanager
from contextvars import ContextVar

from odoo import fields
from odoo.addons.base.models.ir_attachment import IrAttachment
from odoo.exceptions import UserError
from odoo.tools import human_size

from .lib.sealed import SealError
from .lib.signed_content import random_part
from .register import note_reading, raise_alarm
from .seal_keys import key_problem, keyring, opening_keys
from .sealed_fields import Confidential, problem_of
from .sealed_reading import check_person, code_acts, noted_for_rules
from .walls import require_loading

# Name of the column with the random id.
SEAL = "crisis_seal_id"
# (model, id) of the records that our own code brings a file to just now, or changes one of.
_filing: ContextVar[frozenset] = ContextVar("crisis_filing", default=frozenset())


class FileContent:
    """The sealed content of a file, as the cache holds it.

    ``encoded``: the field gives it out in base64.
    """

    __slots__ = ("encoded", "place", "sealed")

    def __init__(self, sealed, place, encoded=False):
        self.sealed = sealed
        self.place = place
        self.encoded = encoded

    def __len__(self):
        return len(self.sealed)

    def base64(self):
        """Return the same for a field that gives its content out in base64."""
        return FileContent(self.sealed, self.place, encoded=True)


class Unreadable(bytes):
    """The sentence that stands in the place of a file that cannot be opened."""


def new_seal(env, before=""):
    """Return a random id that a file is bound to; it names the key, so that older ones are found.

    :param str before: the id of the same content under an older key: what is random in it stays,
        so that one can tell the content by it
    """
    return f"{keyring(env).newest}:{random_part(before) or secrets.token_hex(16)}"


@contextmanager
def filing_into(records):
    """Let our own code bring files to ``records`` inside, also to those that are locked.

    Callers see to the signature. Code out of the database gets nothing by it.
    """
    places = set() if code_acts() else {(records._name, id_) for id_ in records._ids}
    token = _filing.set(_filing.get() | places)
    try:
        yield
    finally:
        _filing.reset(token)


def is_filing(model, id_):
    """Tell whether our own code brings files to this record just now."""
    return (model, id_) in _filing.get() and not code_acts()


def opens(file):
    """Tell whether the content of an attachment is there and opens; nobody is its reader."""
    content = file._crisis_content()
    try:
        opening_keys(file.env).open_file(content.sealed, content.place)
    except SealError:
        return False
    return True


def place_of(seal, model, id_, field=None):
    """Return what binds a file to its id and its record."""
    return f"file.{seal}.{model}.{id_ or 0}.{field or ''}"


def seal_file(env, content, place):
    """Return the content of a file sealed for ``place``."""
    return keyring(env).seal_file(content, place)


def store_sealed(file, content, seal):
    """Store the content of a file of ours, sealed for ``seal`` and its record.

    :param file: one ``ir.attachment`` with superuser rights
    """
    place = place_of(seal, file.res_model, file.res_id, file.res_field)
    sealed = seal_file(file.env, content, place) if content else b""
    # as Odoo stores it: our own method would seal it once more
    IrAttachment._set_attachment_data(file, lambda _file: sealed)
    file._set_seal(seal if content else False, len(content))


def renew_file(file):
    """Seal a file that is sealed anew, with the newest key.

    :param file: one ``ir.attachment`` with superuser rights
    :raises SealError: it cannot be opened
    """
    held = file._crisis_content()
    if held.sealed:
        content = keyring(file.env).open_file(held.sealed, held.place)
        store_sealed(file, content, new_seal(file.env, file[SEAL]))


def seal_stored(file):
    """Seal a file that an earlier version has stored as it is.

    :param file: one ``ir.attachment`` with superuser rights
    :raises AccessError: no update of the addon runs
    """
    require_loading(file.env)
    if content := file.raw:
        store_sealed(file, content, new_seal(file.env))


def seal_arrived(files, before):
    """Seal files that have come to records of ours just now, from where none is sealed.

    :param before: those of ``files`` that were at records of ours before
    """
    # sudo: ir.attachment - the content, to be sealed and not returned
    for file in (files._in_crisis() - before).sudo():
        if file.type == "binary" and not file[SEAL]:
            content = file._crisis_content().sealed
            if content:
                store_sealed(file, content, new_seal(file.env))


def check_replaceable(files):
    """Refuse to write over files that cannot be opened: they may be restored, or their key come back.

    :param files: ``ir.attachment`` records
    :raises UserError: one of them cannot be opened
    """
    # sudo: ir.attachment - whether they open; nothing of them is returned
    for file in files._held_sealed().sudo():
        held = file._crisis_content()
        try:
            opening_keys(file.env).open_file(held.sealed, held.place)
        except SealError as error:
            raise_alarm(file.env, problem_of(error), file._name, file.id, "raw")
            raise UserError(
                key_problem(file.env)
                or file.env._(
                    "This file cannot be opened, so no other one is put in its place. Ask whoever "
                    "runs the server to restore it from a backup, or to add its key, first."
                )
            ) from None


def _shown(field, record, value):
    """Return the content of a sealed file, to those who get it; they are registered.

    A person gets a sentence in the place of a file that cannot be opened. For our own code it never
    counts as a file.

    A function, as code of server actions can call what hangs on models and fields.

    :raises AccessError: whoever asks does not get it
    :raises UserError: it cannot be opened, and our own code asks
    """
    env = record.env
    if noted_for_rules():
        return False
    uid = check_person(record, field)
    keys = opening_keys(env)
    # without a key nothing is read
    if uid is not None and not keys.closed:
        _register(field, record, uid)
    try:
        content = keys.open_file(value.sealed, value.place)
    except SealError as error:
        raise_alarm(env, problem_of(error), record._name, record.id, field.name)
        sentence = env._(
            "This file cannot be opened: it was changed outside of the system, or its key is "
            "missing. Ask whoever runs the server."
        )
        if uid is None:
            raise UserError(sentence) from None
        content = Unreadable(sentence.encode())
    return base64.b64encode(content) if value.encoded else content


def _register(field, record, uid):
    """Put the reading of a file into the register."""
    if record._name != "ir.attachment":
        note_reading(record.env, uid, record, field.name)
        return
    # sudo: which record the file belongs to
    for file in record.sudo().filtered("res_id"):
        owner = record.env[file.res_model].browse(file.res_id)
        note_reading(record.env, uid, owner, file.res_field or "file", "file")


class FileField(fields.Binary):
    """What Odoo's attachments give out of their files: opened here where one is sealed."""

    def __get__(self, record, owner=None):
        value = super().__get__(record, owner)
        return _shown(self, record, value) if isinstance(value, FileContent) else value

    def compute_value(self, records):
        """Tell the size of a sealed file where that is all that is asked for."""
        result = super().compute_value(records)
        context = records.env.context
        if context.get("bin_size") or context.get(f"bin_size_{self.name}"):
            sizes = self._get_cache(records.env)
            for record in records:
                if isinstance(sizes.get(record.id), FileContent):
                    sizes[record.id] = human_size(record.file_size).encode()
        return result


class ConfidentialBinary(Confidential, fields.Binary):
    """File of a record that is sealed, and whose readers are registered."""

    def __get__(self, record, owner=None):
        value = super().__get__(record, owner)
        return _shown(self, record, value) if isinstance(value, FileContent) else value

    def read(self, records):
        """Take the sealed contents into the cache, but for their sizes."""
        if records.env.context.get("bin_size"):
            super().read(records)
            return
        # sudo: ir.attachment - the files behind the field; sealed as they are
        files = (
            records.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", records._name),
                    ("res_field", "=", self.name),
                    ("res_id", "in", records.ids),
                ]
            )
        )
        contents = {file.res_id: file._crisis_content().base64() for file in files}
        self._insert_cache(records, map(contents.get, records._ids))

    def write(self, records, value):
        """Store, as locked as the record itself; keep nothing plain in the cache afterwards."""
        with filing_into(records):
            result = super().write(records, value)
        self._invalidate_cache(records.env, [id_ for id_ in records._ids if id_])
        return result

    def create(self, record_values):
        """Store, as locked as the record itself; keep nothing plain in the cache afterwards."""
        if not record_values:
            return None
        first, *others = (record for record, _value in record_values)
        with filing_into(first.union(*others)):
            result = super().create(record_values)
        for record, _value in record_values:
            self._invalidate_cache(record.env, record._ids)
        return result
