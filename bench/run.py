"""``./dev bench``: times what the web client does with cases, next to Odoo's own apps."""

import argparse
import json
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.client import PASSWORD, Client, Contestant
from bench.report import print_comparison, print_scale, summary
from bench.server import Databases, running

OPERATIONS = ("kanban", "list", "form", "search", "drag", "create")
KINDS = {"psychology": "case", "head_teacher": "case"}
WARM_UP = 3


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--cases", type=int, default=2000, help="records of each model")
    parser.add_argument("--rounds", type=int, default=15, help="rounds that count")
    parser.add_argument("--role", choices=sorted(KINDS), action="append", help="default: both")
    parser.add_argument("--only", default=",".join(OPERATIONS), help="operations, with commas")
    parser.add_argument("--scale", help="two numbers of cases, such as 2000,100000")
    parser.add_argument("--forms", type=int, help="store and score so many forms, next to survey")
    parser.add_argument(
        "--confidential", action="store_true", help="cases with register and seals, and without"
    )
    parser.add_argument(
        "--readings", action="store_true", help="is each reading registered when servers are killed"
    )
    parser.add_argument("--faults", action="store_true", help="reports, while servers are killed")
    parser.add_argument("--kills", type=int, default=200, help="kills of --faults")
    parser.add_argument("--keep", action="store_true", help="keep the databases")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    return parser


def _progress(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def contestants(server, filled: dict, kinds: list[str], suffix: str = "") -> list[Contestant]:
    """Log the users of ``kinds`` in and return them with their models."""
    result = []
    for kind in kinds:
        entry = filled[KINDS.get(kind, kind)]
        result.append(
            Contestant(
                title=kind + suffix,
                model=entry["model"],
                client=Client(server.url, server.database, f"bench_{kind}_0", PASSWORD),
                domain=entry["domain"],
                context=entry["context"],
                stages=entry["stages"],
                names=entry["names"],
                new_values=entry["new"],
                writes=kind != "head_teacher",
            )
        )
    return result


def measure(servers: list, group: list[Contestant], operations: list[str], rounds: int) -> dict:
    """Time all operations in turn; return title to operation to list of (ms, queries, SQL ms)."""
    result = {one.title: {operation: [] for operation in operations} for one in group}
    for number in range(WARM_UP + rounds):
        for operation in operations:
            for one in group:
                # what is looked up once happens outside of the timed part
                _ = one.specs, one.order, one.aggregates, one.writes and one.drag_ids, one.open_ids
                for server in servers:
                    server.skip_log()
                spent = one.timed(operation)
                if spent is None or number < WARM_UP:
                    continue
                queries = [entry for server in servers for entry in server.queries()]
                result[one.title][operation].append(
                    (spent, sum(q for q, _ms in queries), sum(ms for _q, ms in queries))
                )
    return result


@contextmanager
def _prepared(databases: Databases, counts: list[int], kinds: list[str], keep: bool):
    """Give (server, what was filled in) per number of cases."""
    from bench.fill import fill

    base = databases.name("base")
    made, servers = [base], []
    try:
        _progress("install the addon")
        databases.copy(databases.template, base)
        databases.install(base)
        for count in counts:
            name = databases.name(str(count))
            databases.copy(base, name)
            made.append(name)
            _progress(f"fill with {count} records each")
            filled = fill(name, count, kinds)
            databases.analyze(name)
            server = running(databases, name)
            servers.append((server, filled))
        yield servers
    finally:
        for server, _filled in servers:
            server.stop()
        databases.close()
        for name in [base] if keep else made:
            databases.drop(name)
        if keep:
            _progress("kept: " + ", ".join(made[1:]))


def _forms(databases: Databases, count: int, path: Path | None) -> int:
    """Time storing and scoring forms."""
    from bench.forms import measure as measure_forms
    from bench.forms import report as report_forms

    name = databases.name("forms")
    try:
        databases.copy(databases.template, name)
        _progress("install the addon and survey")
        databases.install(name, "survey")
        _progress("time it")
        figures = measure_forms(name, count, rounds=5)
    finally:
        databases.close()
        databases.drop(name)
    report_forms(figures, count)
    if path:
        path.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0


def _confidential(databases: Databases, args: argparse.Namespace) -> int:
    """Time opening cases with register and seals, and without them."""
    from bench.confidential import OPERATIONS as opening
    from bench.confidential import made_plain, report

    with _prepared(databases, [args.cases], ["case"], args.keep) as [(server, filled)]:
        plain_name = databases.name("plain")
        server.stop()
        databases.close()
        databases.copy(server.database, plain_name)
        servers = []
        try:
            options = made_plain(databases, plain_name)
            servers = [running(databases, server.database)]
            servers.append(running(databases, plain_name, *options))
            group = [
                one
                for running_one, suffix in zip(servers, (" with", " without"), strict=True)
                for one in contestants(running_one, filled, ["psychology"], suffix)
            ]
            _progress("time it")
            figures = summary(measure(servers, group, opening, args.rounds))
        finally:
            for one in servers:
                one.stop()
            databases.drop(plain_name)
    report(figures, args.cases)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0


def _readings(databases: Databases, args: argparse.Namespace) -> int:
    """Let many people read while servers are killed."""
    from bench.readings import measure as measure_readings

    with _prepared(databases, [args.cases], ["case"], args.keep) as [(server, _filled)]:
        server.stop()
        _progress("read, check and kill")
        return measure_readings(databases, server.database)


def _faults(databases: Databases, args: argparse.Namespace) -> int:
    """Let many people report while servers and backends are killed."""
    from bench.faults.reports import measure as measure_faults

    with _prepared(databases, [args.cases], ["case"], args.keep) as [(server, _filled)]:
        server.stop()
        _progress("report and kill")
        return measure_faults(databases, server.database, args.kills)


def main() -> int:
    """Run the benchmark."""
    # "./dev bench -- --cases 9" works as well as "./dev bench --cases 9"
    args = _parser().parse_args([text for text in sys.argv[1:] if text != "--"])
    operations = [name for name in OPERATIONS if name in args.only.split(",")]
    databases = Databases(json.loads(os.environ["CRISIS_BENCH"]))
    if args.forms:
        return _forms(databases, args.forms, args.json)
    if args.confidential:
        return _confidential(databases, args)
    if args.readings:
        return _readings(databases, args)
    if args.faults:
        return _faults(databases, args)
    roles = args.role or ["psychology", "head_teacher"]
    if args.scale:
        counts = [int(number) for number in args.scale.split(",")]
        with _prepared(databases, counts, ["case"], args.keep) as prepared:
            group = [
                one
                for (server, filled), count in zip(prepared, counts, strict=True)
                for one in contestants(server, filled, roles, f" {count}")
            ]
            _progress("time it")
            servers = [server for server, _filled in prepared]
            figures = summary(measure(servers, group, operations, args.rounds))
        for role in roles:
            print_scale(figures, role, counts)
    else:
        kinds = ["lead", "applicant", "task", "case"]
        with _prepared(databases, [args.cases], kinds, args.keep) as [(server, filled)]:
            group = contestants(server, filled, [*roles, "lead", "applicant", "task"])
            _progress("time it")
            figures = summary(measure([server], group, operations, args.rounds))
        print_comparison(figures, roles, args.cases)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
