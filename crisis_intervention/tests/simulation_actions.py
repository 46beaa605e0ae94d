"""What people do in a simulated school year: every action of the closed loop, by allowed roles.

Each takes the ``SchoolYear``, finds a record it fits to, and returns something true when it was
carried out. Whatever the addon refuses here is a fault.
"""

from datetime import timedelta

from odoo import Command, fields

from .simulation import action, commands

LEVELS = ("blue", "yellow", "orange", "red")
MEETS_GATE = {
    "verified": ["verify"],
    "level": ["level_up"],
    "assessment": ["assess", "assess", "assess", "assess_refused"],
    "plan": ["plan_submit", "plan_write"],
    "plan_approval": ["plan_approve", "plan_submit", "plan_write"],
    "session": ["session_hold"],
    "review": ["review_continue"],
    "summary": ["summarise"],
}
ENDS_DUTY = {
    "plan_approval": ["plan_approve"],
    "measure": ["measure_done", "measure_cancel"],
    "session": ["session_hold", "session_missed", "session_cancel"],
    "referral_approval": ["referral_approve"],
    "referral": ["referral_send"],
    "referral_reply": ["referral_reply", "referral_end"],
    "waiver": ["waiver_approve"],
    "school_return": ["return_approve"],
    "mandatory_report": ["mandatory_report", "mandatory_waive"],
}


def local_day(year, days=0):
    """Return today or a day near it, as the users see it."""
    return fields.Date.context_today(year.env["crisis.case"]) + timedelta(days=days)


def severity(case):
    """Return the rank of a case's level, -1 without one."""
    return LEVELS.index(case.risk_level) if case.risk_level else -1


def missing_gates(year, case):
    """Return the gates of the case's stage that nothing meets yet, found by our own queries."""
    wanted = case.stage_id.gate_ids.mapped("code")
    states = {
        "assessment": ("crisis.assessment", ("done", "refused")),
        "plan": ("crisis.plan", ("waiting", "active", "replaced")),
        "plan_approval": ("crisis.plan", ("active", "replaced")),
        "session": ("crisis.session", ("signed",)),
        "review": ("crisis.review", ("signed",)),
    }
    missing = []
    for gate in wanted:
        if gate in states:
            model, fitting = states[gate]
            records = year.env[model].search([("case_id", "=", case.id)])
            met = any(record.state in fitting for record in records)
            met = met or (case.risk_level == "blue" and gate in ("plan", "plan_approval"))
        elif gate == "summary":
            met = case.outcome and case.closing_summary
        else:
            met = case.verified_at if gate == "verified" else case.risk_level
        if not met:
            missing.append(gate)
    return missing


def open_duties(case):
    """Return the deadlines that hold up the closing of a case."""
    return case.deadline_ids.filtered(lambda step: step.res_id and not step.date_done)


def pending(case):
    """Return the proposed levels of a case that nobody has decided on."""
    return case.assessment_ids.filtered(lambda form: form.proposal == "pending")


def prepared(year, model, names, **conditions):
    """Return a record of an open case; without one, the actions ``names`` are to bring it about."""
    record = year.open_record(model, **conditions)
    if not record:
        case = year.open_case([("risk_level", "in", ("orange", "red"))])
        for name in names if case else ():
            year.carry_out(name, case)
        record = year.open_record(model, **conditions)
    return record


# reports


@action(3)
def report(year, user=None, **values):
    """Anybody reports."""
    students = year.students.browse(year.random.sample(year.students.ids, 1 + year.chance(0.1)))
    return year.test._make_concern(
        user or year.one(year.everybody),
        students,
        category_ids=[Command.set(year.one(year.categories).ids)],
        **values,
    ).name


@action(1)
def report_danger(year):
    """Anybody reports a danger to life."""
    return report(year, immediate_danger="yes")


@action(0.4)
def report_restricted(year):
    """Somebody reports on a colleague; the principals decide on it."""
    concerned = [Command.set(year.moral.ids)]
    return report(year, year.staff, restricted=True, concerned_user_ids=concerned)


@action(0.5)
def report_addendum(year):
    """A reporter adds to the own report."""
    concern = year.pick("crisis.concern")
    return concern and year.new(
        "crisis.concern.addendum", concern.reporter_id, concern_id=concern.id, text="补充"
    )


def _triage(year, **values):
    """Open the dialog on a waiting report, as somebody who may read it."""
    concern = year.pick("crisis.concern", state="received")
    if not concern:
        return None
    users = year.triagers
    if concern.restricted:
        users = year.principals
    return year.new("crisis.concern.triage", year.one(users), concern_id=concern.id, **values)


