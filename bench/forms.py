"""Storing and scoring filled forms: our batch next to Odoo's survey app, in one database."""

import statistics
import time
from datetime import date

from odoo import Command, api
from odoo.addons.crisis_intervention.role_confirmations import take_over
from odoo.modules.registry import Registry

ITEMS = 9
LETTERS = ("0", "1", "2", "3")


def _instrument(env):
    """Return a published instrument of nine items with answers 0 to 3, as PHQ-9 has."""
    label = {"": "x"}
    tree = {
        "code": "bench",
        "version": "1",
        "kind": "questionnaire",
        "name": {"": "Bench"},
        "informants": ["student"],
        "options": [{"code": c, "score": float(c), "label": label} for c in LETTERS],
        "items": [{"code": str(n), "kind": "choice", "text": label} for n in range(1, ITEMS + 1)],
        "scales": [
            {
                "code": "total",
                "name": label,
                "total": True,
                "rule": "sum",
                "items": [str(n) for n in range(1, ITEMS + 1)],
            }
        ],
        "bands": [
            {"scale": "total", "low": low, "high": high, "name": label}
            for low, high in ((0.0, 4.0), (5.0, 9.0), (10.0, 14.0), (15.0, 19.0), (20.0, 27.0))
        ],
    }
    instrument = env["crisis.instrument"]._create_from_tree(tree, env.company)
    instrument.action_publish()
    return instrument


def _survey(env):
    """Return a scored survey of the same nine questions."""
    return env["survey.survey"].create(
        {
            "title": "Bench",
            "scoring_type": "scoring_without_answers",
            "question_and_page_ids": [
                Command.create(
                    {
                        "title": str(number),
                        "question_type": "simple_choice",
                        "suggested_answer_ids": [
                            Command.create(
                                {"value": code, "answer_score": float(code), "is_correct": True}
                            )
                            for code in LETTERS
                        ],
                    }
                )
                for number in range(ITEMS)
            ],
        }
    )


def _ours(env, instrument, students, turn):
    """Store one form per student."""
    forms = [
        {
            "student_id": student_id,
            "answers": {
                str(item): LETTERS[(number + item + turn) % 4] for item in range(1, ITEMS + 1)
            },
            "informant": "student",
            "date": date(2026, 9, 1),
        }
        for number, student_id in enumerate(students)
    ]
    begin = time.perf_counter()
    env["crisis.assessment"]._record_batch(instrument, forms)
    env.flush_all()
    return time.perf_counter() - begin


def _theirs(env, survey, count, turn):
    """Store as many participants of the survey, in one create."""
    questions = [(q.id, q.suggested_answer_ids.ids) for q in survey.question_ids]
    values = [
        {
            "survey_id": survey.id,
            "state": "done",
            "user_input_line_ids": [
                Command.create(
                    {
                        "survey_id": survey.id,
                        "question_id": question,
                        "answer_type": "suggestion",
                        "suggested_answer_id": answers[(number + index + turn) % 4],
                    }
                )
                for index, (question, answers) in enumerate(questions)
            ],
        }
        for number in range(count)
    ]
    begin = time.perf_counter()
    inputs = env["survey.user_input"].create(values)
    inputs.mapped("scoring_total")
    env.flush_all()
    return time.perf_counter() - begin


def measure(database: str, count: int, rounds: int) -> dict:
    """Time both in turn, as ordinary users, everything rolled back at the end.

    :param database: has the addon and survey installed
    :return: dict of title to median milliseconds per form
    """
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, api.SUPERUSER_ID, {"no_reset_password": True})
        users = env["res.users"]
        groups = ("crisis_intervention.group_psychology_teacher", "survey.group_survey_manager")
        teacher, surveyor = (
            users.create(
                {
                    "name": g,
                    "login": g,
                    "group_ids": [Command.set((env.ref("base.group_user") | env.ref(g)).ids)],
                    "email": "x@x.x",
                }
            )
            for g in groups
        )
        take_over(env, teacher, tell=False)
        classes = env["crisis.class"].create({"name": "bench", "grade": 5})
        students = env["crisis.student"].create(
            [{"name": f"S{n}", "class_id": classes.id} for n in range(count)]
        )
        instrument, survey = _instrument(env), _survey(env)
        env.flush_all()
        spent = {"crisis_intervention": [], "survey": []}
        for turn in range(rounds + 1):
            env.invalidate_all()
            ours = _ours(env(user=teacher), instrument, students.ids, turn)
            env.invalidate_all()
            theirs = _theirs(env(user=surveyor), survey, count, turn)
            if turn:  # the first one warms up
                spent["crisis_intervention"].append(ours)
                spent["survey"].append(theirs)
        cr.rollback()
    return {title: statistics.median(times) / count * 1000 for title, times in spent.items()}


def report(figures: dict, count: int) -> None:
    """Print milliseconds per form and their ratio."""
    ours, theirs = figures["crisis_intervention"], figures["survey"]
    print(f"\n{count} forms of {ITEMS} items, stored and scored in one batch: median ms per form")
    print(f"crisis_intervention  {ours:8.3f}")
    print(f"survey               {theirs:8.3f}   {theirs / ours:.0f} times as long")
