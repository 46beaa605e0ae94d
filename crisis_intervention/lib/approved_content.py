"""What is approved, as one digest: the same for the same content, whoever computes it."""

import hashlib
import json
from collections.abc import Mapping


def digest(content: Mapping[str, object]) -> str:
    """Return the SHA-256 over ``content``, whatever the order of its keys.

    :param content: texts, numbers, lists and mappings; anything else counts as its text (dates)
    """
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