@action(6)
def triage(year):
    """Those who decide open a case, or attach the report to the open one."""
    dialog = _triage(year)
    if not dialog:
        return None
    for line in dialog.line_ids:
        line.risk_level = line.risk_level or year.random.choices(LEVELS, (2, 4, 3, 1))[0]
    if year.chance(0.15):
        dialog.situation_ids = year.one(year.situations)
    dialog.action_confirm()
    return dialog.concern_id.name


@action(1)
def triage_dismiss(year):
    """Those who decide see no need for a case."""
    dialog = _triage(year, decision="none", dismiss_reason="无异常")
    if dialog:
        dialog.action_confirm()
    return dialog and dialog.concern_id.name


@action(0.7)
def open_directly(year):
    """A psychology teacher opens a case without a report."""
    busy = year.env["crisis.case"].search([("date_closed", "=", False)]).student_id
    free = year.students - busy
    closed = year.env["crisis.case"].search([("date_closed", "!=", False)]).student_id
    if year.chance(0.5):
        free = free & closed or free  # the crisis comes back
    if not free:
        return None
    user = year.one(year.psychologists)
    values = {"student_id": year.one(free).id, "user_id": user.id}
    if year.chance(0.5):
        values["risk_level"] = year.one(LEVELS)
    return year.new("crisis.case", user, **values).name


# the case itself


@action(1)
def forward(year):
    """Do what one of the oldest cases needs to go on, or move it on."""
    cases = year.env["crisis.case"].search([("date_closed", "=", False)], order="id", limit=3)
    if not cases:
        return None
    case = year.one(cases)
    missing = missing_gates(year, case)
    if not missing and case.stage_id == _stages(year)[-2]:
        blocking = open_duties(case)
        if blocking:
            return year.carry_out(year.one(ENDS_DUTY[blocking[0].kind]), case)
        if pending(case):
            return year.carry_out("decide_decline", case)
    if missing:
        for name in MEETS_GATE[missing[0]]:
            found = year.carry_out(name, case)
            if found:
                return found
        return None
    return year.carry_out("stage_next", case)


def _stages(year):
    """Return the stages in their order."""
    return year.env["crisis.stage"].search([], order="sequence")


@action(1)
def stage_next(year):
    """Move a case on whose gates are met."""
    case = year.open_case()
    if not case or missing_gates(year, case):
        return None
    stages = _stages(year)
    following = stages[list(stages).index(case.stage_id) + 1]
    user = year.one(year.triagers)
    if following.closed:
        if open_duties(case) or pending(case):
            return None
        year.oracle.closings[case.id, user.id] += 1
    case.with_user(user).action_next_stage()
    year.test.assertEqual(case.stage_id, following)
    return f"{case.name} to {following.name}"


@action(0.5)
def stage_back(year):
    """Move an open case back, with a reason."""
    case = year.open_case([("stage_id", "!=", _stages(year)[0].id)])
    if not case:
        return None
    earlier = _stages(year).filtered(lambda stage: stage.sequence < case.stage_id.sequence)
    case.with_user(year.one(year.triagers)).write(
        {"stage_id": year.one(earlier).id, "change_reason": "重新核实"}
    )
    return case.name


@action(0.5)
def reopen_by_move(year):
    """Reopen a closed case by moving it back; archived ones come back into sight."""
    case = _reopenable(year)
    if not case:
        return None
    case.with_user(year.one(year.triagers)).write(
        {"stage_id": year.one(_stages(year)[:-1]).id, "change_reason": "情况反复"}
    )
    return case.name


def _reopenable(year):
    """Return a closed case of a student without an open one."""
    busy = year.env["crisis.case"].search([("date_closed", "=", False)]).student_id
    return year.pick(
        "crisis.case", [("date_closed", "!=", False), ("student_id", "not in", busy.ids)]
    )


@action(0.7)
def archive(year):
    """Archive a closed case."""
    case = year.pick("crisis.case", [("date_closed", "!=", False), ("active", "=", True)])
    if case:
        case.with_user(year.one(year.triagers)).action_archive()
    return case.name


@action(1)
def verify(year):
    """Confirm that a crisis is real."""
    case = year.open_case([("verified_at", "=", False)])
    if case:
        case.with_user(year.one(year.triagers)).action_verify()
    return case.name


