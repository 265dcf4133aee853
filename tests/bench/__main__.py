"""``python -m tests.bench``: what ``scripts/bench`` starts."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import traceback
from pathlib import Path

from tests.bench.harness import DEFINITIONS, ROUNDS, Result, measure, report, table


def main() -> int:
    """Measures what was asked for. Ends with 1 when something could not be measured, never for a figure."""
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        importlib.import_module(f"tests.bench.{path.stem}")
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures the program against bare baselines.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which benchmarks (default: all of them)")
    parser.add_argument("--list", action="store_true", help="name the benchmarks and end")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds that count (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample to this file as well")
    options = parser.parse_args()
    if options.list:
        for name, definition in DEFINITIONS.items():
            print(f"{name:12} {definition.about}")
        return 0
    if unknown := set(options.names) - DEFINITIONS.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))} (there are {', '.join(DEFINITIONS)})")
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    results: list[Result] = []
    failed = []
    for name in options.names or DEFINITIONS:
        try:
            results += measure(DEFINITIONS[name], options.rounds, lambda line: print(line, file=sys.stderr, flush=True))
        except Exception:  # the other benchmarks are still worth their time
            traceback.print_exc()
            failed.append(name)
    if results:
        print(table(results))
    if options.json:
        options.json.write_text(json.dumps(report(results), indent=2) + "\n", encoding="utf-8")
    if failed:
        print(f"Could not be measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
