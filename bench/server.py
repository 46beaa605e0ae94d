"""Databases to fill, and an Odoo server on each of them."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg2
import requests
from psycopg2 import sql

_ODOO = "import sys; sys.argv[0] = 'odoo'; from odoo.cli.command import main; main()"
# method, path and status as werkzeug logs them; then queries, their seconds, the other seconds
_REQUEST = re.compile(r'"POST /web/dataset/call_kw/\S+ [^"]*" \d+ - (\d+) ([\d.]+) ([\d.]+)')
_START_SECONDS = 120


class Databases:
    """Makes and removes the databases of the benchmark."""

    def __init__(self, settings: dict):
        """Keep the settings.

        :param settings: config (of Odoo), data_dir, template (name of a database)
        """
        self.config = settings["config"]
        self.template = settings["template"]
        self.addons_path = settings["addons_path"]
        self.filestores = Path(settings["data_dir"]) / "filestore"
        from odoo.tools import config

        config.parse_config(["-c", self.config, "--log-level=warn"])

    def name(self, suffix: str) -> str:
        """Return a database name of this process."""
        return f"crisis_bench_{os.getpid()}_{suffix}"

    def _execute(self, database: str, statement: str, *names: str) -> None:
        """Run one statement outside of a transaction."""
        connection = psycopg2.connect(dbname=database)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
        finally:
            connection.close()

    def copy(self, source: str, target: str) -> None:
        """Copy a database with its filestore."""
        self._execute("postgres", "CREATE DATABASE {} TEMPLATE {}", target, source)
        if (self.filestores / source).exists():
            shutil.copytree(self.filestores / source, self.filestores / target)

    def drop(self, name: str) -> None:
        """Remove a database and its filestore."""
        self._execute("postgres", "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        shutil.rmtree(self.filestores / name, ignore_errors=True)

    def analyze(self, name: str) -> None:
        """Let PostgreSQL know what is in the tables."""
        self._execute(name, "VACUUM ANALYZE")

    def close(self) -> None:
        """Close this process's own connections."""
        from odoo.sql_db import close_all

        close_all()

    def command(self, *args: str) -> list[str]:
        """Return the command line that runs Odoo's server."""
        return [sys.executable, "-c", _ODOO, "server", "-c", self.config, *args]

    def install(self, name: str, *besides: str) -> None:
        """Install the addon, and further ones of Odoo ``besides``.

        :raises RuntimeError: Odoo fails
        """
        done = subprocess.run(
            self.command(
                *("-d", name, "-i", ",".join(["crisis_intervention", *besides])),
                *("--stop-after-init", "--no-http"),
                *("--log-level=warn", "--max-cron-threads=0"),
            ),
            check=False,
        )
        if done.returncode:
            raise RuntimeError("the installation failed")


class Server:
    """An Odoo server on one database."""

    def __init__(self, databases: Databases, database: str, *options: str):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.database = database
        self.url = f"http://127.0.0.1:{port}"
        handle, self._log_name = tempfile.mkstemp(prefix="crisis_bench_", suffix=".log")
        self._process = subprocess.Popen(
            databases.command(
                *("-d", database, f"--db-filter=^{database}$", f"--http-port={port}"),
                *("--workers=0", "--max-cron-threads=0", "--log-level=info"),
                *options,
            ),
            stdout=handle,
            stderr=subprocess.STDOUT,
        )
        os.close(handle)
        self._log = open(self._log_name, encoding="utf-8", errors="replace")  # noqa: SIM115

    def wait(self) -> None:
        """Wait until the server answers.

        :raises RuntimeError: it ends, or does not answer in time
        """
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            try:
                requests.get(f"{self.url}/web/health", timeout=5)
                return
            except (requests.ConnectionError, requests.Timeout):
                time.sleep(0.3)
        raise RuntimeError(f"Odoo does not start:\n{Path(self._log_name).read_text()[-3000:]}")

    def skip_log(self) -> None:
        """Forget the requests so far."""
        self._log.read()

    def queries(self) -> list[tuple[int, float]]:
        """Return (number of queries, their milliseconds) of each request since ``skip_log``."""
        return [
            (int(count), float(seconds) * 1000)
            for count, seconds, _rest in _REQUEST.findall(self._log.read())
        ]

    def kill(self) -> None:
        """End the server in the middle of whatever it does."""
        self._process.kill()
        self._process.wait()
        self.stop()

    def stop(self) -> None:
        """End the server, if that is not done yet."""
        if self._log.closed:
            return
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        os.unlink(self._log_name)


def running(databases: Databases, database: str, *options: str) -> Server:
    """Start a server, with further ``options`` of Odoo, and wait for it."""
    server = Server(databases, database, *options)
    try:
        server.wait()
    except BaseException:
        server.stop()
        raise
    return server