@action(1)
def level_up(year):
    """Raise a level at once."""
    case = year.open_case([("risk_level", "!=", "red")])
    if not case:
        return None
    level = year.one(LEVELS[severity(case) + 1 :])
    case.with_user(year.one(year.triagers)).write({"risk_level": level, "change_reason": "新情况"})
    return f"{case.name} {level}"


@action(0.7)
def categories(year):
    """Add a category, with the duties it carries."""
    case = year.open_case()
    if case:
        case.with_user(year.one(year.planners)).category_ids |= year.one(year.categories)
    return case.name


@action(0.5)
def write_case(year):
    """Write background and advice."""
    case = year.open_case()
    if case:
        case.with_user(year.one(year.psychologists)).write(
            {"background": "家庭变化", "shared_advice": "多陪伴"}
        )
    return case.name


@action(0.7)
def medical_switch(year):
    """Let the school doctor in, or out."""
    case = year.open_case()
    if case:
        mine = case.with_user(year.one(year.planners))
        mine.medical_involved = not mine.medical_involved
    return case.name


@action(0.5)
def summarise(year):
    """Write outcome and closing summary."""
    case = year.open_case([("stage_id.gate_ids.code", "=", "summary")])
    if case:
        case.with_user(year.one(year.triagers)).write(
            {"outcome": "recovered", "closing_summary": "情绪稳定。"}
        )
    return case.name


@action(0.4)
def hand_over(year):
    """Give cases to another psychology teacher."""
    case = year.open_case()
    if not case:
        return None
    owner = case.user_id
    mine = year.env["crisis.case"].search([("user_id", "=", owner.id), ("date_closed", "=", False)])
    dialog = year.new(
        "crisis.handover",
        year.one(year.triagers),
        from_user_id=owner.id,
        case_user_id=(year.psychologists - owner)[:1].id,
        measure_user_id=year.staff.id,
        case_ids=[Command.set(mine[:3].ids)],
        class_ids=[Command.clear()],
        psychology_class_ids=[Command.clear()],
    )
    dialog.measure_ids = dialog.measure_ids[:2]
    dialog.action_hand_over()
    return ", ".join(mine[:3].mapped("name"))


@action(0.7)
def step_done(year):
    """Say that the first contact took place."""
    step = year.open_record("crisis.deadline", kind="first_contact", date_done=False)
    if step:
        step.with_user(year.one(year.triagers)).action_done()
    return step.case_id.name


@action(0.3)
def step_undo(year):
    """Take the first contact back."""
    step = year.open_record(
        "crisis.deadline", [("kind", "=", "first_contact"), ("date_done", "!=", False)]
    )
    if step:
        step.with_user(year.one(year.triagers)).action_undo()
    return step.case_id.name


@action(0.7)
def activity_done(year):
    """Mark the activity of the next step as done, in the chatter: the step waits all the same."""
    case = year.open_case()
    activity = case.activity_ids.filtered(lambda a: a.user_id == case.user_id)[:1]
    if activity:
        activity.with_user(activity.user_id).action_done()
    return activity and case.name


# assessments


@action(1)
def assess(year):
    """Fill in and complete a form."""
    case = year.open_case()
    if not case:
        return None
    answers = {code: str(year.random.choices(range(4), (6, 3, 1, 1))[0]) for code in "123"}
    if answers["3"] != "0":
        answers["4"] = "Y"
    return _assess(year, case, answers)


def _assess(year, case, answers):
    """Fill a form in with ``answers``, and complete it."""
    form = year.test._make_assessment(
        case.student_id, answers, year.instrument, user=year.one(year.psychologists)
    )
    form.missing_reason = "未作答"
    form.action_complete()
    return f"{case.name} {form.proposal}"


@action(0.4)
def assess_refused(year):
    """Record that a form was refused."""
    case = year.open_case()
    if not case:
        return None
    form = year.test._make_assessment(
        case.student_id, {}, year.instrument, user=year.one(year.psychologists)
    )
    form.missing_reason = "家长不同意"
    form.action_refuse()
    return case.name


def _decide(year, accept):
    """Decide on a proposed level."""
    form = year.open_record("crisis.assessment", proposal="pending")
    if not form:
        case = year.open_case([("risk_level", "not in", ("orange", "red"))])
        if case:
            # a total that stands for orange
            _assess(year, case, {"1": "3", "2": "0", "3": "0"})
            form = year.open_record("crisis.assessment", proposal="pending")
    if form:
        form.with_user(year.one(year.triagers))._decide(accept, "会商决定")
    return form.name


@action(1)
def decide_accept(year):
    """Accept a proposed level."""
    return _decide(year, True)


@action(1)
def decide_decline(year):
    """Decline a proposed level."""
    return _decide(year, False)


