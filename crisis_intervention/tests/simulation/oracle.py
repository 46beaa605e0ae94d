"""What must hold in a school year after every step, worked out apart from the addon's own code."""

from collections import Counter
from datetime import timedelta

from .timeline_oracle import difference, pages

STEPS = ("owner", "moral_education", "principal", "district")
LOCAL = timedelta(hours=8)

# What waits for somebody: table, condition, step. Each has exactly one open deadline.
WAITING = [
    ("crisis_plan", "crisis.plan", "state = 'waiting'", "plan_approval"),
    ("crisis_measure", "crisis.measure", "state IN ('todo', 'doing')", "measure"),
    ("crisis_session", "crisis.session", "state = 'draft'", "session"),
    ("crisis_referral", "crisis.referral", "state = 'waiting'", "referral_approval"),
    ("crisis_referral", "crisis.referral", "state = 'approved'", "referral"),
    ("crisis_referral", "crisis.referral", "state = 'sent'", "referral_reply"),
    ("crisis_guardian_waiver", "crisis.guardian.waiver", "state = 'waiting'", "waiver"),
    ("crisis_school_return", "crisis.school.return", "state = 'waiting'", "school_return"),
    ("crisis_mandatory_report", "crisis.mandatory.report", "state = 'open'", "mandatory_report"),
]
_RECORDS = " UNION ALL ".join(
    f"SELECT '{model}' AS model, id, '{kind}' AS kind FROM {table} WHERE {condition}"
    for table, model, condition, kind in WAITING
)
_OPEN = "crisis_case c WHERE c.date_closed IS NULL"
_SHUT = "crisis_case c WHERE c.date_closed IS NOT NULL"

