from functools import partial

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...lib import limits


class CrisisInput(models.AbstractModel):
    """What is typed in, uploaded or sent: judged as a whole before anything is done with it.

    All that is wrong is told at once, field by field, and what to do. The limits stand in
    ``lib.limits``. Here pass forms, lines, dialogs, imports and programs.
    """

    _name = "crisis.input"
    _description = "Judgement of What Is Typed In"

    # dates that are over, such as of a birth
    _past_fields = frozenset()

    @api.model
    def _judge(self):
        """Return dict of a type of field to the function that returns what is wrong with a value."""
        return {
            "char": partial(limits.text_fault, limit=limits.LINE),
            "text": limits.text_fault,
            "html": limits.text_fault,
            "integer": limits.whole_fault,
            "many2one_reference": limits.whole_fault,
            "float": limits.number_fault,
            "monetary": limits.number_fault,
            "date": partial(limits.moment_fault, parse=fields.Date.to_date),
            "datetime": partial(limits.moment_fault, parse=fields.Datetime.to_datetime),
            "json": limits.document_fault,
            "many2one": limits.link_fault,
            "reference": limits.reference_fault,
            "one2many": limits.lines_fault,
            "many2many": limits.lines_fault,
            "binary": limits.file_fault,
        }

    @api.model
    def _input_fault(self, field, value, whole):
        """Return the code of what is wrong with ``value`` for ``field``, "" where nothing is.

        :param bool whole: what has to be filled in has to be there
        """
        if value is None or value is False or value in ("", b""):
            is_text = field.type in (
                "char",
                "text",
                "html",
                "date",
                "datetime",
                "json",
                "selection",
            )
            return "blank" if whole and field.required and is_text else ""
        if field.type == "selection":
            known = field._selection
            return "" if known is None or value in list(map(str, known)) else "choice"
        judge = self._judge().get(field.type)
        if not judge:
            return ""
        if field.name in self._past_fields:
            judge = partial(judge, today=fields.Date.context_today(self))
        fault = judge(value)
        is_line = field.type in ("char", "text") and isinstance(value, str)
        if not fault and whole and field.required and is_line and limits.is_blank(value):
            return "blank"
        return fault

    @api.model
    def _check_input(self, vals_list, whole=True):
        """Check what is typed into fields that people fill in, or handed on by our own code.

        :param vals_list: list of dicts
        :param bool whole: what has to be filled in has to be there; a form that is being filled in
            need not be whole
        :raises ValidationError: names each field, what is wrong with it and what to do
        """
        entered = self._client_fields()
        faults = {}
        for vals in vals_list:
            for name, value in vals.items():
                field = self._fields.get(name)
                if field is None or name == "id":
                    continue
                if name in entered:
                    fault = self._input_fault(field, value, whole)
                else:
                    # what was handed to a button: only what cannot be kept at all
                    is_text = isinstance(value, str) and field.type in ("char", "text", "html")
                    fault = is_text and limits.text_fault(value)
                if fault:
                    faults.setdefault(name, fault)
        # of a field that the user may not write, access is refused
        faults = {
            n: f for n, f in faults.items() if self._has_field_access(self._fields[n], "write")
        }
        if faults:
            raise ValidationError(self._input_message(faults))

    @api.model
    def _input_message(self, faults):
        """Return what is wrong, line by line.

        :param faults: dict of the name of a field to a code of ``lib.limits``
        """
        return "\n".join(
            self.env._(
                "%(field)s: %(problem)s",
                field=self._fields[name]._description_string(self.env),
                problem=self._fault_text(fault, self._fields[name]),
            )
            for name, fault in faults.items()
        )

    @api.model
    def _fault_text(self, fault, field):
        """Return in a sentence what is wrong, and what to do.

        :param field: the field, None for a column of a file
        """
        limit = limits.LINE if field is None or field.type == "char" else limits.TEXT
        first, last = limits.YEARS
        texts = {
            "blank": self.env._("nothing is written here. Please fill it in."),
            "characters": self.env._(
                "there are characters in it that cannot be kept, such as from a damaged file. "
                "Please type it anew."
            ),
            "long": self.env._(
                "it is too long. Please shorten it to %(limit)s characters, or attach a file.",
                limit=limit,
            ),
            "text": self.env._("this is not a text. Please type it anew."),
            "whole": self.env._("this is not a whole number. Please enter one, such as 12."),
            "number": self.env._("this is not a number. Please enter one, such as 12.5."),
            "large": self.env._("this number is too large. Please check it."),
            "date": self.env._("this is not a date. Please enter one, such as 2026-09-01."),
            "year": self.env._(
                "the year is not possible. Please enter one from %(first)s to %(last)s.",
                first=first,
                last=last,
            ),
            "future": self.env._("this day is still to come. Please check the date."),
            "choice": self.env._("this is none of the possible values. Please choose one of them."),
            "link": self.env._("this names no record. Please choose one from the list."),
            "lines": self.env._("these lines cannot be read. Please reload, and enter them anew."),
            "document": self.env._(
                "what was filled in cannot be kept: too much, or damaged. Please reload, and fill "
                "it in anew."
            ),
            "file": self.env._("the file did not arrive whole. Please attach it anew."),
            "empty": self.env._(
                "there are no rows in this file below the headings. Please fill it in, and try again."
            ),
        }
        return texts[fault]

    @api.model
    def _trimmed(self, vals):
        """Return values with nothing blank around single lines; texts stay as they were typed."""
        lines = {
            name: value.strip()
            for name, value in vals.items()
            if isinstance(value, str)
            and value != value.strip()
            and name in self._fields
            and self._fields[name].type == "char"
        }
        return {**vals, **lines} if lines else vals

    @api.model_create_multi
    def create(self, vals_list):
        """Create from what can be kept.

        :raises ValidationError: see ``_check_input``
        """
        self._check_input(vals_list)
        return super().create([self._trimmed(vals) for vals in vals_list])

    def write(self, vals):
        """Write what can be kept.

        :raises ValidationError: see ``_check_input``
        """
        self._check_input([vals])
        return super().write(self._trimmed(vals))

    def web_save(self, vals, specification, next_id=None):
        """Save a form; it is judged before our own code reads what is in it.

        :raises ValidationError: see ``_check_input``
        """
        self._check_input([vals])
        return super().web_save(vals, specification, next_id)

    def onchange(self, values, field_names, fields_spec):
        """Compute a form that is being filled in: from what can be kept.

        :raises ValidationError: see ``_check_input``
        """
        self._check_input([values], whole=False)
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def load(self, fields, data):
        """Import rows, where every cell can be kept; Odoo would search by what is in them.

        :return: as Odoo's ``load``
        """
        messages = self._cell_messages(fields, data)
        if messages:
            return {"ids": False, "messages": messages, "nextrow": 0}
        return super().load(fields, data)

    @api.model
    def _cell_messages(self, columns, data):
        """Return what is wrong with the cells of a file, as messages of Odoo's import.

        They quote no cell.
        """
        if not any(any(row) for row in data):
            return [self._cell_message(0, columns[0] if columns else "", "empty")]
        messages = []
        for number, row in enumerate(data):
            for name, cell in zip(columns, row, strict=False):
                fault = limits.text_fault(cell) if isinstance(cell, str) else ""
                if fault:
                    messages.append(self._cell_message(number, name, fault))
        return messages

    @api.model
    def _cell_message(self, row, column, fault):
        """Return a message of Odoo's import about one cell."""
        field = self._fields.get(column.split("/")[0])
        label = field._description_string(self.env) if field else column
        return {
            "type": "error",
            "record": row,
            "rows": {"from": row, "to": row},
            "field": column.split("/")[0],
            "field_name": label,
            "message": self.env._(
                "Row %(row)s, column “%(column)s”: %(problem)s",
                row=row + 1,
                column=label,
                problem=self._fault_text(fault, None if fault != "long" else field),
            ),
        }
