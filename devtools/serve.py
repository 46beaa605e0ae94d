"""``./dev serve``: a demo school in the browser; ``./dev shell``: Odoo's shell on it."""

import hashlib
import socket
import subprocess
import sys
import time
from pathlib import Path

from .common import CACHE, ROOT, DevError, Step, addons, locked, note
from .results import complaints
from .workshop import LANGUAGE, Workshop, free_port, opened

DEMO = "crisis_demo"
EMPTY = "crisis_empty"


def serve(reset: bool, port: int | None, demo: bool) -> int:
    """Serve the demo school until interrupted.

    :param reset: start over with fresh data
    :param port: TCP port; 8069 or, when taken, a free one by default
    :param demo: with demo data; otherwise a database of its own that has none
    """
    database = DEMO if demo else EMPTY
    with opened() as workshop:
        prepare(workshop, database, reset)
        port = port or _port()
        _tell_address(workshop, database, port)
        command = workshop.command(
            "server", "-d", database, f"--http-port={port}", "--log-level=warn"
        )
        process = subprocess.Popen(command, env=workshop.environment())
        try:
            with Step("Start of the server"):
                _wait_for(process, port)
            _print_logins(workshop, database, port)
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            note("Stopped. The data stays; ./dev serve starts it again.")
            return 0


def shell(script: str | None) -> int:
    """Open Odoo's shell on the demo database, or run ``script`` in it with ``env``."""
    with opened() as workshop:
        prepare(workshop, DEMO, reset=False)
        command = workshop.command("shell", "-d", DEMO, "--no-http", "--log-level=warn")
        stdin = Path(script).open() if script else sys.stdin  # noqa: SIM115 - ends with the process
        return subprocess.run(
            command, env=workshop.environment(), stdin=stdin, check=False
        ).returncode


def prepare(workshop: Workshop, database: str, reset: bool) -> None:
    """Make the database, or bring it up to date with the addons' files and keep its data."""
    stamp = CACHE / f"{database.removeprefix('crisis_')}.stamp"
    with locked(database):
        state = _state()
        names = ",".join(addons())
        if reset or database not in workshop.databases():
            demo = database == DEMO
            template = workshop.template(demo=demo)
            # it gets its name when it is complete: a database of that name is never half made
            building = f"{database}_building"
            with Step("Demo school" if demo else "Empty school"):
                workshop.copy(template, building, durable=True)
                # another school than the last one of that name, of which a file knows the register
                workshop.server.query(
                    "UPDATE ir_config_parameter SET value = gen_random_uuid()"
                    " WHERE key = 'database.uuid'",
                    building,
                )
                options = ["--with-demo"] if demo else []
                _load(workshop, building, "-i", names, f"--load-language={LANGUAGE}", *options)
                workshop.rename(building, database)
        elif not stamp.exists() or stamp.read_text() != state:
            with Step("Update of the addons"):
                _load(workshop, database, "-u", names, "--i18n-overwrite")
        stamp.write_text(state)


def _load(workshop: Workshop, database: str, *options: str) -> None:
    """Let Odoo install or update addons.

    :raises DevError: it failed, or logged an error
    """
    log = workshop.logs / "serve.log"
    common = ("-d", database, "--stop-after-init", "--no-http", "--max-cron-threads=0")
    code = workshop.call(log, "server", *common, *options)
    problems = complaints(log.read_text(encoding="utf-8"))
    if code or any(line.startswith(("ERROR", "CRITICAL")) for line in problems):
        raise DevError("Odoo failed:\n" + "\n".join(problems[-3:]) + f"\nSee {log}")


def _tell_address(workshop: Workshop, database: str, port: int) -> None:
    """Store where the server will answer: links in mails and the styles of documents need it."""
    workshop.server.query(
        "INSERT INTO ir_config_parameter (key, value) "
        f"VALUES ('web.base.url', 'http://localhost:{port}') "
        "ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value",
        database,
    )


def _wait_for(process: subprocess.Popen, port: int) -> None:
    """Wait until the server answers on ``port``.

    :raises DevError: it ended instead
    """
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise DevError(f"Odoo's server ended with exit code {process.returncode}.")


def _state() -> str:
    """Return a fingerprint of the files of all addons."""
    hashed = hashlib.sha256()
    for name in addons():
        for path in sorted((ROOT / name).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                hashed.update(str(path.relative_to(ROOT)).encode())
                hashed.update(path.read_bytes())
    return hashed.hexdigest()


def _port() -> int:
    """Return 8069, or a free port when it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 8069))
        except OSError:
            return free_port()
    return 8069


def _print_logins(workshop: Workshop, database: str, port: int) -> None:
    """Print the address and who may log in; the password of a demo user is the login."""
    rows = workshop.server.query(
        "SELECT u.login, p.name, c.name, COALESCE((SELECT string_agg(g.name->>'en_US', ', ') "
        "  FROM res_groups g JOIN res_groups_users_rel r ON r.gid = g.id "
        "  JOIN ir_model_data gd ON gd.model = 'res.groups' AND gd.res_id = g.id "
        "  WHERE r.uid = u.id AND gd.module LIKE 'crisis%'), '') "
        "FROM res_users u JOIN res_partner p ON p.id = u.partner_id "
        "JOIN res_company c ON c.id = u.company_id "
        "JOIN ir_model_data d ON d.model = 'res.users' AND d.res_id = u.id "
        "WHERE d.module LIKE 'crisis%' ORDER BY c.id, u.id",
        database,
    )
    note(f"\nhttp://localhost:{port}   (Ctrl+C stops it)\n")
    note("The password of each login is the login itself.")
    note("  admin            configures")
    for row in rows:
        login, name, school, roles = row.split("|")
        note(f"  {login:<16} {name}  {school}  {roles}")
    note("")
