"""A simulated school year: its people, its clock, and random steps that a seed repeats."""

import random
from collections import Counter, deque
from datetime import date, datetime, time, timedelta

from odoo.exceptions import AccessError, RedirectWarning, UserError

from .oracle import Oracle
from .registry import ACTIONS, REFUSALS

FIRST_DAY = date(2026, 9, 1)
LAST_DAY = date(2027, 6, 30)
HOLIDAYS = [(date(2026, 10, 1), date(2026, 10, 8)), (date(2027, 1, 25), date(2027, 2, 20))]
CASES = 60
STUDENTS = 64
REFUSED = (AccessError, UserError, RedirectWarning)


class SchoolYear:
    """One year of one school, repeatable by its seed."""

    def __init__(self, test, clock, seed):
        """Prepare people and students.

        :param test: a ``CrisisCommon`` test
        :param clock: frozen time, as freezegun's ``start`` returns it
        :param int seed: repeats the year
        """
        self.test, self.env, self.clock, self.seed = test, test.env, clock, seed
        self.random = random.Random(seed)
        self.done, self.refused = Counter(), Counter()
        self.log = deque(maxlen=12)
        self.steps = 0
        self.focus = None
        self.now = None
        self.down_until = datetime(2000, 1, 1)
        self._people()
        self.oracle = Oracle(self)

    def _people(self):
        """Give the school a second psychology teacher and principal, a centre, a hospital."""
        test = self.test
        self.psychologists = test.psychology | test._make_user("y_psychology", "psychology_teacher")
        self.principals = test.principal | test._make_user("y_principal", "principal")
        self.moral, self.doctor, self.staff = test.moral, test.doctor, test.staff
        self.colleague = test._make_user("y_colleague", "staff")
        self.head_teachers = test.head_teacher | test.head_teacher_2
        self.triagers = self.psychologists | self.moral | self.principals
        self.planners = self.psychologists | self.moral
        self.everybody = self.triagers | self.head_teachers | test.staff | test.security
        self.everybody |= self.doctor
        test.school.crisis_district_id = test.district_centre
        test.district_centre.partner_id.crisis_resource_kind = "district"
        self.hospital = self.env["res.partner"].create(
            {"name": "市儿童医院", "crisis_resource_kind": "hospital"}
        )
        self.instrument = test._make_instrument()
        half = STUDENTS // 2
        self.students = test._make_students(half, test.class_1, "Y")
        self.students |= test._make_students(half, test.class_2, "Z")
        self.env["crisis.guardian"].create(
            [
                {"student_id": student.id, "name": "家长", "phone": "13800000000"}
                for student in self.students
            ]
        )
        self.categories = self.env["crisis.category"].search([], order="id")
        self.situations = self.env["crisis.mandatory.situation"].search([], order="id")

    # what actions ask for

    def one(self, records):
        """Return one of ``records`` at random."""
        return self.random.choice(list(records))

    def chance(self, share):
        """Return True in ``share`` of all calls."""
        return self.random.random() < share

    def pick(self, model, domain=(), **conditions):
        """Return a record that fits, at random; of the case in focus where there is one.

        :return: superuser's record, or an empty recordset
        """
        records = self.env[model].sudo().with_context(active_test=False)
        domain = [("company_id", "=", self.test.school.id), *domain, *conditions_of(conditions)]
        if self.focus:
            if model == "crisis.case":
                domain.append(("id", "=", self.focus.id))
            elif "case_id" in records._fields:
                domain.append(("case_id", "=", self.focus.id))
        found = records.search(domain, order="id")
        return self.one(found) if found else records

    def open_case(self, domain=()):
        """Return an open case at random."""
        return self.pick("crisis.case", [("date_closed", "=", False), *domain])

    def open_record(self, model, domain=(), **conditions):
        """Return a record of an open case at random."""
        return self.pick(model, [("case_id.date_closed", "=", False), *domain], **conditions)

    def new(self, model, user, **values):
        """Create a record of a case as ``user``."""
        return self.env[model].with_user(user).create(values)

    # the year

    def run(self):
        """Live through the year; every step is followed by all checks."""
        days = [day for day in _days() if not any(a <= day <= b for a, b in HOLIDAYS)]
        for number, day in enumerate(days):
            if self.chance(0.05):
                self.down_until = datetime.combine(day, time()) + timedelta(
                    days=self.random.randint(2, 6)
                )
            if day.weekday() > 4:
                self._crons(datetime.combine(day, time(2, 0)))
                continue
            self._crons(datetime.combine(day, time(0, 10)))
            wanted = 8 + (CASES - 8) * number / (len(days) * 0.6)
            for hour in (0, 3, 6)[: self.random.choice((2, 2, 3))]:
                self._go_to(
                    datetime.combine(day, time(hour, 30))
                    + timedelta(minutes=self.random.randint(0, 170))
                )
                self._step(self._cases() < min(wanted, CASES))
            if self.chance(0.3):
                # in the quiet hours of the school
                self._crons(datetime.combine(day, time(15, 0)))

    def _cases(self):
        """Return how many cases there are."""
        return self.env["crisis.case"].with_context(active_test=False).search_count([])

    def _go_to(self, moment):
        """Move the clock, the database's as well."""
        self.env.cr.flush()
        self.clock.move_to(moment)
        self.env.cr._now = moment
        self.now = moment

    def _crons(self, moment):
        """Run the scheduled actions, unless they are down, and check what they did."""
        self._go_to(moment)
        if moment < self.down_until:
            return
        with _told(self, "crons"):
            self.env["crisis.class.report"]._cron_remind()
            self.env["crisis.escalation"]._cron_lapse()
            self.oracle.check_lapse()
            self.env["crisis.escalation"]._cron_escalate()
            self.oracle.check()
            self.oracle.check_escalations()

    def _step(self, more_cases):
        """Let somebody do something, or try what is refused, and check everything."""
        self.steps += 1
        if self.chance(0.2):
            self._try_refused()
        else:
            self._act(more_cases)
        with _told(self, "checks"):
            self.oracle.check()
            if self.steps % 3 == 0:
                self.oracle.check_chronology()

    def _act(self, more_cases):
        """Carry out one action that finds something to do."""
        names = list(ACTIONS)
        # half of what is done takes a case on; of the rest, half is what was hardly done before
        goal_directed, rare = self.chance(0.5), []
        if not goal_directed and self.chance(0.5):
            rare = sorted(names, key=lambda name: (self.done[name], self.random.random()))[:30]
        for attempt in range(90):
            self.focus = None
            if attempt < 5 and more_cases:
                name = self.one(["report", "report_danger", "triage", "open_directly"])
            elif goal_directed and attempt < 10:
                name = "forward"
            elif rare:
                name = rare.pop(0)
            else:
                weights = [ACTIONS[n][1] / (1 + self.done[n]) for n in names]
                name = self.random.choices(names, weights)[0]
            with _told(self, name):
                found = ACTIONS[name][0](self)
                self.env.cr.flush()
            if found:
                self.done[name] += 1
                self.log.append(f"{self.now} {name} {found}")
                return
        raise AssertionError("nobody found anything to do")

    def carry_out(self, name, case):
        """Carry out the action ``name`` on ``case``."""
        self.focus = case
        try:
            found = ACTIONS[name][0](self)
        finally:
            self.focus = None
        if found:
            self.done[name] += 1
        return found and f"{name} {found}"

    def _try_refused(self):
        """Try something that is refused, and see that nothing changed."""
        self.focus = None
        names = sorted(REFUSALS, key=lambda name: (self.refused[name], self.random.random()))
        for name in names:
            with _told(self, name):
                attempt = REFUSALS[name](self)
                if not attempt:
                    continue
                before = self.oracle.fingerprint()
                self.test.assertTrue(self._is_refused(attempt), "this must be refused")
                self.test.assertEqual(self.oracle.fingerprint(), before, name)
            self.refused[name] += 1
            self.log.append(f"{self.now} refused: {name}")
            return

    def _is_refused(self, attempt):
        """Tell whether ``attempt`` ends in a refusal; whatever it did is taken back."""
        savepoint = self.env.cr.savepoint()
        try:
            attempt()
            self.env.cr.flush()
        except REFUSED:
            return True
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()
        return False


class _told:
    """Names seed, step and last actions in whatever goes wrong."""

    def __init__(self, year, what):
        self.year, self.what = year, what

    def __enter__(self):
        return self

    def __exit__(self, _kind, error, _trace):
        if isinstance(error, Exception):
            lines = "\n  ".join(self.year.log)
            raise AssertionError(
                f"seed {self.year.seed}, step {self.year.steps}, {self.year.now}, {self.what}: "
                f"{type(error).__name__}: {error}\n  {lines}"
            ) from error


def conditions_of(conditions):
    """Return keyword conditions as a domain."""
    return [(name, "=", value) for name, value in conditions.items()]


def _days():
    """Return every day of the school year."""
    count = (LAST_DAY - FIRST_DAY).days + 1
    return [FIRST_DAY + timedelta(days=number) for number in range(count)]
