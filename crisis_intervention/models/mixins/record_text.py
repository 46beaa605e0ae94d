"""Records as lines of label and text, for people who read them outside of a form."""

from odoo.tools import format_date, format_datetime

# Kinds of fields that have no text of their own.
_NO_TEXT = frozenset(("binary", "one2many", "html", "json", "many2one_reference", "reference"))


def lines(record, names):
    """Return what ``record`` says, in the order of its form.

    :param record: one record, in the environment whose rights and language count
    :param names: fields to tell; those without a text or without a value are left out
    :return: list of (label, text)
    """
    record.ensure_one()
    result = []
    for name, field in record._fields.items():
        if name not in names or field.type in _NO_TEXT:
            continue
        text = text_of(record, field)
        if text:
            result.append((field._description_string(record.env), text))
    return result


def text_of(record, field):
    """Return the value of one field as the user's language writes it, "" for none."""
    value = record[field.name]
    if field.type == "boolean":
        return record.env._("Yes") if value else ""
    if not value and field.type not in ("integer", "float"):
        return ""
    if field.type == "datetime":
        return format_datetime(record.env, value)
    if field.type == "date":
        return format_date(record.env, value)
    if field.type in ("integer", "float"):
        return f"{value:g}"
    if field.type in ("many2one", "many2many"):
        return ", ".join(value.mapped("display_name"))
    if field.type == "selection":
        return dict(field._description_selection(record.env)).get(value, "")
    return str(value)
