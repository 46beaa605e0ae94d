from odoo import api, models
from odoo.tools import groupby

from ...lib import class_list

# Columns that say which existing record a row updates: such files are left to Odoo's own checks.
_UPDATE_COLUMNS = {"id", ".id"}


class CrisisStudentImport(models.AbstractModel):
    """Import of class lists: checked as a whole first, every fault named by row and column."""

    _name = "crisis.student.import"
    _description = "Import of Class Lists"

    @api.model
    def get_import_templates(self):
        """Offer the class list as a template for Odoo's import."""
        return [
            {
                "label": self.env._("Template for a class list with guardians"),
                "template": "/crisis_intervention/static/xls/class_list.xlsx",
            }
        ]

    @api.model
    def load(self, fields, data):
        """Import rows; nothing is written unless every row is right.

        :param fields: field path of each column
        :param data: rows of texts
        :return: as Odoo's ``load``: dict of ``ids`` (False on faults), ``messages``, ``nextrow``
        """
        if messages := self._cell_messages(fields, data):
            return {"ids": False, "messages": messages, "nextrow": 0}
        if _UPDATE_COLUMNS & set(fields):
            return super().load(fields, data)
        classes = self._classes_for_import(fields, data)
        faults = class_list.check(fields, data, self._known_for_import(fields, data, classes))
        if faults:
            messages = [self._import_message(fault) for fault in faults]
            return {"ids": False, "messages": messages, "nextrow": 0}
        if not classes:
            return super().load(fields, data)
        # Odoo would search the class anew for every row, so the class is set afterwards
        column = fields.index("class_id")
        texts = [str(row[column]).strip() for row in class_list.student_rows(fields, data)]
        result = super().load(
            [*fields[:column], *fields[column + 1 :]],
            [[*row[:column], *row[column + 1 :]] for row in data],
        )
        for text, pairs in groupby(
            zip(texts, result["ids"] or [], strict=False), key=lambda pair: pair[0]
        ):
            if text:
                self.browse(id_ for _text, id_ in pairs).write({"class_id": classes[text].id})
        return result

    @api.model
    def _classes_for_import(self, fields, data):
        """Return dict of each class text of the file to the classes it may mean."""
        if "class_id" not in fields:
            return {}
        column = fields.index("class_id")
        texts = {str(row[column] or "").strip() for row in data} - {""}
        return {
            text: self.env["crisis.class"].search(
                [("display_name", "=", text), ("company_id", "=", self.env.company.id)]
            )
            for text in texts
        }

    @api.model
    def _known_for_import(self, fields, data, classes):
        """Return what the rows are compared with, in a constant number of queries."""
        columns = {
            name: {str(row[position] or "").strip() for row in data}
            for position, name in enumerate(fields)
        }
        archived_too = self.with_context(active_test=False)
        known = {}
        for field in ("student_number", "national_number"):
            values = columns.get(field, set()) - {""}
            found = archived_too.search_fetch(
                [(field, "in", list(values)), ("company_id", "=", self.env.company.id)], [field]
            )
            known[field] = set(found.mapped(field))
        return class_list.Known(
            numbers=known["student_number"],
            national_numbers=known["national_number"],
            classes={text: len(found) for text, found in classes.items()},
            selections={
                "gender": self._selection_texts(self._fields["gender"]),
                "guardian_ids/relation": self._selection_texts(
                    self.env["crisis.guardian"]._fields["relation"]
                ),
            },
        )

    @api.model
    def _selection_texts(self, field):
        """Return codes and labels of a selection in lower case, in English and the user's language."""
        texts = set()
        for env in (self.env, self.with_context(lang="en_US").env):
            for code, label in field._description_selection(env):
                texts |= {code.lower(), label.lower()}
        return texts

    @api.model
    def _import_message(self, fault):
        """Return one message of Odoo's import for ``fault``; it quotes no cell."""
        texts = {
            "missing": self.env._("is empty, but it is needed"),
            "double": self.env._("stands in this file twice"),
            "known": self.env._("is registered already"),
            "invalid": self.env._("is not a valid national student number"),
            "date": self.env._("is not a date; write it like 2016-09-30"),
            "choice": self.env._("is none of the possible values"),
            "unknown": self.env._("is no class of this school; set up the class first"),
            "several": self.env._("may mean several classes; write grade and class, like 3年级2班"),
            "phone": self.env._("is not a phone number (6 to 15 digits)"),
            "second_primary": self.env._("is set for two guardians of one student"),
        }
        model, name = self, fault.column
        if name.startswith(class_list.GUARDIAN):
            model, name = self.env["crisis.guardian"], name.removeprefix(class_list.GUARDIAN)
        label = model._fields[name]._description_string(self.env)
        return {
            "type": "error",
            "record": fault.row,
            "rows": {"from": fault.row, "to": fault.row},
            "field": fault.column.split("/")[0],
            "field_name": label,
            "message": self.env._(
                "Row %(row)s, column “%(column)s”: %(problem)s.",
                row=fault.row + 1,
                column=label,
                problem=texts[fault.code],
            ),
        }
