import os
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, tagged

from ... import sealed_fields, sealing
from ...lib.sealed import PREFIX, Keyring, SealError, is_sealed, new_key
from ...seal_key_use import seal_keys_in_use
from ...seal_keys import VARIABLE
from ...sealed_fields import Confidential, Sealed
from ..common import CrisisCommon
from ..migrations import migrate

MODULE = "crisis_intervention"

# Every sealed column; a field that loses its seal by an extension is found here.
SEALED = {
    ("crisis.case", "background"),
    ("crisis.case", "risk_formulation"),
    ("crisis.text.version", "text"),
    ("crisis.session", "notes"),
    ("crisis.session", "confidentiality_exception"),
    ("crisis.session", "summary_draft"),
    ("crisis.session", "summary"),
    ("crisis.session.addendum", "text"),
    ("crisis.assessment", "answers"),
    ("crisis.assessment", "missing_reason"),
    ("crisis.assessment.addendum", "text"),
    ("crisis.mandatory.report", "facts"),
    ("crisis.mandatory.report", "waive_reason"),
    ("crisis.medical.record", "finding"),
    ("crisis.medical.record", "medication"),
    ("crisis.medical.record", "treatment"),
}
# What dialogs hold until they are cleared away.
TYPED = {
    ("crisis.access.review", "comment"),
    ("crisis.approval.decide", "comment"),
    ("crisis.assessment.decide", "reason"),
    ("crisis.assessment.transcribe.line", "row"),
    ("crisis.case.change.wizard", "closing_summary"),
    ("crisis.case.change.wizard", "reason"),
    ("crisis.concern.triage", "dismiss_reason"),
    ("crisis.emergency.witness", "description"),
}
# Typed into a form and never stored.
PASSING = {("crisis.assessment", "transcription")}
# What dialogs store besides, which tells nothing about a child.
HARMLESS = {
    ("crisis.approval.decide", "res_model"),
    ("crisis.class.promote", "seen"),
    ("crisis.case.audience", "roles"),
    ("crisis.case.audience", "parts"),
    ("crisis.case.reader", "res_name"),
    ("crisis.case.reader", "what"),
    ("crisis.case.reader", "ip"),
    ("crisis.register.compare", "link"),
    ("crisis.register.compare", "result"),
    ("crisis.instrument.import", "file"),
    ("crisis.instrument.import", "filename"),
}
# Confidential columns that are registered when they are read, but stored as they are.
REGISTERED = {
    ("crisis.guardian", "consent_document"),
    ("crisis.guardian.contact", "scan"),
    ("crisis.mandatory.report", "scan"),
    ("crisis.referral", "reply_scan"),
    ("crisis.school.return", "certificate"),
}


@tagged("post_install", "-at_install")
class TestSealing(BaseCase):
    """Keys and sealed texts, without a database."""

    def setUp(self):
        super().setUp()
        self.old, self.new = f"old:{new_key()}", f"new:{new_key()}"

    def test_opens_what_it_sealed(self):
        ring = Keyring.parse(self.old)
        for text in ("x", "孩子说：我不想活了。", "line\nline", "x" * 100_000):
            sealed = ring.seal(text, "m.f.1")
            self.assertTrue(is_sealed(sealed))
            if len(text) > 1:  # a single letter stands in base64 by chance
                self.assertNotIn(text, sealed)
            self.assertNotEqual(sealed, ring.seal(text, "m.f.1"), "same texts must look different")
            self.assertEqual(ring.open(sealed, "m.f.1"), text)

    def test_is_bound_to_its_place_and_key(self):
        ring = Keyring.parse(self.old)
        sealed = ring.seal("x", "m.f.1")
        for place in ("m.f.2", "m.g.1", "n.f.1"):
            with self.assertRaises(SealError) as caught:
                ring.open(sealed, place)
            self.assertEqual(caught.exception.reason, "broken")
        for text, reason in (
            (sealed[:-8] + "AAAAAAA=", "broken"),
            (sealed + "!", "broken"),
            (PREFIX + "old:", "broken"),
            (sealed.replace("old", "other"), "unknown_key"),
            ("x", "unsealed"),
        ):
            with self.subTest(text=text), self.assertRaises(SealError) as caught:
                ring.open(text, "m.f.1")
            self.assertEqual(caught.exception.reason, reason)
        other = Keyring.parse("old:" + new_key())
        with self.assertRaises(SealError):
            other.open(sealed, "m.f.1")

    def test_newest_key_seals_and_all_open(self):
        sealed = Keyring.parse(self.old).seal("x", "p")
        both = Keyring.parse(f"{self.new},{self.old}")
        self.assertEqual(both.open(sealed, "p"), "x")
        self.assertIn(":new:", both.seal("x", "p"))
        with self.assertRaises(SealError) as caught:
            Keyring.parse(self.new).open(sealed, "p")
        self.assertEqual(caught.exception.key_id, "old")

    def test_rings_written_wrongly(self):
        for text in ("", " , ", "x", "x:", "x:abc", f"{self.old},{self.old}", "a b:" + new_key()):
            with self.subTest(text=text), self.assertRaises(SealError) as caught:
                Keyring.parse(text)
            self.assertEqual(caught.exception.reason, "keys")

    def test_signatures(self):
        ring = Keyring.parse(self.old)
        signature = ring.sign("x")
        self.assertTrue(Keyring.parse(f"{self.new},{self.old}").verifies(signature, "x"))
        self.assertFalse(ring.verifies(signature, "y"))
        self.assertFalse(ring.verifies("x" + signature, "x"))
        # whatever somebody wrote into the database
        for forged in ("é", "", "\udc80"):
            self.assertFalse(ring.verifies(f"{ring.newest}:{forged}", "x"))
        self.assertFalse(Keyring.parse(self.new).verifies(signature, "x"))


