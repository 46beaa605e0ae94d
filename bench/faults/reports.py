"""Is every confirmed report there exactly once, when servers and backends are killed meanwhile.

Each client sends the same request, with the same token, until it is confirmed.
"""

import random
import threading
import time

import psycopg2
import requests

from ..client import PASSWORD, Client
from ..readings import add_people
from ..server import running

SEED = 4711
_RAW = ("psycopg2", "Traceback", "DETAIL", "terminating connection", "could not serialize")
_ONCE_MORE_SECONDS = 60


class Reporters:
    """People who report at two servers, and somebody who kills these and their backends."""

    def __init__(self, databases, database: str, logins: list[str], students: list[int]):
        self.databases, self.database = databases, database
        self.logins, self.students = logins, students
        # token to the id that the server has confirmed
        self.confirmed: dict[str, int] = {}
        self.unconfirmed: list[str] = []
        self.raw: list[str] = []
        self.repeated = 0
        self.kills = {"server": 0, "backend": 0}
        self.servers = [running(databases, database) for _number in range(2)]
        self.done = threading.Event()
        self._lock = threading.Lock()

    def report(self, login: str) -> None:
        """File one report after the other until the killing is done."""
        chance = random.Random(f"{SEED} {login}")
        number = 0
        while not self.done.is_set():
            number += 1
            self._send(login, f"{login}-{number}", chance)
            time.sleep(chance.uniform(0, 1))

    def _send(self, login: str, token: str, chance: random.Random) -> None:
        """Send one report until it is confirmed."""
        values = {
            "student_ids": [[4, chance.choice(self.students)]],
            "description": token,
            "location": "classroom",
            "immediate_danger": "no",
            "told_in_person": "yes",
        }
        end = time.monotonic() + _ONCE_MORE_SECONDS
        while time.monotonic() < end:
            try:
                client = Client(chance.choice(self.servers).url, self.database, login, PASSWORD)
                [answer] = client.call(
                    *("crisis.concern", "web_save", [], values),
                    specification={"name": {}},
                    context={"crisis_once": token},
                )
            except (requests.RequestException, RuntimeError, ValueError) as error:
                with self._lock:
                    self.repeated += 1
                    # a server that is gone speaks no Odoo: only what Odoo said counts
                    if isinstance(error, RuntimeError) and any(w in str(error) for w in _RAW):
                        self.raw.append(str(error))
                time.sleep(0.2)
                continue
            with self._lock:
                self.confirmed[token] = answer["id"]
            return
        with self._lock:
            self.unconfirmed.append(token)

    def kill(self, count: int) -> None:
        """Kill servers and backends in turn, at random moments."""
        chance = random.Random(SEED)
        for number in range(count):
            time.sleep(chance.uniform(0.5, 2))
            if number % 2:
                which = chance.randrange(2)
                self.servers[which].kill()
                self.servers[which] = running(self.databases, self.database)
                self.kills["server"] += 1
            else:
                self.kills["backend"] += self._end_backend()

    def _end_backend(self) -> int:
        """End a backend of this database that is busy, if there is one; return how many."""
        connection = psycopg2.connect(dbname=self.database)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid != pg_backend_pid()"
                    " ORDER BY state = 'idle', random() LIMIT 1"
                )
                return cursor.rowcount
        finally:
            connection.close()

    def run(self, kills: int) -> None:
        """Let all report until so many kills are done."""
        threads = [threading.Thread(target=self.report, args=[login]) for login in self.logins]
        for thread in threads:
            thread.start()
        try:
            self.kill(kills)
        finally:
            self.done.set()
            for thread in threads:
                thread.join()
            for server in self.servers:
                server.stop()


def measure(databases, database: str, kills: int) -> int:
    """Run it, and tell what was found; return 1 where an act was lost, doubled or half done."""
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry

    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        logins = add_people(env)
        students = env["crisis.student"].search([], limit=50).ids
        cr.execute("SELECT coalesce(max(id), 0) FROM crisis_concern")
        [before] = cr.fetchone()
    databases.close()
    crowd = Reporters(databases, database, logins, students)
    crowd.run(kills)
    connection = psycopg2.connect(dbname=database)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, count(r.student_id) FROM crisis_concern c LEFT JOIN"
            " crisis_concern_student_rel r ON r.concern_id = c.id WHERE c.id > %s GROUP BY c.id",
            [before],
        )
        rows = dict(cursor.fetchall())
    connection.close()
    ids = set(crowd.confirmed.values())
    lost, half = len(ids - rows.keys()), sum(not count for count in rows.values())
    # two tokens with one id are lost; rows that nobody was told of were made twice
    lost += len(crowd.confirmed) - len(ids)
    doubled = len(rows.keys() - ids)
    print(
        f"kills: {crowd.kills}; calls without an answer, sent again: {crowd.repeated}\n"
        f"confirmed {len(crowd.confirmed)}, found {len(rows)}, doubled {doubled}, lost {lost}, "
        f"half {half}, never confirmed {len(crowd.unconfirmed)}, raw errors {len(crowd.raw)} "
        f"{crowd.raw[:2]}"
    )
    return int(bool(not ids or lost or doubled or half or crowd.unconfirmed or crowd.raw))
