import re
from collections import defaultdict
from functools import wraps

from lxml import etree
from odoo.exceptions import RedirectWarning, UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger
from odoo.tools.safe_eval import safe_eval

from ... import identity
from ...lib import class_move
from ..common import DENIALS
from ..privacy.leak_case import LeakCase

# What a second press may leave: that somebody read, and that something was pressed.
_BESIDE = frozenset(("crisis.disclosure", "crisis.once"))
_OTHERS = ("mail.activity", "mail.message", "mail.mail", "calendar.event", "ir.attachment")

# Buttons for which nothing is prepared here yet. None is added: a new button is pressed.
# fmt: off
NOT_PREPARED = {
    "crisis.access.grant": "ask_release break_glass read release revoke withdraw",
    "crisis.access.review": "confirm",
    "crisis.approval.decide": "confirm",
    "crisis.assessment": "compare refuse",
    "crisis.assessment.decide": "confirm",
    "crisis.assessment.transcribe": "record",
    "crisis.case": "decide_assessment view_records",
    "crisis.case.change.wizard": "change_level move_back summarise",
    "crisis.class.move": "take_back",
    "crisis.class.promote": "promote",
    "crisis.class.report": "nothing reported",
    "crisis.clock": "confirm",
    "crisis.concern.restrict": "confirm",
    "crisis.deadline": "undo",
    "crisis.destruction": "approve cancel witness",
    "crisis.disclosure": "check_register",
    "crisis.duty": "do nothing",
    "crisis.emergency": "close draft_statement phoned write_report",
    "crisis.emergency.measure": "cancel",
    "crisis.emergency.witness": "confirm",
    "crisis.guardian.waiver": "withdraw",
    "crisis.handover": "hand_over",
    "crisis.instrument": "new_version publish",
    "crisis.instrument.import": "import",
    "crisis.job.fault": "try_again",
    "crisis.mandatory.report": "report",
    "crisis.measure": "cancel start",
    "crisis.person.request": "export refuse",
    "crisis.plan": "revise withdraw",
    "crisis.protocol": "publish review revise",
    "crisis.referral": "withdraw",
    "crisis.register.archive": "download",
    "crisis.register.check": "check_now compare view_alarms view_archives view_checks",
    "crisis.register.compare": "compare",
    "crisis.role.confirmation": "confirm refuse",
    "crisis.school.return": "withdraw",
    "crisis.session": "cancel missed",
    "crisis.student.register": "register",
}
# fmt: on


class Undo(Exception):
    """Ends a second press, so that its effects are rolled back."""


