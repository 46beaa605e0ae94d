"""Contacts with guardians, consent, and the decision not to tell them."""

from ..finding import approver, prepared, writer
from ..registry import action


def _contact(year, **values):
    """Talk to the guardians, as somebody of the case."""
    case = year.open_case([("guardians_not_told", "=", False)])
    if not case:
        return None
    users = year.triagers | case.class_id.head_teacher_ids
    return year.test._make_contact(case, user=year.one(users), **values).name


@action(1.5)
def contact(year):
    """Tell the guardians."""
    return _contact(year)


@action(0.5)
def contact_unreachable(year):
    """Try in vain to reach them."""
    return _contact(year, attitude="unreachable", guardian_ids=[])


@action(1)
def consent(year):
    """Ask for consent, and get it."""
    return _contact(year, purpose="consent", consent="given")


@action(0.5)
def consent_refused(year):
    """Ask for consent in vain."""
    return _contact(
        year,
        purpose="consent",
        consent="refused",
        refusal_reason="担心",
        witness_1="甲",
        witness_2="乙",
    )


@action(0.6)
def waiver_submit(year):
    """Ask that the guardians are not told, as home is the suspected source."""
    waiver = year.open_record("crisis.guardian.waiver", state="draft")
    if not waiver:
        case = year.open_case()
        if not case:
            return None
        waiver = year.new(
            "crisis.guardian.waiver",
            year.one(year.planners),
            case_id=case.id,
            reason="伤痕",
            protection="外婆接回",
        )
    waiver.with_user(writer(year, waiver)).action_submit()
    return waiver.name


@action(0.6)
def waiver_approve(year):
    """Approve it."""
    waiver = prepared(year, "crisis.guardian.waiver", ["waiver_submit"], state="waiting")
    if waiver:
        waiver.with_user(approver(year, waiver)).action_approve("同意")
    return waiver.name


@action(0.4)
def waiver_refuse(year):
    """Refuse it."""
    waiver = prepared(year, "crisis.guardian.waiver", ["waiver_submit"], state="waiting")
    if waiver:
        waiver.with_user(approver(year, waiver)).action_refuse("理由不足")
    return waiver.name


@action(0.8)
def waiver_end(year):
    """End it: the guardians are told from now on."""
    waiver = year.pick("crisis.guardian.waiver", state="active")
    if waiver:
        mine = waiver.with_user(year.one(year.planners))
        mine.end_reason = "已排除"
        mine.action_end()
    return waiver.name
