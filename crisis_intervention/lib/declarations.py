"""What a kind of record declares about itself, so that the core collects it and names no kind.

Labels are lazy translations (``LazyTranslate``): declarations are cached for all users, and are put
into the reader's language when they are shown.
"""

from dataclasses import dataclass
from typing import Any

Condition = tuple[str, str, Any]


@dataclass(frozen=True)
class Event:
    """Something that happens to a record and stands in the timeline of its case.

    :ivar code: unique among all kinds, stored with each line of the timeline
    :ivar label: lazy translation, e.g. "Report"
    :ivar moment: field that holds when it happened; no line while it is empty
    :ivar person: field that holds who did it
    :ivar states: values of ``state_field`` with which it counts; empty for any
    :ivar icon: class of the picture beside it
    :ivar state_field: name of the field that says whether it counts
    """

    code: str
    label: Any
    moment: str
    person: str
    states: tuple[str, ...] = ()
    icon: str = "fa-circle-o"
    state_field: str = "state"


@dataclass(frozen=True)
class Chapter:
    """A printed part of the case file.

    :ivar sequence: place in the file, in steps of ten; the core's chapters run from 10 to 990
    :ivar report: full XML id of the ``ir.actions.report``
    :ivar domain: which records of its model belong into the file, as a list of conditions
    :ivar unless: groups whose members get another chapter with the same content in it
    """

    sequence: int
    report: str
    domain: tuple[Condition, ...] = ()
    unless: str = ""


@dataclass(frozen=True)
class Step:
    """A kind of deadline in a case.

    :ivar code: stored in ``crisis.deadline.kind``
    :ivar label: lazy translation
    :ivar activity: full XML id of the ``mail.activity.type`` that its owner gets
    :ivar sequence: place in lists of steps
    :ivar context: context with which the form of its record is opened, as (key, value) pairs
    :ivar continues: state of a record that is gone on with instead of beginning a new one
    :ivar about_access: a step about access to the case: it neither holds closing up nor ends with it
    :ivar discreet: which step it is may not be known to all who read the shared part of the case
    """

    code: str
    label: Any
    activity: str
    sequence: int = 500
    context: tuple[tuple[str, Any], ...] = ()
    continues: str = ""
    about_access: bool = False
    discreet: bool = False


@dataclass(frozen=True)
class Gate:
    """Something that a stage may demand before a case leaves it.

    :ivar code: stored in ``crisis.stage.gate.code``
    :ivar label: lazy translation
    :ivar sequence: place in lists of gates
    :ivar states: states of a record of the declaring model that meet it; empty where the model
        answers by ``_cases_meeting_gate``
    """

    code: str
    label: Any
    sequence: int = 500
    states: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counter:
    """A button of the case with a number: the records of one model that the user may read.

    :ivar field: name of the integer field of ``crisis.case``, computed by ``_compute_counts``
    :ivar domain: which of the model's records are counted
    """

    field: str
    domain: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Done:
    """Something that the closing report of a case counts as done.

    :ivar domain: which of the model's records are counted
    :ivar label: lazy translation, e.g. "Sessions held"; behind the domain, as Odoo's extraction of
        terms would take the first text of a tuple that follows for one
    :ivar sequence: place in the report
    """

    domain: tuple[Condition, ...]
    label: Any
    sequence: int = 500


@dataclass(frozen=True)
class Sharing:
    """How records that may be about several children hang on cases and students.

    Both links are many2many fields of the declaring model.
    """

    cases: str = "case_ids"
    students: str = "student_ids"


@dataclass(frozen=True)
class Excerpt:
    """Which fields of the finished records of a model are given to somebody.

    :ivar fields: names of the fields; they are told in the order of the model
    :ivar domain: which of the finished records, as a list of conditions; empty for all
    :ivar sequence: place among the other kinds
    :ivar order: how the records are sorted; empty: as usual where they are given
    :ivar scope: a scope of permissions that is about this kind: it opens these records alone
    :ivar scoped: names of the fields that only permissions with this scope in them open
    """

    fields: tuple[str, ...]
    domain: tuple[Condition, ...] = ()
    sequence: int = 500
    order: str = ""
    scope: str = ""
    scoped: tuple[str, ...] = ()