# Rule to the query of what breaks it.
RULES = {
    "an open case is in sight, with an owner and a next deadline": f"""
        SELECT c.name FROM {_OPEN} AND (c.next_deadline IS NULL OR c.active IS NOT TRUE OR
            NOT EXISTS (SELECT FROM res_users u WHERE u.id = c.user_id AND u.active))""",
    "the next deadline is the earliest open one": f"""
        SELECT c.name FROM {_OPEN} AND c.next_deadline IS DISTINCT FROM (
            SELECT min(d.date_due) FROM crisis_deadline d
             WHERE d.case_id = c.id AND d.date_done IS NULL)""",
    "the owner has exactly one activity, for the next step": f"""
        SELECT c.name FROM {_OPEN} AND ARRAY[(c.user_id, 'mail_activity_' ||
            CASE WHEN c.next_step IN ('waiver', 'mandatory_report', 'grant', 'grant_review',
                                      'person_request')
                 THEN 'next_step' ELSE c.next_step END)::text]
            IS DISTINCT FROM (
                SELECT array_agg((a.user_id, x.name)::text) FROM mail_activity a
                  JOIN ir_model_data x ON x.model = 'mail.activity.type'
                   AND x.module = 'crisis_intervention' AND x.res_id = a.activity_type_id
                   AND x.name <> 'mail_activity_escalation'
                 WHERE a.active AND a.res_model = 'crisis.case' AND a.res_id = c.id
                   AND abs(a.date_deadline - c.next_deadline::date) <= 1)""",
    "a closed case gives nobody an activity": f"""
        SELECT c.name FROM {_SHUT} AND EXISTS (SELECT FROM mail_activity a
            WHERE a.active AND a.res_model = 'crisis.case' AND a.res_id = c.id)""",
    "a closed case has no open duty of a record": f"""
        SELECT c.name FROM {_SHUT} AND EXISTS (SELECT FROM crisis_deadline d
            WHERE d.case_id = c.id AND d.date_done IS NULL AND d.res_id IS NOT NULL)""",
    "a closed case has no open mandatory report": f"""
        SELECT c.name FROM {_SHUT} AND EXISTS (SELECT FROM crisis_mandatory_report r
            WHERE r.case_id = c.id AND r.state = 'open')""",
    "a closed case has no proposed level to decide on": f"""
        SELECT c.name FROM {_SHUT} AND EXISTS (SELECT FROM crisis_assessment a
            WHERE a.case_id = c.id AND a.proposal = 'pending')""",
    "a closed case gives the district no access": f"""
        SELECT c.name FROM {_SHUT} AND c.district_company_id IS NOT NULL""",
    "closed is what stands in the closing stage": """
        SELECT c.name FROM crisis_case c JOIN crisis_stage s ON s.id = c.stage_id
         WHERE s.closed IS TRUE AND c.date_closed IS NULL
            OR s.closed IS NOT TRUE AND c.date_closed IS NOT NULL""",
    "a student has one open case": f"""
        SELECT min(c.name) FROM {_OPEN} GROUP BY c.student_id HAVING count(*) > 1""",
    "what waits has its deadline, and deadlines have what they wait for": f"""
        SELECT COALESCE(r.model, d.res_model) || COALESCE(r.id, d.res_id)
          FROM ({_RECORDS}) r FULL JOIN (
                SELECT * FROM crisis_deadline WHERE date_done IS NULL AND res_id IS NOT NULL) d
            ON (d.res_model, d.res_id, d.kind) = (r.model, r.id, r.kind)
         WHERE r.id IS NULL OR d.id IS NULL""",
    "guardians are not told while it is decided or decided so": """
        SELECT c.name FROM crisis_case c WHERE COALESCE(c.guardians_not_told, FALSE) <> EXISTS (
            SELECT FROM crisis_guardian_waiver w
             WHERE w.case_id = c.id AND w.state IN ('waiting', 'active'))""",
    "the district reads while a referral to it runs": """
        SELECT c.name FROM crisis_case c WHERE (c.district_company_id IS NOT NULL) <> EXISTS (
            SELECT FROM crisis_referral r WHERE r.case_id = c.id
               AND r.state IN ('sent', 'replied') AND r.district_company_id IS NOT NULL)""",
    "one plan is in force": """
        SELECT min(name) FROM crisis_plan WHERE state = 'active'
         GROUP BY case_id HAVING count(*) > 1""",
    "quiet hours are kept, but for red": """
        SELECT e.id::text FROM crisis_escalation e WHERE e.risk_level IS DISTINCT FROM 'red'
           AND ((e.date + INTERVAL '8 hours')::time >= '22:00'
                OR (e.date + INTERVAL '8 hours')::time < '06:30')""",
    "nobody is told too early": """
        SELECT e.id::text FROM crisis_escalation e
          JOIN crisis_response_policy p ON p.risk_level = COALESCE(e.risk_level, 'yellow')
         WHERE e.date < e.date_due + make_interval(hours => p.escalation_hours * (
            array_position(ARRAY['owner', 'moral_education', 'principal', 'district'],
                           e.step::text) - 1))""",
    "the district is told of red only": """
        SELECT e.id::text FROM crisis_escalation e
         WHERE e.step = 'district' AND e.risk_level IS DISTINCT FROM 'red'""",
    "every lowering has its signed review": """
        SELECT c.name FROM crisis_case_change h JOIN crisis_case c ON c.id = h.case_id
         WHERE array_position(ARRAY['blue', 'yellow', 'orange', 'red'], h.new_level::text)
             < array_position(ARRAY['blue', 'yellow', 'orange', 'red'], h.old_level::text)
           AND NOT EXISTS (SELECT FROM crisis_review r WHERE r.case_id = h.case_id
               AND r.state = 'signed' AND r.decision = 'step_down' AND r.date_signed = h.date
               AND (r.old_level, r.new_level) = (h.old_level, h.new_level))""",
}

