"""School doctor, referral, and reports that the law demands."""

from odoo import Command

from ..finding import SENDING, approver, centre, local_day, prepared, writer
from ..registry import action


@action(1)
def medical_record(year):
    """The school doctor records, with a follow-up now and then."""
    case = year.open_case([("medical_involved", "=", True)])
    if not case:
        return None
    record = year.new(
        "crisis.medical.record",
        year.doctor,
        case_id=case.id,
        finding="浅表划伤",
        disposition=year.one(("class", "rest", "home", "hospital")),
        accompanied_by="班主任",
        date_follow_up=year.chance(0.4) and local_day(year, 3),
    )
    record.action_sign()
    return record.name


@action(0.8)
def referral_submit(year):
    """Write a referral, to hospital or district centre, and ask for approval."""
    referral = year.open_record("crisis.referral", state="draft")
    if not referral:
        case = year.open_case()
        if not case:
            return None
        partner = year.one([year.hospital, year.test.district_centre.partner_id])
        referral = year.new(
            "crisis.referral",
            year.one(year.psychologists),
            case_id=case.id,
            resource_id=partner.id,
            reason="请评估",
            basis="danger",
            basis_reason="自伤",
        )
    referral.with_user(writer(year, referral)).action_submit()
    return referral.name


@action(0.8)
def referral_approve(year):
    """Approve a referral."""
    referral = year.open_record("crisis.referral", state="waiting")
    if referral:
        referral.with_user(approver(year, referral)).action_approve("同意")
    return referral.name


@action(0.4)
def referral_refuse(year):
    """Give a referral back."""
    referral = prepared(year, "crisis.referral", ["referral_submit"], state="waiting")
    if referral:
        referral.with_user(approver(year, referral)).action_refuse("请补充")
    return referral.name


@action(0.8)
def referral_send(year):
    """Send the letter."""
    referral = year.open_record("crisis.referral", state="approved")
    if referral:
        referral.with_user(year.one(year.psychologists)).action_send()
    return referral.name


def _reply(year, referral, user):
    """Take the reply slip in as ``user``."""
    mine = referral.with_user(user)
    mine.write({"reply_accepted": "yes", "reply_opinion": "已接诊"})
    mine.action_reply()
    year.oracle.closers["reply", referral.id] = user
    return referral.name


@action(0.8)
def referral_reply(year):
    """Enter a reply slip that came on paper."""
    referral = prepared(year, "crisis.referral", SENDING, state="sent")
    return referral and _reply(year, referral, year.one(year.psychologists))


@action(0.8)
def referral_reply_district(year):
    """The district centre replies by itself."""
    referral = prepared(
        year, "crisis.referral", SENDING, state="sent", district_company_id=centre(year)
    )
    return referral and _reply(year, referral, year.test.district)


@action(0.6)
def referral_end(year):
    """End a referral, with or without reply."""
    referral = year.pick("crisis.referral", [("state", "in", ("approved", "sent", "replied"))])
    if referral:
        mine = referral.with_user(year.one(year.psychologists))
        mine.note_end = "另行就医"
        mine.action_end()
    return referral.name


@action(0.6)
def mandatory_note(year):
    """Note a situation that the law names."""
    case = year.open_case()
    return case and year.new(
        "crisis.mandatory.report",
        year.one(year.planners),
        case_id=case.id,
        situation_ids=[Command.set(year.one(year.situations).ids)],
    )


@action(1)
def mandatory_report(year):
    """Report it."""
    record = year.pick("crisis.mandatory.report", state="open")
    if record:
        mine = record.with_user(year.one(year.triagers))
        mine.write({"authority": "police", "receiver": "派出所", "reported_at": year.now})
        mine.action_report()
    return record.name


@action(0.6)
def mandatory_waive(year):
    """A principal decides that the law does not ask for it."""
    record = year.pick("crisis.mandatory.report", state="open")
    if record:
        record.with_user(year.one(year.principals - record.user_id))._waive("不属于")
    return record.name
