from datetime import timedelta
from itertools import pairwise

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...lib.pdf_pages import page_count
from ..canaries import CANARIES
from ..common import DENIALS
from ..documents import FileCase, text_of

CASE = "crisis.case"
PLAN = "crisis.plan"
CONTACT = "crisis.guardian.contact"
REFERRAL = "crisis.referral"

# Every document: report, its record, who prints it here, words of the paper in Chinese and English,
# and which texts stand in it: fields of its record, and canaries of other records.
DOCUMENTS = {
    "crisis_concern_report_form": (
        "concern", "staff", ("危机报告表", "Concern Report Form"),
        "location description", ["MARKCANARY", "CATEGORYCANARY"],
    ),
    "crisis_plan_report_plan": (
        PLAN, "head_teacher", ("一生一策", "One Student, One Plan"),
        "summary goals guardian_part", ["MEASURECANARY", "METHODCANARY", "RESULTCANARY"],
    ),
    "crisis_plan_report_safety": (
        PLAN, "psychology", ("我的安全计划", "My Safety Plan"),
        "warning_signs own_coping people_places helpers professionals safe_surroundings reasons",
        [],
    ),
    "crisis_session_report_record": (
        "crisis.session", "psychology", ("辅导记录表", "Session Record"),
        "location present notes confidentiality_exception summary", ["SESSIONNOTECANARY"],
    ),
    "crisis_guardian_contact_report_record": (
        CONTACT, "moral", ("家校沟通记录", "Guardian Contact Record"),
        "reason told response agreed guardian_tasks refusal_reason witness_1 witness_2", [],
    ),
    "crisis_guardian_contact_report_notice": (
        CONTACT, "head_teacher", ("告家长书", "Notice to the Guardians"),
        "told guardian_tasks witness_1 witness_2", [],
    ),
    "crisis_guardian_contact_report_consent": (
        CONTACT, "principal", ("知情同意书", "Consent to Psychological Assessment"), "", [],
    ),
    "crisis_guardian_waiver_report_record": (
        "crisis.guardian.waiver", "principal",
        ("不告知监护人", "Decision Not to Tell the Guardians"), "reason protection end_reason", [],
    ),
    "crisis_medical_record_report_record": (
        "crisis.medical.record", "doctor", ("校医处置记录", "Record of the School Doctor"),
        "finding treatment accompanied_by medication care_points", [],
    ),
    "crisis_referral_report_letter": (
        REFERRAL, "principal", ("转介信", "Referral Letter"), "reason done_so_far", [],
    ),
    "crisis_mandatory_report_report_sheet": (
        "crisis.mandatory.report", "moral", ("强制报告单", "Mandatory Report Sheet"),
        "facts receiver receipt", [],
    ),
    "crisis_review_report_record": (
        "crisis.review", "doctor", ("复评记录", "Review Record"), "present changes reason", [],
    ),
    "crisis_school_return_report_form": (
        "crisis.school.return", "head_teacher", ("复学申请与评估表", "Application and Assessment"),
        "conditions schedule", [],
    ),
    "crisis_case_report_sheet": (
        CASE, "principal", ("个案登记表", "Case Sheet"),
        "shared_advice background risk_formulation", ["CATEGORYCANARY", "SESSIONSUMMARYCANARY"],
    ),
    "crisis_case_report_closing": (
        CASE, "moral", ("结案报告", "Closing Report"),
        "closing_summary closing_causes closing_prevention closing_told", ["CATEGORYCANARY"],
    ),
    "crisis_case_report_chronology": (CASE, "head_teacher", ("个案大事记", "Chronology of the Case"), "", []),
}  # fmt: skip
# Which roles print what; everybody else is refused. Relation to the case: its class, its doctor.
PRINTERS = {
    "crisis_concern_report_form": "staff psychology moral principal",
    "crisis_plan_report_plan": "head_teacher doctor psychology moral principal",
    "crisis_plan_report_safety": "head_teacher doctor psychology moral principal",
    "crisis_session_report_record": "psychology",
    "crisis_guardian_contact_report_record": "head_teacher psychology moral principal",
    "crisis_guardian_contact_report_notice": "head_teacher psychology moral principal",
    "crisis_guardian_contact_report_consent": "head_teacher psychology moral principal",
    "crisis_guardian_waiver_report_record": "psychology moral principal",
    "crisis_medical_record_report_record": "doctor psychology principal",
    "crisis_referral_report_letter": "psychology moral principal",
    "crisis_mandatory_report_report_sheet": "psychology moral principal",
    "crisis_review_report_record": "doctor psychology moral principal",
    "crisis_school_return_report_form": "head_teacher doctor psychology moral principal",
    "crisis_case_report_sheet": "psychology principal",
    "crisis_case_report_closing": "psychology moral principal",
    "crisis_case_report_chronology": "head_teacher doctor psychology moral principal",
    "crisis_case_report_file": "psychology principal",
    "crisis_case_report_disclosures": "psychology principal",
    "crisis_destruction_report_list": "psychology moral principal",
    "crisis_emergency_report_letter": "psychology moral principal",
    "crisis_assessment_report_file": "psychology",
    "crisis_assessment_report_result": "psychology moral principal",
    "crisis_assessment_report_guardian": "psychology moral principal",
}
USERS = (
    "staff",
    "head_teacher",
    "head_teacher_2",
    "doctor",
    "security",
    "psychology",
    "moral",
    "principal",
    "configurator",
    "nobody",
    "district",
    "other_psychology",
)


