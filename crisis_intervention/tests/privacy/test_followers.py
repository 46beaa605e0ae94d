import ast
from pathlib import Path

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.mixins.crisis_record import UNHEARD
from ..common import DENIALS, CrisisCommon
from ..migrations import migrate

# Context keys that our code asks for, and why a client may send them: what each does at most.
HARMLESS = {
    "crisis_seen": "what a form showed: compared with what is the case, nothing is taken from it",
    "tz": "in which zone a moment is told",
    "bin_size": "files are shown by their size",
    "crisis_count": "which of the readable records a button shows",
    "crisis_texts_leaving": "what is sent is added to a text; nothing is written over",
    "crisis_texts_read": "compared with what stands there: whoever has not read it writes over nothing",
    "crisis_reviewed": "counts as the object it is compared with only",
    "crisis_once": "a token of the own: leads to what the user has saved with it",
    "crisis_uninstall": "the same as typing the name of the school",
    "crisis_system": "counts as the object that belongs to the model only",
    "crisis_submitting": "counts as the object it is compared with only",
    "crisis_telling": "counts as the object it is compared with only",
    "default_emergency_id": "checked like a value that is sent",
    "default_is_drill": "checked like a value that is sent",
    "mail_activity_quick_update": "who gets an activity is told all the same",
    "show_class": "the class beside the name of a readable student",
    "triage_decision": "which choice a dialog begins with",
}
# Asked for in Odoo's own models, to refuse what they would preset there.
REFUSED = {"default_mail_message_id", "default_model", "default_res_model"}


