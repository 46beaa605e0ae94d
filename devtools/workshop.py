"""Everything needed to run Odoo: source, Python, server; and its databases with their filestores."""

import base64
import json
import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

from . import odoo_source, postgres, python_env, system_tools
from .common import CACHE, ROOT, DevError, Step, addons, digest, locked, manifest

_RUN = "import sys; sys.argv[0] = 'odoo'; from odoo.cli.command import main; main()"
LANGUAGE = "zh_CN"
# The variable that the addon takes the keys of sealed texts from.
SEAL_KEYS = "CRISIS_SEAL_KEYS"


class Workshop:
    """Runs Odoo on databases of its own."""

    def __init__(self, extra_addons: Path | None = None):
        self.odoo = odoo_source.get()
        self.python = python_env.odoo_python()
        self.tools = python_env.tools_python()
        system_tools.ensure()
        self.server = postgres.start(self.tools)
        self.data_dir = CACHE / "data"
        self.logs = CACHE / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.own_folders = [ROOT, *([extra_addons.resolve()] if extra_addons else [])]
        self.addons_path = ",".join(map(str, [*self.odoo.addons, *self.own_folders]))

    def environment(self) -> dict[str, str]:
        """Return the environment in which Odoo runs."""
        return {
            **os.environ,
            **self.server.environment,
            SEAL_KEYS: self._seal_keys(),
            "PYTHONPATH": str(self.odoo.path),
            "PATH": system_tools.browser_path(),
            "PYTHONWARNINGS": "ignore",
            # Odoo starts often: compiled once, and not into the folders of the sources
            "PYTHONPYCACHEPREFIX": str(CACHE / "pycache"),
            "PYTHONDONTWRITEBYTECODE": "",
        }

    def _seal_keys(self) -> str:
        """Return the keys for sealed texts: those of the environment, or one of our own.

        Our own is made once and kept in the cache folder, as the demo school needs it for good.
        """
        path = CACHE / "seal_keys"
        with locked("seal_keys"):
            if not path.exists():
                path.touch(mode=0o600)
                path.write_text(f"dev:{base64.b64encode(os.urandom(32)).decode()}")
            return os.environ.get(SEAL_KEYS) or path.read_text().strip()

    def command(self, name: str, *args: str) -> list[str]:
        """Return the command line of one of Odoo's commands, with our configuration."""
        return [str(self.python), "-c", _RUN, name, "-c", str(self._configuration()), *args]

    def own_command(self, name: str, *args: str) -> list[str]:
        """Return the command line of a command that our addons bring, which Odoo finds by their path."""
        *start, _name, dash_c, path = self.command(name)
        return [*start, f"--addons-path={self.addons_path}", name, dash_c, path, *args]

    def start(self, log: Path, name: str, *args: str, **options) -> subprocess.Popen:
        """Start one of Odoo's commands with its output in ``log``."""
        with log.open("w", encoding="utf-8") as output:
            return subprocess.Popen(
                self.command(name, *args),
                env=self.environment(),
                stdin=options.pop("stdin", subprocess.DEVNULL),
                stdout=output,
                stderr=subprocess.STDOUT,
                **options,
            )

    def call(self, log: Path, name: str, *args: str, **options) -> int:
        """Run one of Odoo's commands with its output in ``log``; return its exit code."""
        process = self.start(log, name, *args, **options)
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise

    def install(self, log: Path, database: str, names: list[str], *options: str) -> None:
        """Install addons on a database.

        :raises DevError: Odoo failed
        """
        common = ("-d", database, "--stop-after-init", "--no-http", "--max-cron-threads=0")
        if self.call(log, "server", *common, "-i", ",".join(names), *options):
            raise DevError(f"Odoo failed, see {log}")

    def _configuration(self) -> Path:
        """Write the configuration file that all of Odoo's commands share."""
        path = CACHE / f"odoo-{digest(self.addons_path)}.conf"
        connection = self.server.environment
        lines = {
            "addons_path": self.addons_path,
            "data_dir": self.data_dir,
            "db_host": connection["PGHOST"],
            "db_port": connection.get("PGPORT", "5432"),
            "db_user": connection.get("PGUSER", os.environ.get("USER", "odoo")),
            "db_maxconn": 64,
            "http_interface": "127.0.0.1",
            "list_db": False,
            "workers": 0,
        }
        if connection.get("PGPASSWORD"):
            lines["db_password"] = connection["PGPASSWORD"]
        text = "[options]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            path.chmod(0o600)
        return path

    def databases(self) -> set[str]:
        """Return the names of all databases."""
        return set(self.server.query("SELECT datname FROM pg_database"))

    def filestore(self, database: str) -> Path:
        """Return the folder with the files of a database."""
        return self.data_dir / "filestore" / database

    def drop(self, database: str) -> None:
        """Remove a database and its filestore, if they exist."""
        self.server.call("dropdb", "--if-exists", "--force", database)
        shutil.rmtree(self.filestore(database), ignore_errors=True)

    def copy(self, source: str, target: str, durable: bool = False) -> None:
        """Copy a database together with its filestore, in place of an older copy.

        :param durable: what is committed outlives a crash; tests need not wait for that
        """
        self.drop(target)
        self.server.call("createdb", "-T", source, target)
        if self.filestore(source).exists():
            shutil.copytree(self.filestore(source), self.filestore(target))
        if not durable:
            self.server.query(f'ALTER DATABASE "{target}" SET synchronous_commit TO off')

    def rename(self, source: str, target: str) -> None:
        """Give a database and its filestore another name, in place of what has that name."""
        self.drop(target)
        self.server.query(f'ALTER DATABASE "{source}" RENAME TO "{target}"')
        if self.filestore(source).exists():
            self.filestore(source).rename(self.filestore(target))

    def template(self, *modules: str, demo: bool = False, language: str = LANGUAGE) -> str:
        """Return the name of a database with what our addons depend on, made on the first use.

        :param modules: Odoo's addons to install besides
        :param demo: with demo data and in Chinese
        :param language: is loaded besides English; none if empty
        """
        needed = {name for addon in addons() for name in manifest(addon)["depends"]}
        needed = sorted((needed | set(modules)) - set(addons()))
        key = digest(str(self.odoo.path), self.odoo.version, *needed, str(demo), language)
        name = f"crisis_template_{key}"
        with locked(name):
            if name not in self.databases():
                self._build_template(name, needed, demo, language)
        return name

    def _build_template(self, name: str, needed: list[str], demo: bool, language: str) -> None:
        """Install ``needed`` on a database that gets its name when it is complete."""
        building = f"{name}_building"
        self.drop(building)
        options = ["--with-demo"] if demo else []
        if language:
            options.append(f"--load-language={language}")
        log = self.logs / f"{name}.log"
        with Step("Template database with " + ", ".join(needed)):
            code = self.call(
                log,
                "server",
                *("-d", building, "-i", ",".join(needed), "--stop-after-init", "--no-http"),
                *("--max-cron-threads=0", *options),
            )
            if code:
                raise DevError(f"Odoo failed, see {log}")
            self.rename(building, name)

    def bench_settings(self) -> str:
        """Return what bench/run.py needs, as JSON: configuration file, template database, paths."""
        return json.dumps(
            {
                "addons_path": self.addons_path,
                "data_dir": str(self.data_dir),
                "config": str(self._configuration()),
                "template": self.template("crm", "hr_recruitment", "project"),
            }
        )

    def close(self) -> None:
        """Let go of the database server."""
        self.server.release()


@contextmanager
def opened(extra_addons: Path | None = None):
    """Give a workshop, and let go of its server afterwards."""
    workshop = Workshop(extra_addons)
    try:
        yield workshop
    finally:
        workshop.close()


def free_port() -> int:
    """Return a TCP port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