class LoopDocuments(FileCase):
    """Finds the record that a document is about."""

    def _printed(self):
        """Return what the register says of printed files of the case."""
        self._end_transaction()
        return self.env["crisis.disclosure"].search(
            [("case_id", "=", self.case.id), ("kind", "=", "printed")]
        )

    def _record(self, report):
        """Return the record of ``report``."""
        reports = self.env["ir.actions.report"]
        model = reports._get_report_from_name(f"crisis_intervention.{report}").model
        if model in ("crisis.assessment", "crisis.case"):
            return self.form if model == "crisis.assessment" else self.case
        if model == "crisis.emergency.report":
            emergency = self._start_emergency(self.staff).sudo()
            return self.env["crisis.emergency.report"].create({"emergency_id": emergency.id})
        if report.startswith("crisis_destruction"):
            return self.env["crisis.destruction"].create({"company_id": self.school.id})
        about = DOCUMENTS[report][0]
        return self.report if about == "concern" else self.filed[about]

    def _html(self, report, record, user, lang="zh_CN"):
        """Return the document as the browser would show it, without the printing program."""
        self.env.invalidate_all()
        reports = self.env["ir.actions.report"].with_user(user).with_context(lang=lang)
        return reports._render_qweb_html(f"crisis_intervention.{report}", record.ids)[0].decode()


