"""How far each figure may go that a school sets.

Used by the constraints of ``res.company`` and by the update that brings older figures into range.
Nothing in here knows Odoo.
"""

LIMITS: dict[str, tuple[int, int]] = {
    "crisis_ack_minutes": (1, 60),
    "crisis_emergency_hours": (1, 24),
    "crisis_final_grade": (1, 12),
    "crisis_grant_hours": (1, 2160),
    "crisis_identity_minutes": (1, 10),
    "crisis_report_phone_hours": (1, 48),
    "crisis_report_written_hours": (1, 240),
    "crisis_request_days": (1, 60),
    "crisis_retention_years": (1, 100),
    "crisis_triage_hours": (1, 240),
}


def within(*names: str) -> str:
    """Return the SQL constraint that the columns ``names`` keep to their limits."""
    conditions = ("{} BETWEEN {} AND {}".format(name, *LIMITS[name]) for name in names)
    return f"CHECK({' AND '.join(conditions)})"
