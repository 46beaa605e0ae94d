"""Sealing texts and files: AES-GCM with a ring of keys, bound to the place of what is sealed.

A ring is written as ``id:base64`` entries with commas, the newest key first: it seals, all of them
open. No ORM.
"""

import base64
import binascii
import hmac
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX = "sealed:1:"
FILE_PREFIX = b"crisis-sealed:1:"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
# So many that a key of their name does not open are no damage: it is another key.
_ENOUGH = 3


class SealError(Exception):
    """A text cannot be opened, or a ring of keys cannot be read. ``reason`` says why.

    Reasons: ``keys`` (the ring is written wrongly), ``unsealed`` (not a sealed text),
    ``unknown_key`` (``key_id`` is not in the ring), ``wrong_key`` (another one of that name is),
    ``closed`` (nothing is opened at all), ``broken`` (changed, or of another place).
    """

    def __init__(self, reason: str, key_id: str = ""):
        super().__init__(f"{reason} {key_id}".strip())
        self.reason = reason
        self.key_id = key_id


def new_key() -> str:
    """Return a fresh key, as it is written behind its id."""
    return base64.b64encode(os.urandom(_KEY_BYTES)).decode()


@lru_cache(maxsize=16)
def _signing_key(key: bytes) -> bytes:
    """Return a key of its own for signing, as no key should serve two purposes."""
    return hmac.digest(key, b"crisis_intervention signature", "sha256")


def is_sealed(text: str) -> bool:
    """Tell whether a text of the database is sealed."""
    return text.startswith(PREFIX)


def is_right_key(opened: int, failed: int, fits: bool | None) -> bool:
    """Tell whether a key is the one that its name stood for.

    What it opens proves it, whatever the check value says: another key opens nothing. Where nothing
    tells, as nothing was sealed with it, the check value decides.

    :param opened: how much of what names the key it opens
    :param failed: how much it does not, which may be damaged
    :param fits: whether the check value is the key's, None where there is none
    """
    if opened:
        return True
    return failed < _ENOUGH and (fits is True or (fits is None and not failed))


@dataclass(frozen=True)
class Keyring:
    """Keys by their id; the first one seals.

    ``wrong``: ids that the server has another key for than the one they stood for; ``closed``: the
    ring has no key that may seal and sign, and opens nothing.
    """

    keys: dict[str, bytes]
    wrong: frozenset[str] = frozenset()
    closed: bool = False

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Read a ring such as ``2027:b64,2026:b64``.

        :raises SealError: no key, or one that is no 32 bytes in base64
        """
        keys: dict[str, bytes] = {}
        for entry in filter(None, re.split(r"[,\s]+", text)):
            key_id, _colon, encoded = entry.partition(":")
            try:
                key = base64.b64decode(encoded, validate=True)
            except binascii.Error:
                key = b""
            if not _KEY_ID.fullmatch(key_id) or len(key) != _KEY_BYTES or key_id in keys:
                raise SealError("keys", key_id)
            keys[key_id] = key
        if not keys:
            raise SealError("keys")
        return cls(keys)

    @property
    def newest(self) -> str:
        """Return the id of the key that seals."""
        return next(iter(self.keys))

    def without(self, wrong: frozenset[str]) -> "Keyring":
        """Return the ring without keys that are not those that their names stood for."""
        if self.newest in wrong:
            return Keyring({}, closed=True)
        return Keyring({n: key for n, key in self.keys.items() if n not in wrong}, wrong)

    def check_value(self, key_id: str) -> str:
        """Return what tells this key from others, and nothing of it."""
        return hmac.digest(self.keys[key_id], b"crisis_intervention check value", "sha256").hex()

    def _key(self, key_id: str) -> bytes:
        """Return a key by its id.

        :raises SealError: it is not in the ring
        """
        if key_id in self.keys:
            return self.keys[key_id]
        raise SealError(
            "closed" if self.closed else "wrong_key" if key_id in self.wrong else "unknown_key",
            key_id,
        )

    def seal(self, text: str, place: str) -> str:
        """Return ``text`` sealed for ``place``, such as ``model.field.id``."""
        nonce = os.urandom(_NONCE_BYTES)
        head = f"{PREFIX}{self.newest}:"
        body = AESGCM(self.keys[self.newest]).encrypt(
            nonce, text.encode(), f"{head}{place}".encode()
        )
        return head + base64.b64encode(nonce + body).decode()

    def open(self, sealed: str, *places: str) -> str:
        """Return the text that was sealed for one of ``places``.

        :raises SealError: see there
        """
        if not is_sealed(sealed):
            raise SealError("unsealed")
        key_id, _colon, encoded = sealed.removeprefix(PREFIX).partition(":")
        key = AESGCM(self._key(key_id))
        head = f"{PREFIX}{key_id}:"
        for place in places:
            with suppress(InvalidTag, ValueError):  # binascii.Error is a ValueError
                data = base64.b64decode(encoded, validate=True)
                nonce, body = data[:_NONCE_BYTES], data[_NONCE_BYTES:]
                opened: bytes = key.decrypt(nonce, body, f"{head}{place}".encode())
                return opened.decode()
        raise SealError("broken", key_id)

    def seal_file(self, content: bytes, place: str) -> bytes:
        """Return the content of a file sealed for ``place``."""
        nonce = os.urandom(_NONCE_BYTES)
        head = FILE_PREFIX + self.newest.encode() + b":"
        key = AESGCM(self.keys[self.newest])
        return head + nonce + key.encrypt(nonce, content, head + place.encode())

    def open_file(self, sealed: bytes, place: str) -> bytes:
        """Return the content of a file that was sealed for ``place``.

        :raises SealError: see there
        """
        if not sealed.startswith(FILE_PREFIX):
            raise SealError("unsealed")
        key_id, _colon, data = sealed.removeprefix(FILE_PREFIX).partition(b":")
        name = key_id.decode("ascii", "replace")
        key = AESGCM(self._key(name))
        head = FILE_PREFIX + key_id + b":"
        nonce, body = data[:_NONCE_BYTES], data[_NONCE_BYTES:]
        try:
            content: bytes = key.decrypt(nonce, body, head + place.encode())
        except (InvalidTag, ValueError):
            raise SealError("broken", name) from None
        return content

    def sign(self, text: str) -> str:
        """Return a signature of ``text`` that only holders of the newest key can make."""
        return f"{self.newest}:{self._mac(self.newest, text)}"

    def verifies(self, signature: str, text: str) -> bool:
        """Tell whether ``signature`` is one of ``text`` by a key of this ring."""
        key_id, _colon, mac = signature.partition(":")
        # bytes, as what stands in the database may be no ASCII
        return key_id in self.keys and hmac.compare_digest(
            mac.encode(errors="replace"), self._mac(key_id, text).encode()
        )

    def tells(self, signature: str, text: str) -> bool | None:
        """Tell whether ``signature`` is one of ``text``; None where its key is not in this ring."""
        if signature.partition(":")[0] not in self.keys:
            return None
        return self.verifies(signature, text)

    def _mac(self, key_id: str, text: str) -> str:
        return hmac.digest(_signing_key(self.keys[key_id]), text.encode(), "sha256").hex()
