"""``./dev serve``: a demo school in the browser; ``./dev shell``: Odoo's shell on it."""

import hashlib
import subprocess
import sys
from pathlib import Path

from .common import CACHE, ROOT, DevError, Step, addons, note
from .results import complaints
from .workshop import LANGUAGE, Workshop, free_port, opened

DATABASE = "crisis_demo"
_STAMP = CACHE / "demo.stamp"


def serve(reset: bool, port: int | None) -> int:
    """Serve the demo school until interrupted.

    :param reset: start over with fresh demo data
    :param port: TCP port; 8069 or, when taken, a free one by default
    """
    with opened() as workshop:
        prepare(workshop, reset)
        port = port or _port()
        _print_logins(workshop, port)
        command = workshop.command(
            "server", "-d", DATABASE, f"--http-port={port}", "--log-level=warn"
        )
        process = subprocess.Popen(command, env=workshop.environment())
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            note("Stopped. The data stays; ./dev serve starts it again.")
            return 0


def shell(script: str | None) -> int:
    """Open Odoo's shell on the demo database, or run ``script`` in it with ``env``."""
    with opened() as workshop:
        prepare(workshop, reset=False)
        command = workshop.command("shell", "-d", DATABASE, "--no-http", "--log-level=warn")
        stdin = Path(script).open() if script else sys.stdin  # noqa: SIM115 - ends with the process
        return subprocess.run(
            command, env=workshop.environment(), stdin=stdin, check=False
        ).returncode


def prepare(workshop: Workshop, reset: bool) -> None:
    """Make the demo database, or bring it up to date with the addons' files."""
    state = _state()
    names = ",".join(addons())
    log = workshop.logs / "serve.log"
    options = ["-d", DATABASE, "--stop-after-init", "--no-http", "--max-cron-threads=0"]
    if reset or DATABASE not in workshop.databases() or not _STAMP.exists():
        template = workshop.template(demo=True)
        text = "Demo school"
        options += ["-i", names, "--with-demo", f"--load-language={LANGUAGE}"]
    elif _STAMP.read_text() == state:
        return
    else:
        template = None
        text = "Update of the addons"
        options += ["-u", names, "--i18n-overwrite"]
    with Step(text):
        _STAMP.unlink(missing_ok=True)
        if template:
            workshop.copy(template, DATABASE)
        code = workshop.call(log, "server", *options)
        problems = complaints(log.read_text(encoding="utf-8"))
        if code or any(line.startswith(("ERROR", "CRITICAL")) for line in problems):
            raise DevError("Odoo failed:\n" + "\n".join(problems[-3:]) + f"\nSee {log}")
        _STAMP.write_text(state)


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
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 8069))
        except OSError:
            return free_port()
    return 8069


def _print_logins(workshop: Workshop, port: int) -> None:
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
        DATABASE,
    )
    note(f"\nhttp://localhost:{port}   (Ctrl+C stops it)\n")
    note("Demo logins; the password is the login. admin / admin configures.")
    for row in rows:
        login, name, school, roles = row.split("|")
        note(f"  {login:<16} {name}  {school}  {roles}")
    note("")