@tagged("post_install", "-at_install")
class TestDocuments(LoopDocuments):
    """Every document as paper: what stands in it, in both languages, and nothing else."""

    def test_every_document(self):
        canaries = {text for texts in CANARIES.values() for text in texts.values()}
        canaries |= {"ANSWERCANARY", "CATEGORYCANARY"}
        for report, (_about, user, titles, names, others) in DOCUMENTS.items():
            record = self._record(report)
            words = CANARIES[record._name]
            wanted = {words[name] for name in names.split()} | set(others)
            for lang, title in zip(("zh_CN", "en_US"), titles, strict=True):
                with self.subTest(report=report, lang=lang):
                    pages = self._paper(report, record, getattr(self, user), lang)
                    text = "".join(pages)
                    self.assertIn(title, text)
                    self.assertEqual({c for c in canaries if self._stands(c, text)}, wanted)
                    for number, page in enumerate(pages, 1):
                        self.assertIn(self.school.name, page)
                        self.assertIn(f"{number}/{len(pages)}", page.replace(" ", ""))
                    if not report.endswith("_safety"):
                        self.assertIn(record.name, text)
                        self.assertIn(self.student_1.name, text)
                        self.assertIn({"zh_CN": "保密", "en_US": "Confidential"}[lang], text)

    def _stands(self, canary, text):
        """Tell whether a canary is a word of the text, and not only part of a longer one."""
        return any(canary == word.strip(".,:;()·") for word in text.split())

    def test_safety_plan_is_one_page_for_the_child(self):
        plan = self.filed[PLAN]
        pages = self._paper("crisis_plan_report_safety", plan, self.psychology)
        self.assertEqual(len(pages), 1)
        for text in ("12356", "120", "110", "我的名字"):
            self.assertIn(text, pages[0])
        for text in (
            self.student_1.name,
            self.case.name,
            plan.name,
            "高危",
            "个案",
            "等级",
            "危机",
        ):
            self.assertNotIn(text, pages[0])
        # more words, smaller type; still one page
        for name in ("warning_signs", "own_coping", "people_places", "helpers", "reasons"):
            plan._set({name: "我可以画画、听歌，或者去找外婆说说话。" * 8})
        self.assertEqual(len(self._paper("crisis_plan_report_safety", plan, self.psychology)), 1)
        plan._set({"reasons": "字" * 10000})
        with self.assertRaises(UserError):
            self._print("crisis_plan_report_safety", plan, self.psychology)
        plan._set({"helpers": False})
        with self.assertRaises(UserError):
            self._html("crisis_plan_report_safety", plan, self.psychology)

    def test_reply_slip_has_a_page_of_its_own(self):
        referral = self.filed[REFERRAL]
        pages = self._paper("crisis_referral_report_letter", referral, self.psychology)
        self.assertEqual(len(pages), 2)
        self.assertIn("转介回执单", pages[1])
        self.assertNotIn("转介回执单", pages[0])
        self.assertNotIn("REFERRALCANARY", pages[1])
        self.assertIn("□", pages[1])
        # the answer stands in the slip once it came
        referral._set(
            {
                "state": "replied",
                "reply_accepted": "yes",
                "reply_opinion": "OPINIONCANARY",
                "date_replied": fields.Datetime.now(),
            }
        )
        html = self._html("crisis_referral_report_letter", referral, self.psychology)
        self.assertIn("OPINIONCANARY", html)
        self.assertNotIn("□", html)

    def test_letters_wait_for_approval(self):
        for state in ("draft", "waiting"):
            self.filed[REFERRAL]._set({"state": state})
            with self.subTest(state=state), self.assertRaises(UserError):
                self._html("crisis_referral_report_letter", self.filed[REFERRAL], self.psychology)

    def test_nothing_for_guardians_who_are_not_told(self):
        self.case.guardians_not_told = True
        contact = self.filed[CONTACT]
        for report in ("notice", "consent"):
            for user in (self.psychology, self.head_teacher, self.principal):
                with self.subTest(report=report, user=user.login), self.assertRaises(UserError):
                    self._html(f"crisis_guardian_contact_report_{report}", contact, user)
        with self.assertRaises(UserError):
            self._html("crisis_assessment_report_guardian", self.form, self.psychology)
        # what was said before stays printable for the file
        self.assertIn(
            "SAIDCANARY",
            self._html("crisis_guardian_contact_report_record", contact, self.psychology),
        )

    def test_empty_sections_have_no_heading(self):
        plan = self.filed[PLAN]
        for text, there in (("每晚陪伴", True), (" \n", False), (False, False)):
            plan._set({"guardian_part": text})
            html = self._html("crisis_plan_report_plan", plan, self.psychology, "en_US")
            with self.subTest(text=text):
                self.assertEqual("Part of the Guardians" in html, there)

    def test_decision_on_a_report_is_for_those_who_decide(self):
        self.report.with_context(active_test=False).sudo().write(
            {"outcome": "dismissed", "dismiss_reason": "DISMISSCANARY"}
        )
        self.assertIn(
            "DISMISSCANARY", self._html("crisis_concern_report_form", self.report, self.moral)
        )
        self.assertNotIn(
            "DISMISSCANARY", self._html("crisis_concern_report_form", self.report, self.staff)
        )

    def test_closing_report_needs_a_summary(self):
        self.case.closing_summary = False
        with self.assertRaises(UserError):
            self._html("crisis_case_report_closing", self.case, self.moral)

    def test_what_was_done_is_counted_in_words(self):
        for lang, words in (("zh_CN", "壹"), ("en_US", "one")):
            html = self._html("crisis_case_report_closing", self.case, self.moral, lang)
            self.assertIn(f"<td>{words}</td>", html)

    def test_chronology_holds_what_its_reader_may_read(self):
        mine = self._html("crisis_case_report_chronology", self.case, self.head_teacher)
        theirs = self._html("crisis_case_report_chronology", self.case, self.psychology)
        self.assertIn(self.filed[CONTACT].name, mine)
        self.assertNotIn(self.filed["crisis.session"].name, mine)
        self.assertIn(self.filed["crisis.session"].name, theirs)

    def test_long_texts_and_many_measures(self):
        plan = self.filed[PLAN]
        # measures are planned while a plan is being written
        plan._set(
            {"summary": "他说得很多，一句接一句。" * 850, "state": "draft"}
        )  # 10,000 characters
        self.student_1.name = "阿卜杜拉·买买提江·艾合买提·吐尔逊·努尔麦麦提"
        self.env["crisis.measure"].create(
            [
                {
                    "case_id": self.case.id,
                    "plan_id": plan.id,
                    "title": f"措施{number:02}",
                    "method": "课间由同伴陪同，不提起原因。" * 5,
                    "user_id": self.head_teacher.id,
                    "date_due": fields.Date.today(),
                }
                for number in range(60)
            ]
        )
        plan._set({"state": "active"})
        pages = self._paper("crisis_plan_report_plan", plan, self.psychology, "en_US")
        text = "".join(pages)
        self.assertEqual(text.count("他"), 850, "nothing is lost at the end of a page")
        for number in range(60):
            self.assertIn(f"措施{number:02}", text)
        self.assertLess(len(pages), 20)
        for page in pages[:-1]:
            # text goes to the foot: no page is left nearly empty because of what follows
            self.assertGreater(len(page), 450)
        # no heading alone at the foot of a page: the last words before the number are not one
        for page in pages:
            body = page.rsplit(plan.name, 1)[0].split()
            for heading in ("Situation", "Goals", "Measures", "Guardians", "Approval"):
                self.assertNotEqual(body[-1], heading)


