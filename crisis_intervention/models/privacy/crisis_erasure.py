from contextlib import ExitStack

from odoo import api, fields, models
from odoo.tools import SQL

from ... import signatures
from ...sealed_fields import Sealed

# What stands where the database wants a text and none is left.
NOTHING = "—"
STUDENT = "crisis.student"
_TEXTS = frozenset(("char", "text", "html"))
_SKIPPED = frozenset(("id", "create_uid", "create_date", "write_uid", "write_date", "active"))


class CrisisErasure(models.AbstractModel):
    """Anonymises what is kept about a child: which records, which columns, and how.

    It finds the records by the links of the models themselves, so that a new kind of record below
    a case is covered from its first day. Texts, files, messages and names go; kinds, levels and
    dates stay for the statistics, without anything that leads to a person.
    """

    _name = "crisis.erasure"
    _description = "Erasure of Personal Data"

    @api.model
    def _erasable(self):
        """Return the names of all kinds of record that do not outlive what they are about."""
        kinds = ((name, self.env[name]) for name in self.env["crisis.record"]._kinds())
        return [name for name, model in kinds if model._auto and not model._outlives_erasure]

    @api.model
    def _shared(self):
        """Return dict of models that may be about several children to how (``Sharing``)."""
        return dict(self.env["crisis.record"]._collected("_case_sharing"))

    @api.model
    def _links(self):
        """Return dict of model to the fields by which its records belong to what is erased.

        That is a case, a report or an emergency.

        A model that names a student belongs through its case; one that does not, through every
        link it cannot be without.
        """
        stored = {
            name: [f for f in self.env[name]._fields.values() if f.type == "many2one" and f.store]
            for name in self._erasable()
        }
        links = {"crisis.case": [], **{model: [] for model in self._shared()}}
        grown = True
        while grown:
            grown = False
            for name, many2ones in stored.items():
                if name in links:
                    continue
                own = any(field.comodel_name == STUDENT for field in many2ones)
                found = [
                    field.name
                    for field in many2ones
                    if field.comodel_name in links
                    and (field.comodel_name == "crisis.case" if own else field.required)
                ]
                if found:
                    links[name] = found
                    grown = True
        return links

    @api.model
    def _student_link(self, model):
        """Return the name of the field by which ``model`` names a student, or None."""
        for field in self.env[model]._fields.values():
            if field.type == "many2one" and field.store and field.comodel_name == STUDENT:
                return field.name
        return None

    @api.model
    def _directory(self):
        """Return the models that belong to a student directly, not through a case."""
        links = self._links()
        return [name for name in self._erasable() if name not in links and self._student_link(name)]

    @api.model
    def _below(self, found):
        """Add to ``found`` (dict of model to records) whatever belongs to them, and return it."""
        links = self._links()
        grown = True
        while grown:
            grown = False
            for name, names in links.items():
                records = found.get(name, self._all(name))
                for link in names:
                    comodel = records._fields[link].comodel_name
                    if found.get(comodel):
                        records |= self._all(name).search([(link, "in", found[comodel].ids)])
                if len(records) > len(found.get(name, ())):
                    found[name] = records
                    grown = True
        return {name: records for name, records in found.items() if records}

    @api.model
    def _all(self, model):
        """Return the model with archived records."""
        # sudo: destruction is approved and witnessed, and carried out by the system
        return self.env[model].sudo().with_context(active_test=False)

    @api.model
    def _erase(self, records, anonymous):
        """Empty ``records`` for good, past all locks, and remove what hangs on them.

        :param records: records of one model
        :param anonymous: ``crisis.student`` that stands in for whoever they were about
        :return: dict of counts: attachments, messages, activities
        """
        counts = self._remove_around(records)
        self.env.flush_all()
        columns = [
            SQL("%s = %s", SQL.identifier(name), value)
            for name, value in self._emptied(records, anonymous).items()
        ]
        if columns:
            # past the locks of signed records and append-only additions, on purpose
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s WHERE id IN %s",
                    SQL.identifier(records._table),
                    SQL(", ").join(columns),
                    tuple(records.ids),
                )
            )
        self._seal_nothing(records)
        for field in records._fields.values():
            if (
                field.type == "many2many"
                and field.store
                and field.comodel_name in (STUDENT, "crisis.guardian", "ir.attachment")
            ):
                self.env.cr.execute(
                    SQL(
                        "DELETE FROM %s WHERE %s IN %s",
                        SQL.identifier(field.relation),
                        SQL.identifier(field.column1),
                        tuple(records.ids),
                    )
                )
        self.env.invalidate_all()
        return counts

    @api.model
    def _seal_nothing(self, records):
        """Seal what stands where the database wants a text, for each record, as it opens nowhere else."""
        for name, field in records._fields.items():
            if field.store and field.required and isinstance(field, Sealed):
                self.env.cr.execute_values(
                    f'UPDATE "{records._table}" t SET "{name}" = v.text '
                    "FROM (VALUES %s) AS v (id, text) WHERE t.id = v.id",
                    [
                        (id_, field.convert_to_column_insert(NOTHING, records, {"id": id_}))
                        for id_ in records.ids
                    ],
                    page_size=len(records),
                )

    @api.model
    def _emptied(self, records, anonymous):
        """Return dict of column to what it holds afterwards; columns that stay are left out."""
        values = {}
        for name, field in records._fields.items():
            if not field.store or not field.column_type or name in _SKIPPED:
                continue
            if field.required and isinstance(field, Sealed):
                continue  # see _seal_nothing
            if field.type in _TEXTS:
                if name == "res_model" or (name == "name" and records._number_prefix):
                    continue  # references and names of models tell nothing about a child
                values[name] = NOTHING if field.required else None
            elif field.type in ("json", "binary"):
                values[name] = None
            elif field.type == "many2one" and field.comodel_name == STUDENT:
                values[name] = anonymous.id
            elif (
                field.type == "many2one"
                and not field.required
                and field.comodel_name
                in ("crisis.guardian", "crisis.class", "res.partner", "ir.attachment")
            ) or name in records._identifying_facts():
                values[name] = None
        return values

    @api.model
    def _remove_around(self, records):
        """Delete files, messages, activities, followers and appointments of ``records``."""
        of_records = [("res_model", "=", records._name), ("res_id", "in", records.ids)]
        counts = {"attachments": self._remove_files(records)}
        # sudo: see _all
        messages = (
            self.env["mail.message"]
            .sudo()
            .search([("model", "=", records._name), ("res_id", "in", records.ids)])
        )
        counts["messages"] = len(messages)
        messages.unlink()
        activities = self._all("mail.activity").search(of_records)
        counts["activities"] = len(activities)
        activities.unlink()
        self.env["mail.followers"].sudo().search(of_records).unlink()
        for field in records._fields.values():
            if field.comodel_name == "calendar.event" and field.store:
                quiet = records[field.name].with_context(no_mail_to_attendees=True)
                quiet.with_context(active_test=False).unlink()
        return counts

    @api.model
    def _remove_files(self, records):
        """Delete the files of ``records``, locked ones too, and return how many there were."""
        ids = set()
        for field in records._fields.values():
            if field.type == "many2many" and field.comodel_name == "ir.attachment":
                ids.update(records[field.name].ids)
        self.env["ir.attachment"].flush_model()
        # past the lock of submitted records, which deleting by the ORM would meet
        self.env.cr.execute(
            "DELETE FROM ir_attachment WHERE (res_model = %s AND res_id = ANY(%s)) "
            "OR id = ANY(%s) RETURNING store_fname",
            [records._name, records.ids, list(ids)],
        )
        names = [name for [name] in self.env.cr.fetchall()]
        for name in filter(None, names):
            self.env["ir.attachment"]._file_delete(name)
        return len(names)

    @api.model
    def _erase_cases(self, cases):
        """Anonymise ``cases``, reports and emergencies that no other case needs, and all below.

        :return: dict of counts for the destruction record
        """
        cases = self._all("crisis.case").browse(cases.ids)
        students = cases.student_id
        anonymous = cases.company_id._crisis_anonymous_student()
        found = {"crisis.case": cases}
        for model, sharing in self._shared().items():
            shared = self._all(model).search([(sharing.cases, "in", cases.ids)])
            needed = shared.filtered(
                lambda record, name=sharing.cases: (record[name] - cases).filtered(
                    lambda case: not case.date_destroyed
                )
            )
            found[model] = shared - needed
            # what another child's case needs stays, without the way from one to the other
            self._cut(needed, cases)
            self._cut(needed, students)
        found = self._below(found)
        counts = self._erase_all(found, anonymous)
        with signatures.changing(cases):
            self.env.cr.execute(
                "UPDATE crisis_case SET date_destroyed = %s, active = FALSE WHERE id = ANY(%s)",
                [fields.Datetime.now(), cases.ids],
            )
            self.env.invalidate_all()
        for student in students:
            self._add(counts, self._erase_student(student, anonymous))
        return counts

    @api.model
    def _cut(self, shared, records):
        """Take ``records`` (cases or students) off ``shared``, records of one model."""
        sharing = shared._case_sharing()
        name = sharing.cases if records._name == "crisis.case" else sharing.students
        link = shared._fields[name]
        self.env.flush_all()
        with signatures.changing(shared):
            self.env.cr.execute(
                SQL(
                    "DELETE FROM %s WHERE %s = ANY(%s) AND %s = ANY(%s)",
                    SQL.identifier(link.relation),
                    SQL.identifier(link.column2),
                    records.ids,
                    SQL.identifier(link.column1),
                    shared.ids,
                )
            )
            self.env["crisis.chronology"]._follow(shared)
            self.env.invalidate_all()

    @api.model
    def _erase_student(self, student, anonymous):
        """Anonymise the directory entry of a student who has left and has no file any more.

        :return: dict of counts; empty when something still needs the entry
        """
        left = not student.active or (
            student.leave_date and student.leave_date <= fields.Date.context_today(student)
        )
        if not left or self._all("crisis.case").search_count(
            [("student_id", "=", student.id)], limit=1
        ):
            return {}
        found = {}
        for model, sharing in self._shared().items():
            about = self._all(model).search([(sharing.students, "in", student.ids)])
            shared = about.filtered(lambda record, name=sharing.students: len(record[name]) > 1)
            self._cut(shared, student)
            found[model] = about - shared
        for name in self._links():
            link = self._student_link(name)
            if link:
                found[name] = self._all(name).search([(link, "=", student.id)])
        found = self._below(found)
        for name in self._directory():
            found[name] = self._all(name).search([(self._student_link(name), "=", student.id)])
        found[STUDENT] = student
        counts = self._erase_all({n: r for n, r in found.items() if r}, anonymous)
        self.env.cr.execute("UPDATE crisis_student SET active = FALSE WHERE id = %s", [student.id])
        self.env.invalidate_all()
        return counts

    @api.model
    def _erase_all(self, found, anonymous):
        """Empty dict of model to records; return counts by model, and of what hung on them."""
        counts = {}
        with ExitStack() as stack:
            # what is signed is signed as it is afterwards
            for records in found.values():
                stack.enter_context(signatures.changing(records))
            for name, records in found.items():
                self._add(counts, {name: len(records), **self._erase(records, anonymous)})
        return counts

    @api.model
    def _add(self, counts, more):
        """Add the numbers of ``more`` to ``counts``."""
        for key, number in more.items():
            counts[key] = counts.get(key, 0) + number
