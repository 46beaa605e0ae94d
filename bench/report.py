"""Medians, ratios and tables."""

from statistics import median

FASTEST_OF = ("lead", "applicant")


def summary(measured: dict) -> dict:
    """Return title to operation to medians: ms, queries, sql_ms; None where nothing was timed."""
    return {
        title: {
            operation: dict(
                zip(("ms", "queries", "sql_ms"), map(median, zip(*rows, strict=True)), strict=True)
            )
            if rows
            else None
            for operation, rows in operations.items()
        }
        for title, operations in measured.items()
    }


def _print(rows: list[list[str]]) -> None:
    """Print a table; the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join(cells))


def _cell(figure: dict | None) -> str:
    return f"{figure['ms']:.1f} ({figure['queries']:.0f}q)" if figure else "-"


def print_comparison(figures: dict, roles: list[str], count: int) -> None:
    """Print the medians of all, and each role against the faster of leads and applicants."""
    print(f"\n{count} records each: median ms (number of queries); ratio to the faster of "
          "lead and applicant")  # fmt: skip
    others = ["lead", "applicant", "task"]
    rows = [["", *others, *(text for role in roles for text in (role, "ratio"))]]
    for operation in figures["lead"]:
        fastest = min(figures[name][operation]["ms"] for name in FASTEST_OF)
        row = [operation, *(_cell(figures[name][operation]) for name in others)]
        for role in roles:
            figure = figures[role][operation]
            row += [_cell(figure), f"{figure['ms'] / fastest:.2f}" if figure else "-"]
        rows.append(row)
    _print(rows)


def print_scale(figures: dict, role: str, counts: list[int]) -> None:
    """Print the medians of one role with each number of cases, and last by first."""
    titles = [f"{role} {count}" for count in counts]
    print(f"\ncrisis.case as {role}: median ms (number of queries)")
    rows = [["", *map(str, counts), "ratio"]]
    for operation, first in figures[titles[0]].items():
        cells = [figures[title][operation] for title in titles]
        if first:
            ratio = f"{cells[-1]['ms'] / first['ms']:.2f}"
            rows.append([operation, *map(_cell, cells), ratio])
    _print(rows)