@tagged("post_install", "-at_install")
class TestWhoPrints(LoopDocuments):
    """Documents are for the roles of the matrix, whatever way they are asked for."""

    @mute_logger(*DENIALS)
    def test_every_role(self):
        for report, printers in PRINTERS.items():
            record = self._record(report)
            for login in USERS:
                user = getattr(self, login)
                with self.subTest(report=report, user=login):
                    if login in printers.split():
                        self.assertIn("o_crisis_document", self._html(report, record, user))
                    else:
                        with self.assertRaises(AccessError):
                            self._html(report, record, user)

    def test_every_document_is_listed(self):
        documents = self.env["ir.actions.report"].search([("model", "=like", "crisis.%")])
        names = {
            name.removeprefix("crisis_intervention.") for name in documents.mapped("report_name")
        }
        self.assertEqual(names, set(PRINTERS))
        self.assertLessEqual(set(DOCUMENTS), names)
        for report in documents:
            with self.subTest(report=report.report_name):
                self.assertTrue(report.group_ids)
                self.assertTrue(report._is_crisis_document())
                self.assertEqual(report.print_report_name, "object.name.replace('/', '-')")
                self.assertEqual(report.binding_model_id.model, report.model)

    @mute_logger(*DENIALS)
    def test_through_the_address_of_the_server(self):
        canaries = {text for texts in CANARIES.values() for text in texts.values()}
        for login, report, allowed in (
            ("head_teacher", "crisis_session_report_record", False),
            ("head_teacher", "crisis_plan_report_safety", True),
            ("moral", "crisis_session_report_record", False),
            ("moral", "crisis_case_report_file", False),
            ("principal", "crisis_session_report_record", False),
            ("doctor", "crisis_guardian_contact_report_notice", False),
            ("staff", "crisis_case_report_sheet", False),
            ("other_psychology", "crisis_case_report_file", False),
            ("district", "crisis_referral_report_letter", False),
        ):
            self.authenticate(f"t_{login}", f"t_{login}")
            record = self._record(report)
            for converter in ("pdf", "html", "text"):
                with self.subTest(user=login, report=report, converter=converter):
                    # tests get HTML for PDF, unless they ask for the printing program
                    answer = self.url_open(
                        f"/report/{converter}/crisis_intervention.{report}/{record.id}"
                        '?context={"force_report_rendering": true}'
                    )
                    self.assertEqual(answer.ok, allowed)
                    if allowed:
                        self.assertEqual(answer.content[:4] == b"%PDF", converter == "pdf")
                        continue
                    self.assertFalse({text for text in canaries if text in answer.text})
                    self.assertNotIn(self.student_1.name, answer.text)
        self.assertFalse(self._printed())


