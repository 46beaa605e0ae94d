from odoo import Command
from odoo.exceptions import AccessError, UserError

from ... import access_matrix
from ...common import MODULE, CrisisCommon
from .care import CareRecords
from .cases import CaseRecords
from .dialogs import DialogRecords
from .emergencies import EmergencyRecords
from .privacy import PrivacyRecords
from .school import SchoolRecords


class Undo(Exception):
    """Ends an attempt that was not refused, so that its effects are rolled back."""


class AccessMatrixCase(
    SchoolRecords,
    CaseRecords,
    CareRecords,
    PrivacyRecords,
    EmergencyRecords,
    DialogRecords,
    CrisisCommon,
):
    """One user who takes role after role, and one record of every relation to this user.

    As the user stays the same, the class, the reports and the dialogs stay "own" in each role: a
    rule that looks at the relation alone, and forgets the role, is found out.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A user who leads a class keeps the role in real life; here roles change below the class.
        cls.classPatch(cls.registry["res.users"], "_check_crisis_duties", lambda self: None)
        cls.me = cls._make_user("t_me", "head_teacher")
        cls.class_1.head_teacher_ids = cls.me
        cls.student_3 = cls._make_student("许安然", "S003", cls.class_2)
        cls.spare = {
            "own_class": cls._make_student("沈一诺", "S011", cls.class_1),
            "other_class": cls._make_student("郭子涵", "S012", cls.class_2),
            "medical": cls._make_student("邓可欣", "S013", cls.class_2),
            "other_school": cls._make_student("彭嘉怡", "S014", cls.other_class),
        }
        cls.records, cls.values = {}, {}
        cls._fill_directory()
        cls._fill_moves()
        cls._fill_concerns()
        cls._fill_cases()
        cls._fill_instruments()
        cls._fill_assessments()
        cls._fill_configuration()
        cls._fill_loop()
        cls._fill_grants()
        cls._fill_rights()
        cls._fill_protocols()
        cls._fill_emergencies()
        cls._fill_dialogs()
        cls._fill_register()
        cls._fill_roles()
        cls.env.flush_all()
        cls.env.invalidate_all()

    @classmethod
    def _put(cls, relation, record, values=None):
        """Keep ``record`` for ``relation``, and the ``values`` that would create another one."""
        cls.records[record._name, relation] = cls.env[record._name].browse(record.id)
        if values is not None:
            cls.values[record._name, relation] = values

    @classmethod
    def _take(cls, *roles):
        """Give the user these roles and no other; exports are open to the user in any role."""
        groups = {"base.group_user", f"{MODULE}.group_export"}
        groups.update(group for role in roles for group in access_matrix.groups(role))
        cls.me.group_ids = [Command.set([cls.env.ref(group).id for group in groups])]
        cls._confirm_roles(cls.me)
        cls.env.invalidate_all()

    def _mine(self, record):
        """Return ``record`` or model as the user sees it, with nothing in the cache."""
        self.env.invalidate_all()
        return record.with_user(self.me).with_company(self.school).sudo(False)

    def _refusal(self, action):
        """Try ``action``, undo it, and return the error that refused it, or None."""
        try:
            with self.env.cr.savepoint():
                action()
                self.env.flush_all()
                raise Undo
        except Undo:
            return None
        except UserError as error:
            return error

    def _found(self, search, record_set):
        """Return what one of ``SEARCHES`` finds of these records, or the access error."""
        try:
            return search(self._mine(record_set.browse()), [("id", "in", record_set.ids)])
        except AccessError as error:
            return error

    def _rows(self, role):
        """Yield (relation, record, cell) of all records, as ``role`` meets them."""
        for (model, relation), record in self.records.items():
            yield relation, record, self.table[model][relation][role]

    @property
    def table(self):
        """The matrix: dict of model to relation to role to cell."""
        return access_matrix.cells()