@tagged("post_install", "-at_install")
class TestFollowers(CrisisCommon):
    """Nobody follows our records, learns who was told of them, or writes in their chatter."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.concern = cls._make_concern(cls.staff, cls.student_1).sudo()
        cls.case = cls._make_case(cls.student_1)
        cls.session = cls._hold_session(cls.case)
        cls.threads = (cls.concern, cls.case, cls.session.sudo())
        cls.env.flush_all()

    def _ours(self):
        """Return the names of all our models with a discussion."""
        return [
            name
            for name in self.env["crisis.record"]._kinds()
            if "message_ids" in self.env[name]._fields
        ]

    def _row(self, record):
        """Add a follower of ``record`` as older releases did."""
        self.env.cr.execute(
            "INSERT INTO mail_followers (res_model, res_id, partner_id) VALUES (%s, %s, %s)",
            [record._name, record.id, self.staff.partner_id.id],
        )
        self.env.invalidate_all()

    # ------------------------------------------------------------------ who follows

    def test_nobody_follows_what_was_created(self):
        names = self._ours()
        self.assertGreater(len(names), 15)
        self.assertFalse(self.env["mail.followers"].search([("res_model", "in", names)]))

    def test_no_way_to_follow(self):
        partner = self.psychology.partner_id
        subtype = self.env.ref("mail.mt_comment")
        for record in self.threads:
            mine = record.with_user(self.psychology)
            values = {"res_model": record._name, "res_id": record.id, "partner_id": partner.id}
            record.message_subscribe(partner.ids, subtype.ids)
            mine.message_subscribe(partner.ids)
            if record != self.session:  # which is signed
                record.write({"message_partner_ids": [Command.link(partner.id)]})
            for user in (self.env.ref("base.user_root"), self.env.ref("base.user_admin")):
                followers = self.env["mail.followers"].with_user(user)
                for action in (
                    lambda f=followers, v=values: f.create(v),
                    lambda f=followers, v=values: f.with_context(
                        default_res_model=v["res_model"]
                    ).create({"res_id": v["res_id"], "partner_id": v["partner_id"]}),
                    lambda f=followers, v=values: (
                        self._other_follower()
                        .with_user(f.env.uid)
                        .write({"res_model": v["res_model"], "res_id": v["res_id"]})
                    ),
                ):
                    with self.subTest(model=record._name), self.assertRaises(AccessError):
                        action()
            self.assertFalse(record.message_follower_ids)

    def _other_follower(self):
        """Return a follower of a record of Odoo's own."""
        partner = self.staff.partner_id
        partner.message_subscribe(self.psychology.partner_id.ids)
        return partner.message_follower_ids[:1]

    def test_others_are_followed_as_ever(self):
        self.assertEqual(self._other_follower().partner_id, self.psychology.partner_id)

    def test_update_removes_the_old_ones(self):
        other = self._other_follower()
        for record in self.threads:
            self._row(record)
        followers = self.env["mail.followers"].with_user(self.head_teacher)
        ours = [("res_model", "in", self._ours())]
        self.assertEqual(followers.search_count(ours), 3, "every employee reads them")
        migrate(self.env, "19.0.3.0.0", "post-20-followers")
        self.assertFalse(followers.search(ours))
        self.assertTrue(other.exists())

    # ------------------------------------------------------------------ who was told

    def test_notifications_are_ones_own(self):
        (self.psychology | self.principal).notification_type = "inbox"
        self.case._tell_people(
            partner_ids=(self.psychology | self.principal).partner_id.ids, subject="s", body="b"
        )
        notifications = self.env["mail.notification"]
        about = [("mail_message_id.model", "=", "crisis.case")]
        all_ = notifications.search(about)
        self.assertEqual(all_.res_partner_id, (self.psychology | self.principal).partner_id)
        for user in (
            self.nobody, self.head_teacher, self.principal, self.configurator, self.env.ref("base.user_admin"),
        ):  # fmt: skip
            mine = notifications.with_user(user)
            with self.subTest(user=user.login):
                self.assertLessEqual(mine.search([]).res_partner_id, user.partner_id)
                for row in all_.filtered(lambda n, u=user: n.res_partner_id != u.partner_id):
                    with self.assertRaises(AccessError):
                        row.with_user(user).read(["res_partner_id"])
                    with self.assertRaises(AccessError):
                        row.with_user(user).write({"is_read": True})
                told = 1 if user == self.principal else 0
                self.assertEqual(mine.search_count(about), told)
        mine = all_.filtered(lambda n: n.res_partner_id == self.principal.partner_id)
        mine.with_user(self.principal).write({"is_read": True})
        self.assertTrue(mine.is_read)

    def test_authors_learn_what_did_not_arrive(self):
        message = self.staff.partner_id.message_post(body="x", author_id=self.staff.partner_id.id)
        failed, sent = self.env["mail.notification"].create(
            [
                {
                    "mail_message_id": message.id,
                    "author_id": self.staff.partner_id.id,
                    "res_partner_id": partner.id,
                    "notification_type": "email",
                    "notification_status": status,
                }
                for partner, status in (
                    (self.principal.partner_id, "exception"),
                    (self.moral.partner_id, "sent"),
                )
            ]
        )
        found = self.env["mail.notification"].with_user(self.staff).search([])
        self.assertIn(failed, found)
        self.assertNotIn(sent, found)
        self.assertTrue(message.with_user(self.staff).has_error)

    @mute_logger(*DENIALS)
    def test_nobody_opens_a_message_for_others(self):
        message = self.case.message_ids[:1]
        values = {
            "mail_message_id": message.id,
            "res_partner_id": self.security.partner_id.id,
            "notification_type": "inbox",
        }
        for user in (self.psychology, self.principal, self.env.ref("base.user_admin")):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["mail.notification"].with_user(user).create(values)
            with self.subTest(user=user.login, way="write"), self.assertRaises(AccessError):
                message.with_user(user).write(
                    {"partner_ids": [Command.link(self.security.partner_id.id)]}
                )
        self.assertFalse(message.with_user(self.security).has_access("read"))

    # ------------------------------------------------------------------ who wrote

    def _attempts(self, record, user):
        """Return dict of name to what a client tries to bring words into the chatter of a record."""
        mine = record.with_user(user).sudo(False)
        env = mine.env
        author = self.principal.partner_id.id
        place = {"model": record._name, "res_id": record.id}
        words = {"body": "FORGED", "author_id": author, "date": "2020-01-01 00:00:00"}
        other = user.partner_id.sudo().message_post(body="x", author_id=user.partner_id.id)
        other = env["mail.message"].browse(other.id)
        old = env["mail.message"].browse(record.message_ids[:1].id)
        mail = f"From: x@example.com\nTo: y@example.com\nSubject: x\nMessage-Id: <{user.id}@x>\n\nx"
        composer = {"model": record._name, "res_ids": str(record.ids), "body": "FORGED"}
        return {
            "create": lambda: env["mail.message"].create({**place, **words}),
            "notification": lambda: env["mail.message"].create(
                {**place, **words, "message_type": "notification"}
            ),
            "defaults": lambda: env["mail.message"]
            .with_context(default_model=record._name, default_res_id=record.id)
            .create(words),
            "move": lambda: other.write(place),
            "copy": lambda: old.copy({"body": "FORGED"}),
            "lines": lambda: mine.write({"message_ids": [Command.create({**place, **words})]}),
            "change": lambda: mine.write({"message_ids": [Command.update(old.id, words)]}),
            "kind": lambda: old.write({"message_type": "comment"}),
            "sender": lambda: old.write({"email_from": "x@example.com"}),
            "post": lambda: mine.message_post(body="FORGED"),
            "post as another": lambda: mine.message_post(
                body="FORGED", author_id=author, message_type="notification"
            ),
            "post with context": lambda: mine.with_context(crisis_telling=True).message_post(
                body="FORGED", subtype_xmlid="mail.mt_comment"
            ),
            "source": lambda: mine.message_post_with_source(
                "mail.message_activity_done", render_values={"feedback": "FORGED"}
            ),
            "notify": lambda: mine.with_context(crisis_telling=True).message_notify(
                partner_ids=[author], body="FORGED", author_id=author
            ),
            "update": lambda: mine._message_update_content(old, body="FORGED"),
            "reaction": lambda: old._message_reaction("FORGED", "add", user.partner_id, None),
            "mail in": lambda: mine.message_process(record._name, mail, thread_id=record.id),
            "new by mail": lambda: mine.message_new({"body": "FORGED"}, {}),
            "update by mail": lambda: mine.message_update({"body": "FORGED"}, {}),
            "composer": lambda: env["mail.compose.message"].create(composer).action_send_mail(),
            "bulk mail": lambda: env["mail.compose.message"]
            .create({**composer, "composition_mode": "mass_mail", "subject": "x"})
            .action_send_mail(),
            "later": lambda: env["mail.scheduled.message"].create(
                {**place, "body": "FORGED", "author_id": author,
                 "scheduled_date": "2099-01-01 00:00:00"}
            ),
            "activity": lambda: mine.activity_schedule(
                "mail.mail_activity_data_todo", summary="FORGED", user_id=user.id
            ),
            "note": lambda: mine.write({"activity_ids": [Command.create({
                "res_model_id": env["ir.model"]._get_id(record._name), "note": "<p>FORGED</p>",
                "activity_type_id": env.ref("mail.mail_activity_data_todo").id,
                "user_id": user.id})]}),
            "feedback": lambda: self._activity(mine).action_feedback(feedback="FORGED"),
            "feedback by type": lambda: self._activity(mine) and mine.activity_feedback(
                ["mail.mail_activity_data_todo"], feedback="FORGED", user_id=user.id
            ),
            "feedback and next": lambda: self._activity(mine).action_feedback_schedule_next(
                feedback="FORGED"
            ),
            "feedback written": lambda: self._activity(mine).write({"feedback": "FORGED"}),
            "summary written": lambda: self._activity(mine).write({"summary": "FORGED"}),
        }  # fmt: skip

    def _activity(self, mine):
        """Plan an activity as the web client does: a type, a person, a date."""
        return mine.activity_schedule("mail.mail_activity_data_todo", user_id=mine.env.uid)

    @mute_logger(*DENIALS, "odoo.addons.mail.models.mail_thread")
    def test_clients_write_no_messages(self):
        tried = 0
        readers = ((self.case, (self.psychology, self.principal)),
                   (self.concern, (self.psychology, self.principal)),
                   (self.session.sudo(), (self.psychology,)))  # fmt: skip
        for record, users in readers:
            for user in users:
                for name, attempt in self._attempts(record, user).items():
                    with self.subTest(model=record._name, user=user.login, way=name):
                        try:
                            with self.assertRaises(UserError), self.env.cr.savepoint():
                                attempt()
                                self.env.flush_all()
                        finally:
                            self.env.invalidate_all()
                    tried += 1
        self.assertGreaterEqual(tried, 5 * 28)
        bodies = self.env["mail.message"].search([("model", "in", self._ours())]).mapped("body")
        self.assertTrue(bodies)
        self.assertFalse([body for body in bodies if "FORGED" in body])

    def test_activities_are_planned_and_done_without_words(self):
        mine = self.case.with_user(self.psychology)
        before = len(self.case.message_ids)
        self._activity(mine).action_done()
        [line] = (self.case.message_ids.sorted("id"))[before:]
        self.assertEqual(line.author_id, self.psychology.partner_id)
        self.assertEqual(line.message_type, "notification")
        # marked for oneself, which says nothing
        line.with_user(self.psychology).toggle_message_starred()
        self.assertTrue(line.with_user(self.psychology).starred)

    # ------------------------------------------------------------------ what contexts do

    def test_contexts_switch_nothing_off(self):
        silent = dict.fromkeys(UNHEARD, True) | {"mail_activity_quick_update": True}
        self.assertTrue({"tracking_disable", "mail_notrack", "mail_create_nolog"} < set(UNHEARD))
        for key in (*UNHEARD, None):
            context = {key: True} if key else silent
            student = self._make_student("许安然", f"N{len(key or '')}{key or ''}", self.class_1)
            with self.subTest(key=key):
                case = (
                    self.env["crisis.case"]
                    .with_user(self.psychology)
                    .with_context(**context)
                    .create({"student_id": student.id, "risk_level": "yellow"})
                )
                self.assertLessEqual(context.items(), case.env.context.items())
                self.cr.precommit.run()
                case.write({"risk_level": "orange", "change_reason": "x"})
                case.write({"medical_involved": True})
                self.cr.precommit.run()
                messages = case.sudo().message_ids
                self.assertGreaterEqual(len(messages), 2)
                tracked = messages.sudo().tracking_value_ids.field_id.mapped("name")
                self.assertIn("medical_involved", tracked)
                self.assertFalse(case.sudo().message_follower_ids)

    def test_assigned_people_are_told_whatever_the_context(self):
        self.principal.notification_type = "inbox"
        mine = self.case.with_user(self.psychology).with_context(mail_activity_quick_update=True)
        told = [("res_partner_id", "=", self.principal.partner_id.id)]
        before = self.env["mail.notification"].search_count(told)
        mine.activity_schedule("mail.mail_activity_data_todo", user_id=self.principal.id)
        self.assertEqual(self.env["mail.notification"].search_count(told), before + 1)

    def test_every_context_key_is_accounted_for(self):
        found = set()
        root = Path(__file__).parents[2]
        sources = [
            path
            for path in root.rglob("*.py")
            if not {"tests", "migrations"} & set(path.relative_to(root).parts)
        ]
        for path in sources:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            names = {
                target.id: node.value.value
                for node in tree.body
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            for node in ast.walk(tree):
                for key in _keys(node):
                    if isinstance(key, ast.Constant):
                        found.add(key.value)
                    elif isinstance(key, ast.Name) and key.id in names:
                        found.add(names[key.id])
        self.assertGreater(len(sources), 100)
        self.assertGreater(len(found), 10, "the walk finds nothing any more")
        self.assertFalse(
            found - set(HARMLESS) - REFUSED - set(UNHEARD),
            "say why a client may send this context key, or do not believe it",
        )


def _keys(node):
    """Return the expressions by which ``node`` takes something out of a context."""
    is_context = lambda part: (  # noqa: E731
        isinstance(part, ast.Attribute) and part.attr in ("context", "_context")
    )
    if isinstance(node, ast.Subscript) and is_context(node.value):
        return [node.slice]
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("get", "pop")
        and is_context(node.func.value)
    ):
        return node.args[:1]
    if isinstance(node, ast.Compare) and any(map(is_context, node.comparators)):
        return [node.left]
    return []
