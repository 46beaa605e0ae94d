"""What must stand in the timeline, found in the tables of the records apart from the addon's code."""

# kind, table, moment, who, condition, case
EVENTS = [
    ("concern", "crisis_concern", "create_date", "reporter_id", "TRUE", "r.case_id"),
    ("opened", "crisis_case", "date_opened", "create_uid", "TRUE", "t.id"),
    ("verified", "crisis_case", "verified_at", "verified_by_id", "TRUE", "t.id"),
    ("closed", "crisis_case", "date_closed", "closed_by_id", "TRUE", "t.id"),
    ("change", "crisis_case_change", "date", "user_id", "TRUE", "t.case_id"),
    ("closed_before", "crisis_case_change", "date_closed", "closed_by_id", "TRUE", "t.case_id"),
    ("assessment", "crisis_assessment", "date_done", "done_by_id", "TRUE", "t.case_id"),
    ("plan", "crisis_plan", "date_active", "create_uid", "TRUE", "t.case_id"),
    ("approval", "crisis_approval", "date", "user_id", "TRUE", "t.case_id"),
    ("measure", "crisis_measure", "date_done", "user_id", "TRUE", "t.case_id"),
    (
        "session", "crisis_session", "date_start", "user_id",
        "t.state IN ('signed', 'missed')", "t.case_id",
    ),
    (
        "contact", "crisis_guardian_contact", "date", "user_id",
        "t.state = 'signed'", "t.case_id",
    ),
    ("medical", "crisis_medical_record", "date", "user_id", "t.state = 'signed'", "t.case_id"),
    ("referral", "crisis_referral", "date_sent", "user_id", "TRUE", "t.case_id"),
    ("reply", "crisis_referral", "date_replied", "replied_by_id", "TRUE", "t.case_id"),
    ("noted", "crisis_mandatory_report", "noticed_at", "user_id", "TRUE", "t.case_id"),
    (
        "reported", "crisis_mandatory_report", "reported_at", "write_uid",
        "t.state = 'reported'", "t.case_id",
    ),
    (
        "return", "crisis_school_return", "date_return", "create_uid",
        "t.state = 'agreed'", "t.case_id",
    ),
    ("emergency", "crisis_emergency", "date_start", "user_id", "TRUE", "r.case_id"),
    ("review", "crisis_review", "date", "user_id", "t.state = 'signed'", "t.case_id"),
    ("escalation", "crisis_escalation", "date", "create_uid", "TRUE", "t.case_id"),
    ("printed", "crisis_disclosure", "date", "user_id", "t.kind = 'printed'", "t.case_id"),
    ("grant", "crisis_access_grant", "date_from", "user_id", "TRUE", "t.case_id"),
]  # fmt: skip
LINKS = {
    "crisis_concern": "JOIN crisis_case_concern_rel r ON r.concern_id = t.id",
    "crisis_emergency": "JOIN crisis_emergency_case_rel r ON r.emergency_id = t.id",
}
_HAPPENED = " UNION ALL ".join(
    f"SELECT {case}, t.company_id, '{kind}', date_trunc('second', t.{moment}::timestamp), "
    f"t.{who}, '{table.replace('_', '.')}', t.id FROM {table} t {LINKS.get(table, '')} "
    f"WHERE t.{moment} IS NOT NULL AND {condition} AND {case} IS NOT NULL"
    for kind, table, moment, who, condition, case in EVENTS
)
_LINES = "SELECT case_id, company_id, kind, date, user_id, res_model, res_id FROM crisis_chronology"
_DIFFERENCE = (
    f"SELECT 'missing', x.* FROM (({_HAPPENED}) EXCEPT ALL {_LINES}) x UNION ALL "
    f"SELECT 'not so', x.* FROM ({_LINES} EXCEPT ALL ({_HAPPENED})) x"
)


def difference(env):
    """Return the lines that are missing in the table, and those that should not be there."""
    env.cr.flush()
    env.cr.execute(_DIFFERENCE)
    return env.cr.fetchall()


def pages(timeline, case):
    """Return all pages of ``case``, as the widget asks for them.

    :param timeline: the model ``crisis.chronology`` in the environment of the reader
    """
    result, before = [], False
    while True:
        page = timeline.page(case.id, before)
        result.append(page)
        before = page["next"]
        if not before:
            return result