# plans and measures


@action(1)
def plan_write(year):
    """Write a plan, with measures of all roles."""
    case = year.open_case([("plan_ids", "not any", [("state", "in", ("draft", "waiting"))])])
    if not case:
        return None
    measures = [
        {
            "kind": "class",
            "title": "支持措施",
            "user_id": year.one(year.everybody).id,
            "date_due": local_day(year, year.random.randint(1, 20)),
        }
        for _number in range(year.random.randint(1, 3))
    ]
    plan = year.test._make_plan(
        case, user=year.one(year.psychologists), measure_ids=commands(*measures)
    )
    return plan.name


@action(1)
def plan_submit(year):
    """Ask for approval, or put the plan in force where nobody approves."""
    plan = year.open_record(
        "crisis.plan",
        [("state", "=", "draft"), ("measure_ids", "any", [("state", "!=", "cancelled")])],
    )
    if plan:
        plan.with_user(year.one(year.psychologists)).action_submit()
    return plan.name


def _approver(year, record):
    """Return a principal who neither wrote the record nor asked for it."""
    return year.one(year.principals - record.create_uid - record.asked_by_id)


@action(1.5)
def plan_approve(year):
    """Approve a plan."""
    plan = year.open_record("crisis.plan", state="waiting")
    if plan:
        plan.with_user(_approver(year, plan)).action_approve("同意")
    return plan.name


@action(0.6)
def plan_refuse(year):
    """Give a plan back."""
    plan = prepared(year, "crisis.plan", ["plan_write", "plan_submit"], state="waiting")
    if plan:
        plan.with_user(_approver(year, plan)).action_refuse("请补充")
    return plan.name


@action(0.6)
def plan_revise(year):
    """Write the next version of the plan in force."""
    plan = year.open_record(
        "crisis.plan",
        [
            ("state", "=", "active"),
            ("case_id.plan_ids", "not any", [("state", "in", ("draft", "waiting"))]),
        ],
    )
    if plan:
        plan.with_user(year.one(year.psychologists)).action_revise()
    return plan.name


@action(0.7)
def measure_add(year):
    """Plan a measure outside of a plan."""
    case = year.open_case()
    return case and year.new(
        "crisis.measure",
        year.one(year.psychologists),
        case_id=case.id,
        title="临时措施",
        user_id=year.one(year.everybody).id,
        date_due=local_day(year, year.random.randint(-1, 15)),
    )


@action(0.6)
def measure_move(year):
    """Give a measure another day or owner; a late one too, and back to the same day."""
    measure = year.open_record("crisis.measure", [("state", "in", ("todo", "doing"))])
    if not measure:
        return None
    mine = measure.with_user(year.one(year.planners))
    what = year.random.randrange(3)
    if what != 0:
        mine.user_id = year.one(year.everybody)
    if what != 1:
        before = mine.date_due
        mine.date_due = local_day(year, year.random.randint(-2, 15))
        if year.chance(0.3):
            mine.date_due = before
    return measure.name


@action(0.8)
def measure_start(year):
    """The owner begins."""
    measure = year.open_record("crisis.measure", state="todo")
    if measure:
        measure.with_user(measure.user_id).action_start()
    return measure.name


@action(2)
def measure_done(year):
    """The owner, of any role, says what was done."""
    measure = year.open_record("crisis.measure", [("state", "in", ("todo", "doing"))])
    if measure:
        mine = measure.with_user(measure.user_id)
        mine.result = "已完成"
        mine.action_done()
    return measure.name


@action(0.5)
def measure_cancel(year):
    """Those who write plans call a measure off."""
    measure = year.open_record("crisis.measure", [("state", "in", ("draft", "todo", "doing"))])
    if measure.plan_id.state == "waiting":
        return None
    if measure:
        mine = measure.with_user(year.one(year.planners))
        mine.result = "不再需要"
        mine.action_cancel()
    return measure.name


