"""The command line of ``./dev``."""

import argparse
import os
import signal
import subprocess
import sys

from .common import ROOT, DevError
from .odoo_source import NEWER


def _parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands; each says by ``run`` what does it."""
    parser = argparse.ArgumentParser(prog="./dev", description=__doc__)
    parser.add_argument(
        "--newer-odoo", action="store_true", help="with the newest Odoo 19 of the Debian mirror"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="a demo school in the browser")
    serve.add_argument("--reset", action="store_true", help="start over with fresh demo data")
    serve.add_argument("--port", type=int, help="TCP port (8069 if free)")
    serve.add_argument("--no-demo", action="store_true", help="a database without demo data")
    serve.set_defaults(run=_serve)
    test = commands.add_parser("test", help="all tests, or those of WHAT")
    test.add_argument("what", nargs="?", help="test module (test_case) or Odoo test tag")
    test.add_argument("--long", action="store_true", help="also what takes long")
    test.add_argument(
        "--odoo", action="store_true", help="Odoo's own tests, with our addons and without"
    )
    test.add_argument("--keep", action="store_true", help="keep the databases")
    test.add_argument("--record", action="store_true", help="write how long each file took")
    test.add_argument(
        "--addons", nargs=2, metavar=("DIR", "NAME"), help="test addon NAME of DIR on top"
    )
    test.set_defaults(run=_test)
    bench = commands.add_parser(
        "bench", help="times against Odoo's own apps", add_help=False, prefix_chars="\0"
    )
    bench.add_argument("arguments", nargs="*")
    bench.set_defaults(run=_bench)
    shell = commands.add_parser("shell", help="Odoo's shell on the demo database")
    shell.add_argument("script", nargs="?", help="run this file instead, with env")
    shell.set_defaults(run=_shell)
    verify = commands.add_parser(
        "verify", help="check the register of the demo school: chain, archives, signed records"
    )
    verify.add_argument("--database", help="another database of this machine")
    verify.add_argument("--anchors", metavar="FILE", help="compare with the ends in this file")
    verify.add_argument("--mail", metavar="NUMBER:LINK", help="compare with the end out of a mail")
    verify.add_argument("--files", action="store_true", help="open files of signed records")
    verify.add_argument(
        "--accept-restore", action="store_true", help="a restored backup is the right one"
    )
    verify.set_defaults(run=_verify)
    backup = commands.add_parser("backup", help="save a school: database, files, register, keys")
    backup.add_argument("folder", nargs="?", help="where to (default: in the cache folder)")
    backup.add_argument("--database", help="another database than the demo school")
    backup.set_defaults(run=_backup)
    restore = commands.add_parser("restore", help="restore what backup has saved, and check it")
    restore.add_argument("folder", help="the folder of the backup")
    restore.add_argument("--database", help="name of the new database")
    restore.add_argument("--keys", metavar="FILE", help="keys, if not beside the folder")
    restore.add_argument(
        "--copy", action="store_true", help="a copy to test with: it sends nothing"
    )
    restore.set_defaults(run=_restore)
    drill = commands.add_parser("drill", help="back up and restore the demo school, as an exercise")
    drill.set_defaults(run=_drill)
    lint = commands.add_parser("lint", help="linters, types, import circles, rules of this house")
    lint.set_defaults(run=_lint)
    i18n = commands.add_parser("i18n", help="update and check the translations")
    i18n.add_argument("--check", action="store_true", help="write nothing")
    i18n.set_defaults(run=_i18n)
    matrix = commands.add_parser(
        "matrix", help="write the access matrix of the tests into docs/ACCESS.md"
    )
    matrix.set_defaults(run=_matrix)
    guard = commands.add_parser("guard", help="the table of what is overridden of Odoo's code")
    guard.add_argument(
        "--accept", action="store_true", help="overrides were read against the Odoo of now"
    )
    guard.set_defaults(run=_guard)
    upgrade = commands.add_parser(
        "upgrade-check", help="update a demo school of a release, and compare its records"
    )
    upgrade.add_argument("release", nargs="?", help="version (default: the last one)")
    upgrade.add_argument("--keep", action="store_true", help="keep the updated database")
    upgrade.set_defaults(run=_upgrade_check)
    return parser


# imported late: each command loads only what it needs
def _serve(args: argparse.Namespace) -> int:
    from .serve import serve

    return serve(args.reset, args.port, not args.no_demo)


def _test(args: argparse.Namespace) -> int:
    if args.odoo:
        from .odoo_tests import main as odoo_tests

        return odoo_tests(args.what, args.keep)
    from .testrun import main

    return main(args.what, args.long, args.addons, args.keep, args.record)


def _bench(args: argparse.Namespace) -> int:
    from .workshop import opened

    with opened() as workshop:
        command = [str(workshop.python), str(ROOT / "bench/run.py"), *args.arguments]
        environment = {**workshop.environment(), "CRISIS_BENCH": workshop.bench_settings()}
        return subprocess.run(command, env=environment, check=False).returncode


def _shell(args: argparse.Namespace) -> int:
    from .serve import shell

    return shell(args.script)


def _verify(args: argparse.Namespace) -> int:
    from .verify import main

    return main(args.database, args.anchors, args.mail, args.files, args.accept_restore)


def _backup(args: argparse.Namespace) -> int:
    from .backup import backup_main

    return backup_main(args.database, args.folder)


def _restore(args: argparse.Namespace) -> int:
    from .backup import restore_main

    return restore_main(args.folder, args.database, args.keys, args.copy)


def _drill(_args: argparse.Namespace) -> int:
    from .backup import drill_main

    return drill_main()


def _lint(_args: argparse.Namespace) -> int:
    from .lint import main

    return main()


def _i18n(args: argparse.Namespace) -> int:
    from .i18n import main

    return main(args.check)


def _matrix(_args: argparse.Namespace) -> int:
    from .matrix import main

    return main()


def _guard(args: argparse.Namespace) -> int:
    from .guard import main

    return main(args.accept)


def _upgrade_check(args: argparse.Namespace) -> int:
    from .upgrade import main

    return main(args.release, args.keep)


def main() -> int:
    """Run ``./dev`` and show failures without a traceback."""
    # being told to end is like Ctrl+C: servers started here are stopped on the way out
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    args = _parser().parse_args()
    if args.newer_odoo:
        os.environ[NEWER] = "1"
    try:
        return args.run(args)
    except DevError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