class SealedCase(CrisisCommon):
    """A record with a text in every sealed field that is kept."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.instrument = cls._make_instrument()
        cls.case = cls._make_case(cls.student_1, background="EARLIER", risk_formulation="RISK")
        cls.case.background = "BACKGROUND"
        cls.other_case = cls._make_case(cls.student_2, background="OTHER")
        cls.held = (
            cls.env["crisis.session"]
            .with_user(cls.psychology)
            .create(
                {
                    "case_id": cls.case.id,
                    "date_start": fields.Datetime.now() - timedelta(hours=1),
                    "limits_explained": True,
                    "notes": "NOTES",
                    "summary_draft": "DRAFT",
                    "confidentiality_exception": "TOLD",
                }
            )
        )
        cls.form = cls._make_assessment(
            cls.student_1, {"1": "3", "5": "ANSWER"}, cls.instrument, missing_reason="MISSING"
        )
        cls.held.action_sign()
        cls.held.action_release_summary()
        cls.medical = (
            cls.env["crisis.medical.record"]
            .with_user(cls.doctor)
            .sudo()
            .create(
                {
                    "case_id": cls.case.id,
                    "finding": "FOUND",
                    "treatment": "TREATED",
                    "medication": "MEDICINE",
                }
            )
        )
        cls.mandatory = cls.env["crisis.mandatory.report"].create(
            {
                "case_id": cls.case.id,
                "situation_ids": [
                    (6, 0, cls.env["crisis.mandatory.situation"].search([], limit=1).ids)
                ],
                "facts": "FACTS",
            }
        )
        cls.mandatory._set({"waive_reason": "WAIVED"})
        for model, values in (
            ("crisis.session.addendum", {"session_id": cls.held.id}),
            ("crisis.assessment.addendum", {"assessment_id": cls.form.id}),
        ):
            cls.env[model].with_user(cls.psychology).create({**values, "text": "ADDED"})
        cls.case = cls.case.with_user(cls.psychology)
        cls.env.flush_all()
        cls.env.invalidate_all()

    @classmethod
    def _holders(cls):
        """Yield (record with the rights of the system, name) of each sealed field that is kept."""
        for model, name in sorted(SEALED):
            cls.env.cr.execute(
                f'SELECT max(id) FROM "{cls.env[model]._table}" WHERE "{name}" IS NOT NULL'
            )
            [id_] = cls.env.cr.fetchone()
            yield cls.env[model].browse(id_), name

    def _column(self, model, name):
        """Return what a column holds, as list of (id, text)."""
        self.env.flush_all()
        self.env.cr.execute(
            f'SELECT id, "{name}" FROM "{self.env[model]._table}" '
            f'WHERE "{name}" IS NOT NULL ORDER BY id'
        )
        return self.env.cr.fetchall()


@tagged("post_install", "-at_install")
class TestSealedColumns(SealedCase):
    """What stands in the database, and who gets it back."""

    def test_all_of_them_are_sealed(self):
        known = {
            (name, field.name, isinstance(field, Sealed))
            for name, model in self.registry.items()
            if not model._abstract
            for field in model._fields.values()
            if isinstance(field, Confidential)
        }
        self.assertEqual({(m, f) for m, f, sealed in known if sealed}, SEALED | TYPED | PASSING)
        self.assertEqual({(m, f) for m, f, sealed in known if not sealed}, REGISTERED)
        for model, name, _sealed in known:
            with self.subTest(model=model, field=name):
                field = self.env[model]._fields[name]
                self.assertTrue(hasattr(self.env[model], "_refuse_confidential"))
                self.assertFalse(getattr(field, "tracking", None))
                self.assertFalse(field.copy)
                self.assertFalse(field.related)
                described = self.env[model].fields_get([name])[name]
                self.assertFalse(described["searchable"] or described["sortable"])
                self.assertFalse(described["groupable"])

    def test_dialogs_store_nothing_plain(self):
        """What is typed into a dialog is sealed, or named here as harmless."""
        plain = {
            (name, field.name)
            for name, model in self.registry.items()
            if model._transient and self.env["crisis.record"]._is_ours(name)
            for field in model._fields.values()
            if field.type in ("binary", "char", "html", "json", "text")
            and (field.store or field.type == "binary")
            and not field.compute
            and not isinstance(field, Sealed)
        }
        self.assertEqual(plain, HARMLESS)
        wizard = self.env["crisis.case.change.wizard"].create(
            {"case_id": self.case.id, "reason": "TYPED", "closing_summary": "TYPED"}
        )
        for name in ("reason", "closing_summary"):
            [(_id, text)] = self._column(wizard._name, name)
            self.assertTrue(is_sealed(text))

    def test_columns_hold_no_text(self):
        plain = ("BACKGROUND", "RISK", "NOTES", "DRAFT", "TOLD", "ANSWER", "MISSING", "ADDED")
        plain += ("FOUND", "TREATED", "MEDICINE", "FACTS", "WAIVED")
        for model, name in SEALED:
            rows = self._column(model, name)
            with self.subTest(model=model, field=name):
                self.assertTrue(rows)
                for _id, text in rows:
                    self.assertTrue(is_sealed(text))
                    self.assertFalse([word for word in plain if word in text])

    def test_those_with_access_read_them(self):
        session, form = self.held, self.form
        self.assertEqual(self.case.with_user(self.principal).background, "BACKGROUND")
        self.assertEqual((session.notes, session.confidentiality_exception), ("NOTES", "TOLD"))
        self.assertEqual(form.answers, {"1": "3", "5": "ANSWER"})
        self.assertEqual(form.missing_reason, "MISSING")
        session._set({"notes": "CHANGED"})
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(session.notes, "CHANGED")
        session._set({"confidentiality_exception": False})
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(session.confidentiality_exception)

    def test_forms_of_a_batch_are_sealed(self):
        forms = [
            {
                "student_id": student.id,
                "answers": {"1": "3", "2": "0", "3": "0"},
                "informant": "student",
                "date": "2026-09-01",
                "missing_reason": "BATCH",
            }
            for student in self.student_1 | self.student_2
        ]
        made = (
            self.env["crisis.assessment"]
            .with_user(self.psychology)
            ._record_batch(self.instrument, forms)
        )
        stored = dict(self._column("crisis.assessment", "answers"))
        for form in made:
            self.assertTrue(is_sealed(stored[form.id]))
            self.assertEqual(form.answers, {"1": "3", "2": "0", "3": "0"})
            self.assertEqual(form.missing_reason, "BATCH")

    def test_copied_between_rows_it_does_not_open(self):
        self.env.cr.execute(
            "UPDATE crisis_case SET background = "
            "(SELECT background FROM crisis_case WHERE id = %s) WHERE id = %s",
            [self.other_case.id, self.case.id],
        )
        self.assertIn("cannot be opened", self.case.background)
        self.assertNotIn("OTHER", self.case.background)

    def test_plain_text_in_the_database_is_not_shown(self):
        self.env.cr.execute(
            "UPDATE crisis_case SET background = 'planted' WHERE id = %s", self.case.ids
        )
        self.assertIn("cannot be opened", self.case.background)
        self.assertNotIn("planted", self.case.background)

    def test_without_a_key_nothing_is_read_or_written(self):
        with patch.dict(os.environ, {VARIABLE: ""}):
            self.assertIn("does not have the right key", self.case.background)
            for action in (
                lambda: sealed_fields.open_sealed(self.env, "sealed:1:x:", "x"),
                lambda: self._make_case(
                    self._make_student("x", "X1", self.class_1), background="UNSEALED"
                ),
                lambda: (self.other_case.write({"background": "UNSEALED"}), self.env.flush_all()),
            ):
                with (
                    self.assertRaisesRegex(UserError, VARIABLE),
                    self.env.cr.savepoint(flush=False),
                ):
                    action()
                self.env.transaction.clear()
            # what needs no key goes on
            self.assertTrue(self.case.with_user(self.psychology).shared_advice is False)
        with (
            patch.dict(os.environ, {VARIABLE: "x:short"}),
            self.assertRaisesRegex(UserError, "written wrongly"),
        ):
            sealed_fields.open_sealed(self.env, "sealed:1:x:", "x")
        self.assertNotIn("UNSEALED", str(self._column("crisis.case", "background")))

    def test_a_new_key_takes_over(self):
        old = os.environ[VARIABLE]
        new = f"next:{new_key()}"
        progress = []
        self.assertEqual(set(seal_keys_in_use(self.env)), {old.partition(":")[0]})

        def commit(_self, processed=0, **_kwargs):
            progress.append(processed)
            return 60

        self.patch(type(self.env["ir.cron"]), "_commit_progress", commit)
        with patch.dict(os.environ, {VARIABLE: f"{new},{old}"}):
            self.assertEqual(self.case.background, "BACKGROUND")
            field = self.env["crisis.case"]._fields["background"]
            self.assertIn(self.case.id, sealing.sealed_before(self.env, field))
            self.assertEqual(sealing.renew(self.env, field, self.case.ids), [])
            self.assertNotIn(self.case.id, sealing.sealed_before(self.env, field))
            self.env["crisis.seal"]._cron_reseal()
            self.assertGreater(sum(progress), len(SEALED) - 1)
            for model, name in SEALED:
                for _id, text in self._column(model, name):
                    self.assertTrue(text.startswith(f"{PREFIX}next:"), (model, name))
            progress.clear()
            self.env["crisis.seal"]._cron_reseal()
            self.assertFalse(progress, "what is done is not done again")
        self.assertEqual(set(seal_keys_in_use(self.env)), {"next"}, "the old key may go")
        self.env.invalidate_all()
        with patch.dict(os.environ, {VARIABLE: new}):
            self.assertEqual(self.case.background, "BACKGROUND")
            self.assertEqual(self.form.sudo().answers["5"], "ANSWER")
            self.env.invalidate_all()
        self.assertIn("key “next”", self.case.background)

    def test_an_update_seals_what_was_plain(self):
        self.env.cr.execute(
            "UPDATE crisis_case SET background = 'PLAIN' WHERE id = %s", self.case.ids
        )
        self.env.cr.execute(
            """UPDATE crisis_assessment SET answers = '{"1": "2"}' WHERE id = %s""", self.form.ids
        )
        with self.assertRaises(AccessError):
            sealing.seal_plain(self.env)
        with patch.object(self.registry, "ready", False):
            sealing.seal_plain(self.env)
        self.env.invalidate_all()
        self.assertTrue(all(is_sealed(t) for _id, t in self._column("crisis.case", "background")))
        self.assertEqual(self.case.background, "PLAIN")
        self.assertEqual(self.form.sudo().answers, {"1": "2"})

    def _sealed_for(self, name):
        """Seal the exception to secrecy as if its field had ``name``, and return the column."""
        text = Keyring.parse(os.environ[VARIABLE]).seal(
            "TOLD", f"crisis.session.{name}.{self.held.id}"
        )
        self.env.cr.execute(
            "UPDATE crisis_session SET confidentiality_exception = %s WHERE id = %s",
            [text, self.held.id],
        )
        self.env.invalidate_all()
        return text

    def test_a_renamed_field_opens_what_was_sealed_before(self):
        self._sealed_for("disclosure")
        self.assertEqual(self.held.confidentiality_exception, "TOLD")
        self._sealed_for("notes")
        self.assertIn("cannot be opened", self.held.confidentiality_exception)

    def test_update_binds_a_renamed_field_to_its_name(self):
        before = self._sealed_for("disclosure")

        def update():
            migrate(self.env, "19.0.2.0.0", "post-20-seals")
            return dict(self._column("crisis.session", "confidentiality_exception"))[self.held.id]

        # without the key it stays as it is
        for keys in ("", f"other:{new_key()}"):
            with patch.dict(os.environ, {VARIABLE: keys}):
                self.assertEqual(update(), before)
        after = update()
        ring = Keyring.parse(os.environ[VARIABLE])
        place = f"crisis.session.confidentiality_exception.{self.held.id}"
        self.assertEqual(ring.open(after, place), "TOLD")
        self.assertEqual(self.held.confidentiality_exception, "TOLD")
        self.assertEqual(update(), after, "what is done is not done again")
        # a new key alone binds it as well
        self._sealed_for("disclosure")
        field = self.held._fields["confidentiality_exception"]
        with patch.dict(os.environ, {VARIABLE: f"next:{new_key()},{os.environ[VARIABLE]}"}):
            sealing.renew(self.env, field, sealing.sealed_before(self.env, field))
            ring = Keyring.parse(os.environ[VARIABLE])
            [(_id, text)] = self._column("crisis.session", "confidentiality_exception")
            self.assertEqual(ring.open(text, place), "TOLD")

    def test_update_renames_column_and_data(self):
        self.env.flush_all()
        self.env.cr.execute(
            "ALTER TABLE crisis_session RENAME confidentiality_exception TO disclosure"
        )
        field = self.env["ir.model.fields"]._get("crisis.session", "confidentiality_exception")
        self.env.cr.execute(
            "UPDATE ir_model_fields SET name = 'disclosure' WHERE id = %s", [field.id]
        )
        self.env.cr.execute(
            "UPDATE ir_model_data SET name = 'field_crisis_session__disclosure'"
            " WHERE model = 'ir.model.fields' AND res_id = %s",
            [field.id],
        )
        for _again in range(2):
            migrate(self.env, "19.0.2.0.0", "pre-20-names")
            self.assertEqual(self.held.confidentiality_exception, "TOLD")
            self.assertEqual(field.name, "confidentiality_exception")
            name = f"{MODULE}.field_crisis_session__confidentiality_exception"
            self.assertEqual(self.env.ref(name), field)

    def test_they_are_in_no_condition(self):
        mine = self.env["crisis.case"].with_user(self.psychology)
        for action in (
            lambda: mine.search([("background", "ilike", "BACK")]),
            lambda: mine.search([("background", "=", "BACKGROUND")]),
            lambda: mine.search([("background", "!=", False)]),
            lambda: mine.search([("session_ids.notes", "ilike", "NOTES")]),
            lambda: mine.search([], order="background"),
            lambda: mine._read_group([], ["background"], ["__count"]),
            lambda: mine._read_group([], [], ["background:array_agg"]),
            lambda: mine.formatted_read_group([], ["background"], ["__count"]),
            lambda: mine.browse(self.case.id).filtered_domain([("background", "ilike", "BACK")]),
            lambda: (
                self.env["crisis.medical.record"]
                .with_user(self.psychology)
                ._read_group([], [], ["finding:array_agg"])
            ),
        ):
            with self.assertRaisesRegex(UserError, "confidential"):
                action()
            self.assertNotIsInstance(
                self._error(lambda: mine.search([("background", "ilike", "x")])), AccessError
            )

    def _error(self, action):
        try:
            action()
        except UserError as error:
            return error
        return None

    def test_sudo_opens_nothing_for_the_administrator(self):
        """Server actions run as the administrator and may call sudo()."""
        admin = self.env.ref("base.user_admin")
        for record, name in (
            (self.case, "background"),
            (self.held, "notes"),
            (self.form, "answers"),
        ):
            mine = record.with_user(admin).sudo()
            for action in (lambda m=mine, n=name: m[n], lambda m=mine, n=name: m.read([n])):
                with self.subTest(field=name), self.assertRaises(AccessError):
                    action()
