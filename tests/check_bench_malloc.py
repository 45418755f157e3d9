#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks the benchmark of mallocs: every load runs, figures are the program's own, ratios are those of the figures."""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from cases import case, finish, skip

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get('OSM_BUILD', 'build')
LOADS = BUILD / 'bin/osmem-loads'
RUN = [sys.executable, ROOT / 'tools/bench_malloc/run.py', '--lib', BUILD / 'lib', '--load', LOADS]
INSTRUMENTED = os.environ.get('OSM_SANITIZE', 'none') != 'none' or os.environ.get('OSM_COVERAGE') == '1'


def run(*command):
    return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=200, check=False)


def check_loads():
    names = run(LOADS, '--list').stdout.split()
    case('loads are listed', len(names) >= 12, names)
    for name in names:
        done = run(LOADS, name, 1)
        case(f'{name} runs', done.returncode == 0, done.stderr)
    case('an unknown load is refused', run(LOADS, 'none', 1).returncode == 2)


def check_measure(folder):
    out = Path(folder) / 'figures'
    done = run(LOADS, '--measure', out, '', 'sh', '-c', 'sleep 0.3; exit 7')
    cpu, wall, memory = map(float, out.read_text(encoding='ascii').split())
    case('the exit status is the program\'s', done.returncode == 7, done.stderr)
    case('wall time counts sleep, CPU time does not', 0.3 <= wall < 5 and cpu < 0.3, (cpu, wall))
    case('peak memory is the program\'s, not that of who asks', 300 < memory < 8000, memory)


def check_run(folder):
    title = 'a run measures what it is told to'
    if INSTRUMENTED:
        skip(title, 'a sanitizer cannot be preloaded')
        return
    out = Path(folder) / 'out.json'
    done = run(*RUN, '--rounds', 3, '--only', 'trees', '--mallocs', 'osmem,glibc', '--json', out)
    if not case(title, done.returncode == 0 and out.exists(), done.stdout + done.stderr):
        return
    results = json.loads(out.read_text(encoding='utf-8'))
    case('the file has three measurements of each malloc', list(results) == ['trees'] and
         {name: len(runs) for name, runs in results['trees'].items()} == {'osmem': 3, 'glibc': 3}, results)
    middle = {name: sorted(run['memory'] for run in runs)[1] for name, runs in results['trees'].items()}
    table = done.stdout.partition('memory (MiB of osmem), and ratios to glibc')[2]
    row = re.search(r'^trees +([\d.]+) +\d+% +([\d.]+) +1.00$', table, flags=re.MULTILINE)
    case('ratios are those of the medians', bool(row) and
         abs(float(row.group(2)) - middle['osmem'] / middle['glibc']) < 0.006 and
         abs(float(row.group(1)) - middle['osmem'] / 1024) < 0.006, table)
    case('a program that there is not is refused', run(*RUN, '--only', 'nothing').returncode == 2)


def main():
    check_loads()
    with tempfile.TemporaryDirectory() as folder:
        check_measure(folder)
        check_run(folder)
    finish()


if __name__ == '__main__':
    main()