# Logs that only grow: table to the columns that stay as they are.
LOGS = {
    "crisis_approval": "decision, text, user_id, date, res_model, res_id",
    "crisis_case_change": "old_level, new_level, old_stage_id, new_stage_id, reason, date, user_id",
    "crisis_session_addendum": "text, user_id, date",
    "crisis_concern_addendum": "text, user_id, date",
    "crisis_escalation": "case_id, deadline_id, step, date, date_due, risk_level",
    "crisis_concern": "description, reporter_id, observed_at, create_date",
}
# Signed records: table to state and the columns that stay as they are.
SIGNED = {
    "crisis_session": "notes, date_start, user_id, date_signed",
    "crisis_guardian_contact": "told, consent, user_id, date_signed",
    "crisis_review": "changes, reason, old_level, new_level, decision, date_signed",
    "crisis_medical_record": "finding, disposition, user_id, date_signed",
}
COUNTED = [
    *LOGS,
    *SIGNED,
    *(table for table, *_rest in WAITING),
    "crisis_case",
    "crisis_deadline",
    "crisis_assessment",
    "crisis_class_report",
    "mail_activity",
    "mail_message",
]

# Kind of event to model and whether a record of it is one; what the chronology must show.
EVENTS = {
    "concern": ("crisis.concern", lambda r: True),
    "opened": ("crisis.case", lambda r: True),
    "verified": ("crisis.case", lambda r: bool(r.sudo().verified_at)),
    "closed": ("crisis.case", lambda r: bool(r.date_closed)),
    "change": ("crisis.case.change", lambda r: True),
    "closed_before": ("crisis.case.change", lambda r: r.old_stage_id.closed),
    "assessment": ("crisis.assessment", lambda r: r.state in ("done", "refused")),
    "plan": ("crisis.plan", lambda r: r.state in ("active", "replaced")),
    "approval": ("crisis.approval", lambda r: True),
    "measure": ("crisis.measure", lambda r: r.state in ("done", "cancelled")),
    "session": ("crisis.session", lambda r: r.state in ("signed", "missed")),
    "contact": ("crisis.guardian.contact", lambda r: r.state == "signed"),
    "medical": ("crisis.medical.record", lambda r: r.state == "signed"),
    "referral": ("crisis.referral", lambda r: bool(r.date_sent)),
    "reply": ("crisis.referral", lambda r: bool(r.date_replied)),
    "noted": ("crisis.mandatory.report", lambda r: True),
    "reported": ("crisis.mandatory.report", lambda r: r.state == "reported"),
    "return": ("crisis.school.return", lambda r: r.state == "agreed"),
    "review": ("crisis.review", lambda r: r.state == "signed"),
    "escalation": ("crisis.escalation", lambda r: True),
}


