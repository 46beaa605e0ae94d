"""Which files may be attached to records: judged by what is in them, not by their names. No ORM.

Recordings and photos are known by their first bytes: ISO/IEC 14496-12 (``ftyp`` and the brand), ID3
and MPEG audio frames, RIFF.
"""

ALLOWED = frozenset(
    (
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.oasis.opendocument.presentation",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "audio/mp4",
        "audio/mpeg",
        "audio/wav",
        "image/bmp",
        "image/gif",
        "image/heic",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/plain",
        "video/mp4",
    )
)
# Recordings and photos of telephones, which Odoo does not know by their content.
_BRANDS = {b"M4A ": "audio/mp4", b"heic": "image/heic", b"mif1": "image/heic"}


def media_type(content: bytes) -> str | None:
    """Return the media type (IANA) of a recording or photo, None for anything else."""
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12], "video/mp4")
    if content[:3] == b"ID3" or (content[:1] == b"\xff" and content[1:2] in (b"\xfb", b"\xf3")):
        return "audio/mpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return "audio/wav"
    return None


def looks_active(content: bytes) -> bool:
    """Tell whether a text would be run or laid out by a browser or a shell."""
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<", b"#!", b"mz")) or b"<script" in content[:65536].lower()
