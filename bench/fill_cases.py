"""Fills crisis.case: classes, students with their class history, cases with five deadlines."""

from odoo.addons.crisis_intervention.signatures import sign_existing
from pypinyin import lazy_pinyin

from .texts import SPARE, person, picked

CLASS_SIZE = 40

# Per ten cases: three blue, four yellow, two orange, one red.
_LEVELS = ["blue"] * 3 + ["yellow"] * 4 + ["orange"] * 2 + ["red"]
_SEVERITY = {"blue": 1, "yellow": 2, "orange": 3, "red": 4}
_STEPS = ["first_contact", "guardian", "assessment", "plan", "review"]

# Confidential background of every case.
BACKGROUND = "Text. " * 40


def _classes_and_students(filler) -> int:
    """Fill classes and students; return the id base of the students."""
    env = filler.env
    total = filler.count + SPARE
    class_ = env["crisis.class"].create(
        {"name": "Proto", "grade": 1, "psychology_teacher_id": filler.users["psychology"][0]}
    )
    student = env["crisis.student"].create({"name": "Proto", "class_id": class_.id})
    classes = filler.clone(
        "crisis_class",
        class_.ids,
        total // CLASS_SIZE + 1,
        grade="1 + n % 12",
        name="1 + n / 12 || '班'",
    )
    students = filler.clone(
        "crisis_student",
        student.ids,
        total,
        name=person(),
        pinyin=person(lazy_pinyin),
        pinyin_initials=person(lambda texts: [part[0] for part in lazy_pinyin(texts)]),
        student_number="lpad(n::text, 8, '0')",
        class_id=f"{classes} + 1 + (n - 1) / {CLASS_SIZE}",
    )
    filler.clone(
        "crisis_class_membership",
        student.membership_ids.ids,
        total,
        student_id=f"{students} + n",
        class_id=f"{classes} + 1 + (n - 1) / {CLASS_SIZE}",
    )
    head_teacher = filler.users["head_teacher"][0]
    env["crisis.class"].browse([classes + 1, classes + 2]).write(
        {"head_teacher_ids": [(4, head_teacher)]}
    )
    return students


def _protos(filler, stages) -> list[dict]:
    """Return the values of one case per stage, each with a student of its own."""
    students = filler.env["crisis.student"].create([{"name": f"Proto {s.id}"} for s in stages])
    return [
        {
            "student_id": student.id,
            "stage_id": stage.id,
            "user_id": filler.users["psychology"][0],
            "risk_level": "yellow",
            "verified_at": "2026-01-01 00:00:00",
            "outcome": "recovered" if stage.closed else False,
            "closing_summary": "Well again." if stage.closed else False,
            "shared_advice": "Seat in front, no questions in class.",
            "background": BACKGROUND,
        }
        for student, stage in zip(students, stages, strict=True)
    ]


def _seal(filler, base: int) -> None:
    """Seal the background of each case: a sealed text that was copied with its row does not open."""
    cases = filler.env["crisis.case"]
    field = cases._fields["background"]
    rows = [
        (id_, field.convert_to_column_insert(BACKGROUND, cases, {"id": id_}))
        for id_ in range(base + 1, base + filler.count + 1)
    ]
    filler.cr.execute_values(
        "UPDATE crisis_case c SET background = v.text FROM (VALUES %s) AS v (id, text)"
        " WHERE c.id = v.id",
        rows,
        page_size=1000,
    )


def fill_cases(filler) -> dict:
    """Fill crisis.case; return what the timing must know."""
    cr = filler.cr
    students = _classes_and_students(filler)
    stages = filler.env["crisis.stage"].search([])
    # cases are filled without the records behind them
    gates = ("assessment", "plan", "plan_approval", "session", "review")
    filler.env["crisis.stage.gate"].search([("code", "in", gates)]).unlink()
    # by tens within a stage, so that every stage has every level
    turn = f"n / {len(stages)}"
    opened = "now() AT TIME ZONE 'UTC' - (n % 60) * interval '1 day'"
    base = filler.records(
        "psychology",
        "crisis.case",
        _protos(filler, stages),
        name="'CI/2020/' || lpad(n::text, 6, '0')",
        student_id=f"{students} + n",
        class_id=f"(SELECT class_id FROM crisis_student WHERE id = {students} + n)",
        risk_level=picked(_LEVELS, turn),
        severity=picked([_SEVERITY[level] for level in _LEVELS], turn) + "::int",
        medical_involved="n % 9 = 0",
        date_opened=opened,
        clock_start=opened,
    )
    _seal(filler, base)
    company = filler.env.company.id
    for number, step in enumerate(_STEPS):
        # a case in stage s has done its first s steps; the review is always ahead
        order = f"(ARRAY{list(range(len(stages)))})[1 + n % {len(stages)}]"
        done = f"{order} > {number} AND '{step}' <> 'review'"
        cr.execute(
            f"""INSERT INTO crisis_deadline
                       (case_id, company_id, kind, date_due, date_done, done_by_id,
                        create_uid, create_date, write_uid, write_date)
                SELECT {base} + n, {company}, '{step}',
                       {opened} + {number + 1} * interval '8 days',
                       CASE WHEN {done} THEN {opened} + interval '1 day' END,
                       CASE WHEN {done} THEN {filler.users["psychology"][0]} END,
                       1, {opened}, 1, {opened}
                  FROM generate_series(1, {filler.count}) n"""
        )
    cr.execute(
        """UPDATE crisis_case c
              SET next_deadline = d.due, next_step = d.kind, open_step_count = d.steps
             FROM (SELECT case_id, min(date_due) AS due, count(*) AS steps,
                          (array_agg(kind ORDER BY date_due, id))[1] AS kind
                     FROM crisis_deadline WHERE date_done IS NULL GROUP BY case_id) d
            WHERE d.case_id = c.id AND c.date_closed IS NULL"""
    )
    filler.env.invalidate_all()
    # closed ones, which the ORM would have signed
    sign_existing(filler.env)
    # filled past the ORM, so the timeline has not followed
    filler.env["crisis.chronology"]._write_anew()
    return {
        "model": "crisis.case",
        "stages": stages.ids,
        "domain": [],
        "context": {},
        "new": [
            {"student_id": students + filler.count + 1 + n, "risk_level": "yellow"}
            for n in range(SPARE)
        ],
    }
