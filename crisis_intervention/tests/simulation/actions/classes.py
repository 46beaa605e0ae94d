"""Regular reports of classes."""

from ..registry import action


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
