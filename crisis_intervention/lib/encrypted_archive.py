"""Archives that only those open who have the password: AES-256 in a ZIP file (WinZip AES).

No ORM.
"""

import secrets
from io import BytesIO

import pyzipper

# without what is easily mistaken when it is read out or copied by hand
_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _LENGTH = 5, 4


def new_password() -> str:
    """Return a password such as ``k3mq-x8ta-9bnw-ru4c-hy2p``: 99 bits."""
    return "-".join(
        "".join(secrets.choice(_CHARACTERS) for _position in range(_LENGTH))
        for _group in range(_GROUPS)
    )


def encrypted(name: str, content: bytes, password: str) -> bytes:
    """Return a ZIP file with one file in it, encrypted.

    :param name: of the file in the archive; anybody can read it
    """
    output = BytesIO()
    with pyzipper.AESZipFile(
        output, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
    ) as archive:
        archive.setpassword(password.encode())
        archive.writestr(name, content)
    return output.getvalue()
