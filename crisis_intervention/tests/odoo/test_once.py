from odoo.exceptions import RedirectWarning
from odoo.tests import tagged
from odoo.tools import SQL

from ...lib.once import fingerprint
from .. import access_matrix
from ..common import CrisisCommon


@tagged("post_install", "-at_install")
class TestSavedOnce(CrisisCommon):
    """A form that is sent again with its token becomes no second record."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.helper_user = cls._make_user("t_helper", "staff")
        cls.case = cls._make_case(cls.student_1)

    def _values(self, **more):
        return {
            "student_ids": [[4, self.student_1.id]],
            "description": "趴在桌上哭。",
            "location": "教室",
            "immediate_danger": "no",
            "told_in_person": "yes",
            "body_mark_ids": [
                [0, "virtual_1", {"side": "front", "x": 10, "y": 20, "kind": "bruise"}]
            ],
            **more,
        }

    def _send(self, token, user=None, model="crisis.concern", values=None, spec=None):
        """Save a new form as the web client does; return its id."""
        records = self.env[model].with_user(user or self.staff).with_company(self.school)
        records = records.with_context(crisis_once=token)
        [answer] = records.web_save(
            values or self._values(), {"name": {}} if spec is None else spec
        )
        self.env.flush_all()
        self.env.invalidate_all()
        return answer["id"]

    def _count(self, model="crisis.concern"):
        return self.env[model].search_count([("company_id", "=", self.school.id)])

    def test_a_report_sent_again_is_one_report(self):
        first = self._send("t1")
        count = self._count()
        self.assertEqual(self._send("t1"), first)
        moved = [[0, "virtual_9", {"side": "front", "x": 10, "y": 20, "kind": "bruise"}]]
        again = self._send("t1", values=self._values(body_mark_ids=moved), spec={})
        self.assertEqual(again, first, "as from a page that was closed, with lines counted anew")
        self.assertEqual(self._count(), count)
        concern = self.env["crisis.concern"].browse(first)
        self.assertEqual(len(concern.body_mark_ids), 1)
        self.assertNotEqual(self._send("t2"), first, "written again on purpose")

    def test_what_was_written_afterwards_is_not_lost_silently(self):
        first = self._send("t1")
        count = self._count()
        with self.assertRaises(RedirectWarning) as caught:
            self._send("t1", values=self._values(description="趴在桌上哭，手上有伤。"))
        message, action, _button = caught.exception.args[:3]
        self.assertIn(self.env["crisis.concern"].browse(first).name, message)
        self.assertNotIn("手上有伤", message)
        self.assertEqual((action["res_model"], action["res_id"]), ("crisis.concern", first))
        self.assertEqual(self._count(), count)

    def test_the_token_of_somebody_else_gives_nothing(self):
        first = self._send("t1")
        second = self._send("t1", self.helper_user)
        self.assertNotEqual(second, first)
        self.assertEqual(self.env["crisis.concern"].browse(second).reporter_id, self.helper_user)

    def test_what_is_no_token_counts_for_nothing(self):
        for token in (None, False, "", 7, ["t"], {"t": 1}, "x" * 65):
            with self.subTest(token=token):
                self.assertNotEqual(self._send(token), self._send(token))

    def test_every_kind_that_people_write(self):
        """The token is seen to where all forms are saved, so that no kind can be without it."""
        base = self.registry["crisis.saved.once"]
        kinds = [name for name in access_matrix.cells() if not self.env[name]._transient]
        self.assertGreater(len(kinds), 50)
        self.assertFalse([name for name in kinds if not issubclass(self.registry[name], base)])
        written = {
            "crisis.session": {"case_id": self.case.id, "limits_explained": True, "notes": "x"},
            "crisis.guardian.contact": {"case_id": self.case.id, "told": "x"},
            "crisis.review": {"case_id": self.case.id, "changes": "x"},
            "crisis.plan": {"case_id": self.case.id, "goals": "x"},
            "crisis.measure": {
                "case_id": self.case.id, "kind": "class", "title": "x",
                "user_id": self.psychology.id, "date_due": "2030-01-01",
            },
            "crisis.referral": {
                "case_id": self.case.id, "reason": "x", "resource_id": self.env.ref(
                    "crisis_intervention.crisis_resource_12356"
                ).id,
            },
        }  # fmt: skip
        for model, values in written.items():
            with self.subTest(model=model):
                records = self.env[model].with_user(self.psychology)
                values = {**records.default_get(list(records._client_fields())), **values}
                values = {k: v for k, v in values.items() if k in records._client_fields()}
                first = self._send("t1", self.psychology, model, values, {})
                self.assertEqual(self._send("t1", self.psychology, model, values, {}), first)
                self.assertEqual(
                    self.env[model].search_count([("id", ">=", first)]), 1, "no second one"
                )

    def test_nothing_in_the_database_tells_what_was_sent(self):
        self._send("SECRETTOKEN")
        rows = self.env.execute_query(SQL("SELECT o::text FROM crisis_once o"))
        text = "\n".join(row[0] for row in rows)
        self.assertTrue(text)
        for word in ("SECRETTOKEN", "趴在桌上", "教室"):
            self.assertNotIn(word, text)
        self.assertNotEqual(fingerprint("a", {"x": 1}), fingerprint("b", {"x": 1}))

    def test_it_is_forgotten_after_a_while(self):
        first = self._send("t1")
        self.env["crisis.once"]._forget()
        self.assertEqual(self._send("t1"), first)
        self.env.cr.execute("UPDATE crisis_once SET date = date - INTERVAL '31 days'")
        self.env["crisis.once"]._forget()
        self.assertFalse(self.env["crisis.once"].search_count([]))
