"""What register and seals cost: cases as they are, next to a server that leaves both out."""

from pathlib import Path

import psycopg2

from .fill_cases import BACKGROUND

OPERATIONS = ["kanban", "list", "form"]
LIMIT = 1.15


def made_plain(databases, name: str) -> list[str]:
    """Unseal the cases of a database; return the options of a server that leaves them so."""
    connection = psycopg2.connect(dbname=name)
    with connection, connection.cursor() as cursor:
        cursor.execute("UPDATE crisis_case SET background = %s", [BACKGROUND])
    connection.close()
    databases.analyze(name)
    addons = Path(__file__).parent / "addons"
    return [f"--addons-path={databases.addons_path},{addons}",
            "--load=base,rpc,web,crisis_bench_plain"]  # fmt: skip


def report(figures: dict, count: int) -> None:
    """Print the medians with and without, and their ratio."""
    print(f"\n{count} cases as psychology: median ms (queries) with register and seals, without")
    for operation in OPERATIONS:
        this, that = (figures[f"psychology {word}"][operation] for word in ("with", "without"))
        ratio = this["ms"] / that["ms"]
        verdict = "" if ratio <= LIMIT else f"  more than {LIMIT}"
        print(
            f"{operation:8} {this['ms']:7.1f} ({this['queries']:.0f}q)"
            f" {that['ms']:7.1f} ({that['queries']:.0f}q)  {ratio:.2f}{verdict}"
        )