# sessions


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
    mine.write(
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
    session = year.pick("crisis.session", state="signed", summary=False)
    if session:
        session.with_user(session.user_id).action_release_summary()
    return session.name


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


# guardians


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
    waiver.with_user(year.one(year.planners)).action_submit()
    return waiver.name


@action(0.6)
def waiver_approve(year):
    """Approve it."""
    waiver = prepared(year, "crisis.guardian.waiver", ["waiver_submit"], state="waiting")
    if waiver:
        waiver.with_user(_approver(year, waiver)).action_approve("同意")
    return waiver.name


@action(0.4)
def waiver_refuse(year):
    """Refuse it."""
    waiver = prepared(year, "crisis.guardian.waiver", ["waiver_submit"], state="waiting")
    if waiver:
        waiver.with_user(_approver(year, waiver)).action_refuse("理由不足")
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


# doctor, referral, law


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
    referral.with_user(year.one(year.psychologists)).action_submit()
    return referral.name


@action(0.8)
def referral_approve(year):
    """Approve a referral."""
    referral = year.open_record("crisis.referral", state="waiting")
    if referral:
        referral.with_user(_approver(year, referral)).action_approve("同意")
    return referral.name


@action(0.4)
def referral_refuse(year):
    """Give a referral back."""
    referral = prepared(year, "crisis.referral", ["referral_submit"], state="waiting")
    if referral:
        referral.with_user(_approver(year, referral)).action_refuse("请补充")
    return referral.name


@action(0.8)
def referral_send(year):
    """Send the letter."""
    referral = year.open_record("crisis.referral", state="approved")
    if referral:
        referral.with_user(year.one(year.psychologists)).action_send()
    return referral.name


SENDING = ["referral_submit", "referral_approve", "referral_send"]


def centre(year):
    """Return the id of the district centre."""
    return year.test.district_centre.id


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


# reviews, return to school


def _review(year, case, decision, **values):
    """Sign a review."""
    user = year.one(year.psychologists)
    return case and year.test._sign_review(case, decision, user=user, **values).name


@action(1.2)
def review_continue(year):
    """Keep the level."""
    return _review(year, year.open_case([("risk_level", "!=", False)]), "continue")


@action(0.5)
def review_up(year):
    """Raise the level by a review."""
    case = year.open_case([("risk_level", "in", LEVELS[:3])])
    return case and _review(year, case, "step_up", new_level=year.one(LEVELS[severity(case) + 1 :]))


@action(1.5)
def review_down(year):
    """Lower the level; the two highest after a fresh assessment."""
    case = year.open_case([("risk_level", "in", LEVELS[1:])])
    if case and severity(case) >= 2:
        since = year.now - timedelta(days=7)
        fresh = case.assessment_ids.filtered(lambda a: a.state == "done" and a.date_done >= since)
        if not fresh and not year.carry_out("assess", case):
            return None
        if not case.assessment_ids.filtered(lambda a: a.state == "done" and a.date_done >= since):
            return None
    return _review(year, case, "step_down")


@action(0.6)
def review_close(year):
    """Find the case ready to close."""
    return _review(year, year.open_case([("risk_level", "!=", False)]), "close")


@action(0.7)
def review_reopen(year):
    """Reopen a closed case by a review."""
    return _review(year, _reopenable(year), "reopen")


@action(0.6)
def return_submit(year):
    """Prepare a return to school and ask the principal."""
    entry = year.open_record("crisis.school.return", state="draft")
    if not entry:
        form = year.open_record("crisis.assessment", state="done")
        if not form:
            return None
        entry = year.new(
            "crisis.school.return",
            year.one(year.psychologists),
            case_id=form.case_id.id,
            date_return=local_day(year, 3),
            hospital_id=year.hospital.id,
            hospital_date=local_day(year),
            assessment_id=form.id,
            conditions="按时服药",
            schedule="第一周半日",
        )
    entry.with_user(year.one(year.psychologists)).action_submit()
    return entry.name


@action(0.6)
def return_approve(year):
    """Agree to a return."""
    entry = prepared(year, "crisis.school.return", ["assess", "return_submit"], state="waiting")
    if entry:
        entry.with_user(_approver(year, entry)).action_approve("同意")
    return entry.name


@action(0.4)
def return_refuse(year):
    """Give a return back."""
    entry = prepared(year, "crisis.school.return", ["assess", "return_submit"], state="waiting")
    if entry:
        entry.with_user(_approver(year, entry)).action_refuse("请补充")
    return entry.name


# classes


@action(0.8)
def class_nothing(year):
    """A head teacher has nothing to report."""
    entry = year.pick("crisis.class.report", state="open")
    if entry:
        entry.with_user(entry.class_id.head_teacher_ids[:1]).action_nothing()
    return entry.display_name


@action(0.5)
def class_reported(year):
    """A head teacher says that reports are filed."""
    entry = year.pick("crisis.class.report", state="open")
    if not entry:
        return None
    teacher = entry.class_id.head_teacher_ids[:1]
    year.test._make_concern(teacher, year.one(year.students))
    entry.with_user(teacher).action_reported()
    return entry.display_name
