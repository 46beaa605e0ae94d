"""Splits files with tests into parts that take equally long, and tells what fell between them."""

from collections import Counter


def split(files: list[str], seconds: dict[str, float], count: int) -> list[list[str]]:
    """Return ``count`` lists that hold each file once.

    :param seconds: how long a file took; one that is not known is taken for an average one
    """
    average = sum(seconds.values()) / len(seconds) if seconds else 1
    parts: list[list[str]] = [[] for _number in range(count)]
    filled = [0.0] * count
    for file in sorted(files, key=lambda file: (-seconds.get(file, average), file)):
        emptiest = filled.index(min(filled))
        parts[emptiest].append(file)
        filled[emptiest] += seconds.get(file, average)
    return parts


def gaps(files: list[str], runs: list[dict[str, dict[str, float]]]) -> list[str]:
    """Return a line for each test that ran twice, and for each file of which nothing ran.

    :param runs: for each run, file to test to seconds
    """
    ran = Counter((file, test) for run in runs for file, tests in run.items() for test in tests)
    twice = [
        f"{file}: {test} ran {count} times" for (file, test), count in ran.items() if count > 1
    ]
    started = {file for file, test in ran if ".test" in test}
    return twice + [
        f"{file}: no test ran, is it imported in tests/__init__.py?"
        for file in files
        if file not in started
    ]
