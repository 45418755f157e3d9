# SPDX-License-Identifier: BSD-3-Clause
"""What the levels of hardening cost: CPU time and memory of whole programs, level by level in rounds that take turns."""
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / 'tools/bench_malloc'))
import run as bench  # noqa: E402

# A server that answers clients measures the machine's other work as much as the malloc; starts of programs measure the
# loader.
LEFT_OUT = ('redis-server', 'true')


def measure(libraries, load, rounds, quick=False, only=()):
    """Program -> level -> the runs' (CPU seconds, peak KiB). The order of the levels turns with each round."""
    runners = {level: bench.Runner(str(load), path, {}) for level, path in libraries.items()}
    results = {}
    for name, program in bench.programs(str(load), quick).items():
        if name in LEFT_OUT or (only and name not in only):
            continue
        runs = {level: [] for level in runners}
        for number in range(rounds):
            levels = list(runners)
            turned = levels[number % len(levels):] + levels[:number % len(levels)]
            for level in turned:
                figures = program(runners[level])
                runs[level].append((figures['cpu'], figures['memory']))
        results[name] = runs
    return results


def ratios(results, level, what):
    """Program -> the median of the level's runs as a multiple of level 0's; `what`: 0 for CPU time, 1 for memory."""
    found = {}
    for name, runs in results.items():
        base, mine = (statistics.median(run[what] for run in runs[key]) for key in ('0', level))
        found[name] = mine / base
    return found


def mean(values):
    """The geometric mean."""
    return statistics.geometric_mean(list(values))
