"""Sessions: planned, held, missed, released."""

from datetime import timedelta

from ....sealed_reading import opening
from ..registry import action


@action(0.8)
def session_plan(year):
    """Make an appointment."""
    case = year.open_case()
    return case and year.new(
        "crisis.session",
        year.one(year.psychologists),
        case_id=case.id,
        date_start=year.now + timedelta(days=year.random.randint(1, 10)),
    )


def _planned(year):
    """Return an appointment whose time has come."""
    return year.open_record(
        "crisis.session", [("state", "=", "draft"), ("date_start", "<=", year.now)]
    )


@action(1.2)
def session_hold(year):
    """Hold and sign a session, planned or not."""
    session = _planned(year)
    if not session:
        case = year.open_case()
        if not case:
            return None
        session = year.new(
            "crisis.session",
            year.one(year.psychologists),
            case_id=case.id,
            date_start=year.now - timedelta(hours=1),
        )
    mine = session.with_user(session.user_id)
    year.test._having_read(mine).write(
        {
            "notes": "谈到同学。",
            "limits_explained": True,
            "risk_change": year.one(("lower", "same", "higher")),
            "summary_draft": "课间多陪伴",
            "next_start": year.chance(0.4) and year.now + timedelta(days=7),
        }
    )
    mine.action_sign()
    return session.name


@action(0.5)
def session_missed(year):
    """The student did not come."""
    session = _planned(year)
    if session:
        session.with_user(session.user_id).action_missed()
    return session.name


@action(0.5)
def session_cancel(year):
    """Call an appointment off: its author, or the owner of the case."""
    session = year.open_record("crisis.session", state="draft")
    if session:
        user = year.one(session.user_id | session.case_id.user_id)
        session.with_user(user).action_cancel()
    return session.name


@action(0.5)
def session_release(year):
    """Let the team read the summary."""
    session = year.pick("crisis.session", state="signed")
    # summaries are sealed, so that nobody searches for those without
    with opening("release"):
        waits = session and not session.summary
    if waits:
        session.with_user(session.user_id).action_release_summary()
    return waits and session.name


@action(0.4)
def session_addendum(year):
    """Add to a signed session."""
    session = year.pick("crisis.session", state="signed")
    return session and year.new(
        "crisis.session.addendum",
        year.one(year.psychologists),
        session_id=session.id,
        text="补充",
    )