class Oracle:
    """Checks one year."""

    def __init__(self, year):
        self.year, self.test, self.env = year, year.test, year.env
        self.levels, self.logs, self.signed = {}, {}, {}
        self.closings = Counter()
        self.closers = {}  # of referrals: who took the reply in
        self.readers = [
            *(year.psychologists[:1], year.moral, year.principals[:1]),
            *(year.head_teachers[:1], year.head_teachers[1:], year.doctor),
        ]
        self.policies = {
            policy.risk_level: policy for policy in self.env["crisis.response.policy"].search([])
        }

    def _rows(self, query, params=None):
        """Return the rows of ``query``."""
        self.env.cr.execute(query, params)
        return self.env.cr.fetchall()

    def fingerprint(self):
        """Return what changes when anything of the records changes."""
        self.env.cr.flush()
        parts = [f"(SELECT count(*) || ' ' || max(write_date) FROM {table})" for table in COUNTED]
        return self._rows(f"SELECT {', '.join(parts)}")

    def check(self):
        """Check every rule that holds at all times."""
        self.env.cr.flush()
        query = " UNION ALL ".join(
            f"SELECT {number}, x.* FROM ({rule}) x" for number, rule in enumerate(RULES.values())
        )
        broken = [(list(RULES)[number], what) for number, what in self._rows(query)]
        self.test.assertFalse(broken, "broken rules")
        self._check_levels()
        self._check_logs()

    def _check_levels(self):
        """A level falls by one step, with one more review that lowers it."""
        order = ("blue", "yellow", "orange", "red")
        rows = self._rows(
            """SELECT c.id, c.risk_level, count(r.id) FROM crisis_case c
                 LEFT JOIN crisis_review r ON r.case_id = c.id
                  AND r.state = 'signed' AND r.decision = 'step_down' GROUP BY c.id"""
        )
        for case_id, level, lowered in rows:
            old, before = self.levels.get(case_id, (None, 0))
            if old:
                fell = order.index(old) - order.index(level)
                self.test.assertLessEqual(fell, 1, f"case {case_id}")
                if fell == 1:
                    self.test.assertGreater(lowered, before, f"case {case_id}")
            self.levels[case_id] = (level, lowered)

    def _check_logs(self):
        """Logs only grow, and signed records stay as they are."""
        for table, columns in LOGS.items():
            count, last, digest = self.logs.get(table, (0, 0, None))
            ask = f"""SELECT count(*), max(id), md5(string_agg((id, {columns})::text, '' ORDER BY id))
                        FROM {table}"""
            if digest:
                self.test.assertEqual(
                    self._rows(f"{ask} WHERE id <= %s", [last]), [(count, last, digest)], table
                )
            self.logs[table] = self._rows(ask)[0]
        for table, columns in SIGNED.items():
            rows = dict(
                self._rows(f"SELECT id, md5(({columns})::text) FROM {table} WHERE state = 'signed'")
            )
            before = self.signed.get(table, {})
            self.test.assertEqual({id_: rows.get(id_) for id_ in before}, before, table)
            self.signed[table] = rows

    def expected_steps(self, due, level, told):
        """Return how many people must have been told by now of a deadline that was due.

        A step that was told more than a day late gives the next one its time, but at red.

        :param told: moments at which steps were told, in their order
        """
        every = timedelta(hours=self.policies[level or "yellow"].escalation_hours)
        moment, count = due, 0
        while moment <= self.year.now and count < (4 if level == "red" else 3):
            # what is not told yet would be told now
            when = told[count] if count < len(told) else self.year.now
            late = when - (due + count * every)
            count += 1
            moment = due + count * every
            if level != "red" and late > timedelta(days=1):
                moment += late
        return count

    def check_escalations(self):
        """After a run nothing is missing, nothing is registered twice, each in its order."""
        local = self.year.now + LOCAL
        quiet = local.hour >= 22 or (local.hour, local.minute) < (6, 30)
        rows = self._rows(
            """SELECT d.id, d.date_due, c.risk_level, array_agg(e.step::text)
                      FILTER (WHERE e.date_due = d.date_due), array_agg(e.date ORDER BY e.id)
                      FILTER (WHERE e.date_due = d.date_due)
                 FROM crisis_deadline d JOIN crisis_case c ON c.id = d.case_id
                 LEFT JOIN crisis_escalation e ON e.deadline_id = d.id
                WHERE d.date_done IS NULL AND c.date_closed IS NULL GROUP BY d.id, c.id"""
        )
        for deadline_id, due, level, told, moments in rows:
            told = Counter(told or [])
            wanted = self.expected_steps(due, level, moments or [])
            if quiet and level != "red":
                wanted = 0
            ranks = sorted(STEPS.index(step) for step in told)
            message = f"deadline {deadline_id}, due {due}, {level}: {told}, {wanted} wanted"
            self.test.assertEqual(ranks, list(range(len(ranks))), message)
            self.test.assertLessEqual(set(told.values()), {1}, message)
            self.test.assertGreaterEqual(len(told), wanted, message)

    def check_lapse(self):
        """After a run no yellow case lives on without a review or a cause, its owner warned a week."""
        self.env.cr.flush()
        late = timedelta(days=2 * self.policies["yellow"].review_interval_days)
        since = timedelta(days=self.policies["yellow"].review_interval_days)
        rows = self._rows(
            """SELECT c.name FROM crisis_deadline d JOIN crisis_case c ON c.id = d.case_id
                WHERE c.date_closed IS NULL AND c.risk_level = 'yellow' AND d.kind = 'review'
                  AND d.date_done IS NULL AND d.date_due < %(limit)s
                  AND coalesce(d.date_lapse_warned, '2000-01-01') <= %(warned)s AND NOT EXISTS (
                    SELECT FROM crisis_concern n JOIN crisis_case_concern_rel x
                        ON x.concern_id = n.id AND x.case_id = c.id
                     WHERE n.create_date > d.date_due - %(since)s)
                  AND NOT EXISTS (SELECT FROM crisis_session s WHERE s.case_id = c.id
                     AND s.state = 'signed' AND s.risk_change = 'higher'
                     AND s.date_start > d.date_due - %(since)s)
                  AND NOT EXISTS (SELECT FROM crisis_assessment a WHERE a.case_id = c.id
                     AND a.state = 'done' AND a.risk_level IN ('yellow', 'orange', 'red')
                     AND a.date_done > d.date_due - %(since)s)""",
            {
                "limit": self.year.now - late,
                "since": since,
                "warned": self.year.now - timedelta(days=7),
            },
        )
        self.test.assertFalse(rows, "levels that live on in silence")

    def check_chronology(self, cases=None):
        """Every event has exactly one row for a reader who may read it, and no row is another's.

        The table behind it holds what has happened, and pages hold what a search finds.

        :param cases: by default one case at random, for one reader in turn
        """
        self.test.assertFalse(difference(self.env), "timeline")
        readers = self.readers
        if cases is None:
            everything = self.env["crisis.case"].with_context(active_test=False).search([])
            if not everything:
                return
            cases = self.year.one(everything)
            readers = [self.readers[self.year.steps % len(self.readers)]]
        for reader in readers:
            found = self.env["crisis.chronology"].with_user(reader)
            rows = found.search([("case_id", "in", cases.ids)])
            shown = Counter((row.case_id.id, row.kind, row.res_model, row.res_id) for row in rows)
            paged = [line["id"] for page in pages(found, cases[0]) for line in page["lines"]]
            self.test.assertEqual(paged, rows.filtered(lambda row: row.case_id == cases[0]).ids)
            expected = self._expected_rows(reader, cases)
            self.test.assertEqual((shown - expected, expected - shown), (Counter(), Counter()))
        self._check_authors(cases)

    def _expected_rows(self, reader, cases):
        """Return the events of ``cases`` that ``reader`` may read, found model by model."""
        expected = Counter()
        mine = cases.with_user(reader).with_context(active_test=False)
        mine = mine.search([("id", "in", cases.ids)])
        for kind, (model, happened) in EVENTS.items():
            records = self.env[model].with_user(reader).with_context(active_test=False)
            if not records.has_access("read"):
                continue
            if model == "crisis.concern":
                for case in mine:
                    for concern in records.search([("id", "in", case.sudo().concern_ids.ids)]):
                        expected[case.id, kind, model, concern.id] += 1
                continue
            if kind == "verified" and reader not in self.year.triagers:
                continue
            link = "id" if model == "crisis.case" else "case_id"
            if not records._has_field_access(records._fields[link], "read"):
                continue
            for record in records.search([(link, "in", mine.ids)]):
                if happened(record):
                    case_id = record.id if model == "crisis.case" else record.case_id.id
                    expected[case_id, kind, model, record.id] += 1
        return expected

    def _check_authors(self, cases):
        """Who closed a case and who replied stays, whoever writes on the record later."""
        rows = self.env["crisis.chronology"].search(
            [("case_id", "in", cases.ids), ("kind", "in", ["closed", "closed_before", "reply"])]
        )
        closed = Counter()
        for row in rows:
            if row.kind == "reply":
                self.test.assertEqual(row.user_id, self.closers["reply", row.res_id])
            else:
                closed[row.case_id.id, row.user_id.id] += 1
        wanted = Counter({key: n for key, n in self.closings.items() if key[0] in set(cases.ids)})
        self.test.assertEqual(closed, wanted, "closings")