@tagged("post_install", "-at_install")
class TestPressedTwice(LeakCase):
    """Every button of our views, pressed a second time where it has just worked: nothing happens.

    The buttons are found in the views. Each that the walk through a case presses is pressed again,
    with the same record and user: it is refused with a sentence, or changes nothing.
    """

    def setUp(self):
        super().setUp()
        self.buttons = self._find_buttons()
        self.pressed, self.doubled = set(), {}
        self.inside = False
        self.patch(identity, "require_decided", lambda record: None)
        self.patch(class_move, "SEASON", range(1, 13))
        for model, name in self.buttons:
            original = getattr(self.registry[model], name)
            # as the client presses it: with what the form shows
            self.patch(self.registry[model], name, self._twice(model, name, original))

    def test_a_next_version_is_begun_once(self):
        protocol = self.env["crisis.protocol"].search([("state", "!=", "draft")], limit=1)
        for record, user, press in (
            (self.instrument, self.psychology, "action_new_version"),
            (protocol, self.moral, "action_revise"),
        ):
            with self.subTest(press=press):
                self.assertTrue(record)
                first, second = (getattr(record.with_user(user), press)() for _time in range(2))
                self.assertEqual(first["res_id"], second["res_id"])
                self.assertNotEqual(first["res_id"], record.id)

    def test_a_statement_is_not_begun_over_what_was_written(self):
        emergency = self._start_emergency(self.psychology).with_user(self.principal)
        emergency.action_draft_statement()
        written = emergency.statement
        with self.assertRaisesRegex(UserError, "statement already"):
            emergency.action_draft_statement()
        self.assertEqual(emergency.statement, written)

    def _find_buttons(self):
        """Return dict of (model, method) of all buttons in our views to the context they send."""
        found = {}
        ours = self.env["crisis.record"]._is_ours
        for view in self.env["ir.ui.view"].search([("inherit_id", "=", False)]):
            if not ours(view.model):
                continue
            tree = etree.fromstring(view.get_combined_arch())
            for button in tree.iter("button"):
                if button.get("type") == "object":
                    model = self._model_of(view.model, button)
                    found[model, button.get("name")] = button.get("context", "")
        return found

    def _sent(self, model, name, records):
        """Return the context that the form sends with a button."""
        values = {
            field: records[field].ids[:1] and records[field].id
            if records._fields[field].type == "many2one"
            else records[field]
            for field in re.findall(r": (\w+)", self.buttons[model, name])
            if field in records._fields
        }
        return safe_eval(self.buttons[model, name] or "{}", values)

    def _model_of(self, model, button):
        """Return the model of a button: that of the view, or of the lines it stands in."""
        for node in reversed(list(button.iterancestors("field"))):
            model = self.env[model]._fields[node.get("name")].comodel_name
        return model

    def _twice(self, model, name, original):
        """Return the method that presses again what has worked."""

        @wraps(original)
        def pressed(records, *args, **kwargs):
            if self.inside:
                return original(records, *args, **kwargs)
            self.inside = True
            try:
                if not args and not kwargs:
                    records = records.with_context(**self._sent(model, name, records))
                result = original(records, *args, **kwargs)
                self.pressed.add((model, name))
                self._again(model, name, lambda: original(records, *args, **kwargs))
            finally:
                self.inside = False
            return result

        return pressed

    def _again(self, model, name, press):
        """Press a second time, and keep what it changed."""
        before = self._rows()
        try:
            with self.env.cr.savepoint():
                press()
                self._settle()
                after = self._rows()
                raise Undo
        except (UserError, RedirectWarning) as error:
            self.assertTrue(str(error.args[0]).strip(), f"{model}, {name}: says why")
            return
        except Undo:
            self.env.invalidate_all()
        changed = sorted(table for table in before if before[table] != after[table])
        if changed:
            self.doubled[model, name] = changed

    def _rows(self):
        """Return dict of model to a digest of all its rows."""
        self._settle()
        models = [
            name
            for name in (*self.env["crisis.record"]._kinds(), *_OTHERS)
            if name not in _BESIDE and self.env[name]._auto
        ]
        union = SQL(" UNION ALL ").join(
            SQL(
                "SELECT %s, count(*), md5(string_agg(md5(t::text), '' ORDER BY id)) FROM %s t",
                name,
                SQL.identifier(self.env[name]._table),
            )
            for name in models
        )
        return {name: rest for name, *rest in self.env.execute_query(union)}

    @mute_logger(*DENIALS)
    def test_every_button(self):
        self._work_a_case()
        opened = self._press_what_only_opens()
        self.assertFalse(self.doubled, "pressed twice is done twice")
        left = set(self.buttons) - self.pressed - opened
        known = {
            (model, f"action_{name}")
            for model, names in NOT_PREPARED.items()
            for name in names.split()
        }
        self.assertEqual(left, known, "prepare a record for a new button, and press it")
        self.assertGreater(len(self.buttons), 100)

    def _press_what_only_opens(self):
        """Press, as somebody who may, what is left; return what changes nothing at all."""
        users = self.psychology | self.principal | self.moral | self.doctor | self.head_teacher
        users |= self.staff | self.configurator
        opened, waiting = set(), defaultdict(set)
        for model, name in set(self.buttons) - self.pressed:
            waiting[model].add(name)
        for model, names in waiting.items():
            records = self.env[model].sudo().search([], limit=6)
            for name in names:
                if any(self._only_opens(r, name, user) for r in records for user in users):
                    opened.add((model, name))
        return opened

    def _only_opens(self, record, name, user):
        """Tell whether a press works for ``user`` and changes nothing."""
        before = self._rows()
        works = False
        try:
            with self.env.cr.savepoint():
                self.inside = True
                getattr(record.with_user(user).sudo(False), name)()
                works = self._rows() == before
                raise Undo
        except (Undo, UserError, RedirectWarning):
            self.env.invalidate_all()
        finally:
            self.inside = False
        return works
