"""Tests of ``./dev verify``: what is asked of Odoo's command, and what is refused before."""

import unittest
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

from devtools import verify
from devtools.__main__ import _parser
from devtools.common import DevError
from devtools.workshop import Workshop


class TestVerify(unittest.TestCase):
    def _run(self, *typed, known=("crisis_demo", "other"), code=0):
        """Run ``./dev verify`` as typed; return (exit code, command, databases prepared)."""
        prepared, commands = [], []

        @contextmanager
        def opened():
            yield SimpleNamespace(
                databases=lambda: set(known),
                own_command=lambda *parts: list(parts),
                environment=dict,
            )

        def run(command, **_options):
            commands.append(command)
            return SimpleNamespace(returncode=code)

        with (
            patch.object(verify, "opened", opened),
            patch.object(verify, "prepare", lambda _w, database, reset: prepared.append(database)),
            patch.object(verify.subprocess, "run", run),
        ):
            args = _parser().parse_args(["verify", *typed])
            return args.run(args), commands[0], prepared

    def test_demo_school(self):
        self.assertEqual(self._run(), (0, ["crisis_verify", "-d", "crisis_demo"], ["crisis_demo"]))

    def test_everything_is_handed_on(self):
        code, command, prepared = self._run(
            *(
                "--database",
                "other",
                "--anchors",
                "kept.txt",
                "--mail",
                "3:ab",
                "--files",
                "--accept-restore",
            ),
            code=1,
        )
        self.assertEqual((code, prepared), (1, []))
        self.assertEqual(
            command,
            [
                *("crisis_verify", "-d", "other", "--anchors", str(Path("kept.txt").resolve())),
                *("--mail", "3:ab", "--files", "--accept-restore"),
            ],
        )

    def test_odoo_finds_the_command(self):
        """Commands of addons are found by the path of the addons, said before their name."""
        workshop = Workshop.__new__(Workshop)
        workshop.python, workshop.addons_path = "python", "a,b"
        with patch.object(Workshop, "_configuration", lambda _self: "odoo.conf"):
            command = workshop.own_command("crisis_verify", "-d", "x")
        self.assertEqual(
            command[-6:], ["--addons-path=a,b", "crisis_verify", "-c", "odoo.conf", "-d", "x"]
        )

    def test_another_database_has_to_be_there(self):
        with self.assertRaises(DevError):
            self._run("--database", "gone")
