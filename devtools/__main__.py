"""The command line of ``./dev``."""

import argparse
import signal
import subprocess
import sys

from .common import ROOT, DevError


def _parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands."""
    parser = argparse.ArgumentParser(prog="./dev", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="a demo school in the browser")
    serve.add_argument("--reset", action="store_true", help="start over with fresh demo data")
    serve.add_argument("--port", type=int, help="TCP port (8069 if free)")
    serve.add_argument("--no-demo", action="store_true", help="a database without demo data")
    test = commands.add_parser("test", help="all tests, or those of WHAT")
    test.add_argument("what", nargs="?", help="test module (test_case) or Odoo test tag")
    test.add_argument("--long", action="store_true", help="also what takes long")
    test.add_argument("--keep", action="store_true", help="keep the database")
    test.add_argument(
        "--addons", nargs=2, metavar=("DIR", "NAME"), help="test addon NAME of DIR on top"
    )
    commands.add_parser(
        "bench", help="times against Odoo's own apps", add_help=False, prefix_chars="\0"
    ).add_argument("arguments", nargs="*")
    shell = commands.add_parser("shell", help="Odoo's shell on the demo database")
    shell.add_argument("script", nargs="?", help="run this file instead, with env")
    commands.add_parser("lint", help="ruff, pylint-odoo, XML, JavaScript")
    i18n = commands.add_parser("i18n", help="update and check the translations")
    i18n.add_argument("--check", action="store_true", help="write nothing")
    commands.add_parser("matrix", help="write the access matrix of the tests into the README")
    return parser


def _dispatch(args: argparse.Namespace) -> int:
    """Run the chosen subcommand and return its exit code."""
    # imported late: each command loads only what it needs
    if args.command == "serve":
        from .serve import serve

        return serve(args.reset, args.port, not args.no_demo)
    if args.command == "shell":
        from .serve import shell

        return shell(args.script)
    if args.command == "test":
        from .testrun import main

        return main(args.what, args.long, args.addons, args.keep)
    if args.command == "lint":
        from .lint import main

        return main()
    if args.command == "matrix":
        from .matrix import main

        return main()
    if args.command == "i18n":
        from .i18n import main

        return main(args.check)
    from .workshop import opened

    with opened() as workshop:
        command = [str(workshop.python), str(ROOT / "bench/run.py"), *args.arguments]
        environment = {**workshop.environment(), "CRISIS_BENCH": workshop.bench_settings()}
        return subprocess.run(command, env=environment, check=False).returncode


def main() -> int:
    """Run ``./dev`` and show failures without a traceback."""
    # being told to end is like Ctrl+C: servers started here are stopped on the way out
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _dispatch(_parser().parse_args())
    except DevError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
