from odoo import api, models

from .. import class_list

# Columns that say which existing record a row updates: such files are left to Odoo's own checks.
_UPDATE_COLUMNS = {"id", ".id"}


class CrisisStudent(models.Model):
    """Import of class lists: checked as a whole first, every fault named by row and column."""

    _inherit = "crisis.student"

    @api.model
    def load(self, fields, data):
        """Import rows; nothing is written unless every row is right.

        :param fields: field path of each column
        :param data: rows of texts
        :return: as Odoo's ``load``: dict of ``ids`` (False on faults), ``messages``, ``nextrow``
        """
        if not _UPDATE_COLUMNS & set(fields):
            faults = class_list.check(fields, data, self._known_for_import(fields, data))
            if faults:
                messages = [self._import_message(fault) for fault in faults]
                return {"ids": False, "messages": messages, "nextrow": 0}
        return super().load(fields, data)

    @api.model
    def _known_for_import(self, fields, data):
        """Return what the rows are compared with, in a number of queries that does not depend on
        the number of rows (one per different class)."""
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
        classes = self.env["crisis.class"]
        counts = {
            text: classes.search_count([("display_name", "=", text)])
            for text in columns.get("class_id", set()) - {""}
        }
        return class_list.Known(
            numbers=known["student_number"],
            national_numbers=known["national_number"],
            classes=counts,
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
