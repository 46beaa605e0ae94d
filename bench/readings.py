"""Is every reading that was shown in the register, whatever happens to the servers; what it costs.

Many people read at two servers of one database, while the register is checked again and again and
servers are killed at random. An answer that arrived was shown: it has to have its row.
"""

import random
import statistics
import threading
import time

import requests

from .client import PASSWORD, Client
from .server import running

PEOPLE = 20
# Of each person; together 300.
READINGS = 15
CHECKS = 45
KILLS = 6
# Budget for one request, of issue and docs: milliseconds, statements on the second connection.
BUDGET_MS, BUDGET_STATEMENTS = 3.0, 1
TRANSACTIONS = 200
_GIVE_UP_SECONDS = 420


def add_people(env) -> list[str]:
    """Create principals, who may read every case; return their logins."""
    from odoo.addons.crisis_intervention.role_confirmations import take_over

    groups = [env.ref(n).id for n in ("base.group_user", "crisis_intervention.group_principal")]
    people = (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            [
                {
                    "name": f"Reader {number}",
                    "login": f"bench_reader_{number}",
                    "password": PASSWORD,
                    "group_ids": [(6, 0, groups)],
                }
                for number in range(PEOPLE)
            ]
        )
    )
    take_over(env, people, tell=False)
    return people.mapped("login")


class Crowd:
    """People who read at two servers, and somebody who kills these."""

    def __init__(self, databases, database: str, logins: list[str], cases: list[int]):
        self.databases = databases
        self.database = database
        self.logins = logins
        self.cases = cases
        # (login, id of the case) of what was shown
        self.shown: list[tuple[str, int]] = []
        self.failed = 0
        self.kills = 0
        self.servers = [running(databases, database) for _number in range(2)]
        self._lock = threading.Lock()
        self._end = time.monotonic() + _GIVE_UP_SECONDS
        self.done = threading.Event()

    def read(self, login: str) -> None:
        """Read as one person until enough was shown; what failed is tried again."""
        chance = random.Random(login)
        clients: dict = {}
        for case in chance.sample(self.cases, READINGS):
            while time.monotonic() < self._end:
                server = chance.choice(self.servers)
                try:
                    if server.url not in clients:
                        clients[server.url] = Client(server.url, self.database, login, PASSWORD)
                    [answer] = clients[server.url].call(
                        "crisis.case", "web_read", [case], {"background": {}}
                    )
                except (requests.RequestException, RuntimeError, ValueError):
                    clients.pop(server.url, None)
                    self.failed += 1
                    time.sleep(0.2)
                    continue
                if answer["background"]:
                    with self._lock:
                        self.shown.append((login, case))
                    break
            # so that servers are killed while people read
            time.sleep(chance.uniform(0, 5))

    def kill(self) -> None:
        """Kill one server after the other, at random moments, and start another one."""
        chance = random.Random(4711)
        while not self.done.is_set() and self.kills < KILLS:
            time.sleep(chance.uniform(1, 4))
            if self.done.is_set():
                return
            number = chance.randrange(2)
            self.servers[number].kill()
            self.kills += 1
            self.servers[number] = running(self.databases, self.database)

    def run(self, check) -> int:
        """Let all read, kill and check at the same time; return how often was checked."""
        readers = [threading.Thread(target=self.read, args=[login]) for login in self.logins]
        killer = threading.Thread(target=self.kill)
        for thread in (*readers, killer):
            thread.start()
        checks = 0
        while checks < CHECKS or any(thread.is_alive() for thread in readers):
            check()
            checks += 1
            time.sleep(0.2)
        for thread in readers:
            thread.join()
        self.done.set()
        killer.join()
        return checks

    def stop(self) -> None:
        """End the servers."""
        for server in self.servers:
            server.stop()


def cost(database: str, case: int, uid: int) -> tuple[float, float]:
    """Return (milliseconds, statements on the second connection) that one reading costs.

    Medians of ``TRANSACTIONS`` transactions that read, less those of as many that do not.
    """
    from odoo import SUPERUSER_ID, api
    from odoo.addons.crisis_intervention import register
    from odoo.modules.registry import Registry

    registry = Registry(database)
    statements: list[int] = []
    real = register._enter

    def counted(env, cr, rows):
        before = cr.sql_log_count
        real(env, cr, rows)
        statements.append(cr.sql_log_count - before)

    def spent(reads: bool) -> float:
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            record = env["crisis.case"].browse(case)
            record.fetch(["name"])
            begin = time.perf_counter()
            if reads:
                register.note_reading(env, uid, record, "background", "form")
            cr.commit()
            return (time.perf_counter() - begin) * 1000

    register._enter = counted
    try:
        times = [(spent(False), spent(True)) for _number in range(TRANSACTIONS)]
    finally:
        register._enter = real
    without, with_ = (statistics.median(column) for column in zip(*times, strict=True))
    return with_ - without, statistics.median(statements)


def measure(databases, database: str) -> int:
    """Run the crowd, and tell what was found; return 1 where a reading was lost or it costs more."""
    from odoo import SUPERUSER_ID, api
    from odoo.addons.crisis_intervention.register_check import check_chain
    from odoo.modules.registry import Registry

    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        logins = add_people(env)
        cases = env["crisis.case"].search([]).ids
        uids = {user.login: user.id for user in env["res.users"].search([])}
    faults: list = []

    def check():
        with Registry(database).cursor() as cr:
            found = check_chain(api.Environment(cr, SUPERUSER_ID, {}), {}).faults
            faults.extend(fault for fault in found if fault not in faults)

    crowd = Crowd(databases, database, logins, cases)
    try:
        checks = crowd.run(check)
    finally:
        crowd.stop()
    check()
    with Registry(database).cursor() as cr:
        cr.execute(
            "SELECT user_id, res_id FROM crisis_disclosure"
            " WHERE kind = 'reading' AND res_model = 'crisis.case' AND field_names = 'background'"
        )
        registered = set(cr.fetchall())
    lost = [one for one in crowd.shown if (uids[one[0]], one[1]) not in registered]
    spent, statements = cost(database, cases[0], uids[logins[0]])
    print(
        f"{len(crowd.shown)} readings shown to {len(logins)} people at two servers, {crowd.kills} "
        f"kills, {crowd.failed} calls without an answer; {checks} checks of the register\n"
        f"shown without a row: {len(lost)}; faults of the chain: {len(faults)} {faults[:3]}\n"
        f"one reading costs {spent:.1f} ms and {statements:.0f} statement on the second "
        f"connection (budget {BUDGET_MS:.0f} ms, {BUDGET_STATEMENTS})"
    )
    complete = len(crowd.shown) == PEOPLE * READINGS and not lost and not faults
    return not (complete and spent <= BUDGET_MS and statements <= BUDGET_STATEMENTS)