@tagged("post_install", "-at_install")
class TestCaseFile(LoopDocuments):
    """The whole file: what its reader may read, in order, with true page numbers, registered."""

    def _lines(self, pages):
        """Return the contents as dict of reference to page number."""
        lines = {}
        for word, following in pairwise(self._rows(pages)):
            if word in self.references and following.isdigit():
                lines.setdefault(word, int(following))
        return lines

    def _rows(self, pages):
        """Return the words of the contents, without the dates between reference and page."""
        return [w for w in " ".join(pages).split() if w.count("/") != 2 or w in self.references]

    def setUp(self):
        super().setUp()
        records = (self.report, self.form, *self.filed.values())
        self.references = {record.name: record for record in records}

    def test_file_of_the_psychology_teacher(self):
        content = self._print("crisis_case_report_file", self.case, self.psychology)
        pages = text_of(content)
        self.assertEqual(len(pages), page_count(content))
        for number, page in enumerate(pages, 1):
            self.assertIn(f"{self.case.name} {number} / {len(pages)}", page)
            self.assertIn("保密", page)
        lines = self._lines(pages[:1])
        self.assertEqual(set(lines), set(self.references))
        for reference, number in lines.items():
            with self.subTest(reference=reference):
                self.assertIn(reference, pages[number - 1])
                before = "".join(pages[1 : number - 1])
                heading = "".join(pages[number - 1].split()[:12])
                self.assertIn(reference, heading, "the document begins on this page")
                self.assertTrue(before)
        self.assertEqual(list(lines.values()), sorted(lines.values()))
        text = "".join(pages)
        for canary in ("NOTESCANARY", "ANSWERCANARY", "BACKGROUNDCANARY", "FINDINGCANARY"):
            self.assertIn(canary, text)
        log = self._printed()
        self.assertEqual((log.user_id, log.pages), (self.psychology, len(pages)))
        self.assertLessEqual(set(self.references), set(log.text.split(", ")))
        for line, user in (("printed", self.psychology), ("printed", self.principal)):
            rows = self.env["crisis.chronology"].with_user(user).search([("kind", "=", line)])
            self.assertEqual((rows.case_id, rows.res_id), (self.case, log.id))
        self.assertFalse(
            self.env["crisis.chronology"].with_user(self.moral).search([("kind", "=", "printed")])
        )

    def test_file_of_the_principal(self):
        pages = self._paper("crisis_case_report_file", self.case, self.principal, "en_US")
        text = "".join(pages)
        lines = self._lines(pages[:1])
        self.assertEqual(set(self.references) - set(lines), {self.filed["crisis.session"].name})
        for canary in ("NOTESCANARY", "EXCEPTIONCANARY", "SESSIONNOTECANARY", "ANSWERCANARY"):
            self.assertNotIn(canary, text)
        for canary in ("BACKGROUNDCANARY", "CONCLUSIONCANARY", "GOALSCANARY"):
            self.assertIn(canary, text)
        for reference, number in lines.items():
            self.assertIn(reference, pages[number - 1])
        log = self._printed()
        self.assertEqual(log.user_id, self.principal)
        self.assertNotIn(self.filed["crisis.session"].name, log.text)

    def test_what_is_being_written_is_left_out(self):
        draft = (
            self.env["crisis.session"]
            .with_user(self.psychology)
            .create(
                {"case_id": self.case.id, "date_start": fields.Datetime.now() + timedelta(days=1)}
            )
        )
        parts = self.case.with_user(self.psychology)._file_chapters()
        printed = [record for _title, _report, records in parts for record in records]
        self.assertNotIn(draft, printed)
        self.assertIn(self.filed["crisis.session"], printed)
        # restricted reports are the principal's
        about_staff = self._make_concern(
            self.staff,
            self.student_1,
            restricted=True,
            concerned_user_ids=[Command.link(self.doctor.id)],
        ).sudo()
        self.case.concern_ids |= about_staff
        for user, seen in ((self.psychology, False), (self.principal, True)):
            parts = self.case.with_user(user)._file_chapters()
            printed = [record for _title, _report, records in parts for record in records]
            self.assertEqual(about_staff in printed, seen)
