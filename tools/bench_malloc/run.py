#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Measures mallocs on whole programs: CPU time, wall time and peak resident memory, in rounds that take turns.

    run.py --lib FOLDER --load PROGRAM [--rounds N] [--quick] [--only NAME] [--json FILE] [--osmem-env NAME=VALUE ...]

Each malloc is preloaded; one that is not installed is left out. Figures are medians over the rounds; the spread is that
of osmem's figures, the largest less the smallest in percent of the median. Ratios are to mimalloc and to glibc; below 1
is less of what is measured.
"""
import argparse
import json
import math
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PEERS = {'glibc': None, 'mimalloc': 'libmimalloc.so.2.0', 'jemalloc': 'libjemalloc.so.2',
         'tcmalloc': 'libtcmalloc_minimal.so.4'}
FOLDERS = ['/usr/lib', '/usr/lib64', '/usr/local/lib', f'/usr/lib/{platform.machine()}-linux-gnu']

# Times that give each load about half a second.
LOADS = {'algebra': 5000, 'minimiser': 2000, 'trees': 25, 'power-law': 2500, 'growth': 300, 'zeroed': 2500,
         'large': 4000, 'phases': 1500, 'alone': 2500, 'server': 300, 'pipe': 20000, 'bursts': 2500}
PYTHON = ('d = {}\nfor i in range(120000):\n d[str(i)] = [i, str(i) * 3, {"k": (i, i + 1)}]\n'
          'print(len(sorted(d, key=lambda k: d[k][1])))\n'
          'for i in range(150):\n x = "".join(str(j) for j in range(3000))\n')
LUA = ('local t = {} for i = 1, 250000 do t[i % 5000] = {i, tostring(i), {x = i}} end\n'
       'local s = {} for i = 1, 150000 do s[#s + 1] = i .. "," end print(#table.concat(s))')
SQL = ('create table t(a integer primary key, b text); create index i on t(b);\n'
       'with recursive n(x) as (select 1 union all select x + 1 from n where x < 60000)\n'
       "insert into t select x, hex(x * 7919 % 10007) || 'abcdefghijklmnop' from n;\n"
       'select count(*) from (select substr(b, 1, 4) k, group_concat(a) from t group by k);\n'
       'select count(distinct x.b) from t x join t y on x.b = y.b where x.a < 20000;\n')


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else float('nan')


class Runner:
    """Runs programs on one malloc, through a small process that measures them."""

    def __init__(self, load, library, extra):
        self.load = load
        self.library = str(library or '')
        clean = {key: value for key, value in os.environ.items() if not key.startswith(('OSMEM_', 'LD_', 'MIMALLOC_'))}
        self.environment = {**clean, 'PYTHONMALLOC': 'malloc', 'LC_ALL': 'C', **extra}

    def begin(self, command, figures, source=subprocess.DEVNULL):
        """Start a program; its figures go to a file."""
        return subprocess.Popen([self.load, '--measure', figures, self.library, *command], stdin=source,
                                stdout=subprocess.DEVNULL, env=self.environment)

    def measure(self, command, text=''):
        """What a program used."""
        with tempfile.TemporaryFile('w+') as source, tempfile.NamedTemporaryFile('r') as figures:
            source.write(text)
            source.seek(0)
            return self.read(self.begin(command, figures.name, source), figures, command[0])

    @staticmethod
    def read(process, figures, name):
        """Wait for a program, and read its figures."""
        if process.wait() != 0:
            raise RuntimeError(f'{name}: exit status {process.returncode}')
        return dict(zip(('cpu', 'wall', 'memory'), map(float, figures.read().split())))


def measure_redis(runner, requests):
    """The server alone; its clients run on the C library's malloc."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = str(probe.getsockname()[1])
    ask = ['redis-cli', '-p', port]
    with tempfile.NamedTemporaryFile('r') as figures:
        server = runner.begin(['redis-server', '--port', port, '--save', '', '--bind', '127.0.0.1'], figures.name)
        for _ in range(100):
            if subprocess.run([*ask, 'ping'], capture_output=True, check=False).stdout == b'PONG\n':
                break
            time.sleep(0.02)
        subprocess.run(['redis-benchmark', '-p', port, '-q', '-n', str(requests), '-r', '50000', '-d', '200',
                        '-P', '16', '-t', 'set,get,lpush,hset,sadd'], stdout=subprocess.DEVNULL, check=True)
        subprocess.run([*ask, 'shutdown', 'nosave'], capture_output=True, check=False)
        return runner.read(server, figures, 'redis-server')


def programs(load, quick):
    """Name -> a function that measures a run by a Runner."""
    scale = 8 if quick else 1
    result = {}
    for name, times in LOADS.items():
        line = [load, name, str(max(times // scale, 1))]
        result[name] = lambda runner, line=line: runner.measure(line)
    real = {'python3': (['/usr/bin/python3', '-c', PYTHON], ''), 'lua5.4': (['lua5.4', '-e', LUA], ''),
            'sqlite3': (['sqlite3', ':memory:'], SQL),
            'gcc': (['gcc', '-O2', '-std=c11', f'-I{ROOT}', f'-I{ROOT}/framework/include', '-S', '-o', '/dev/null',
                     f'{ROOT}/framework/heap.c'], ''),
            'true': (['sh', '-c', 'for i in $(seq 20); do /bin/true; done'], '')}
    for name, (line, text) in real.items():
        if shutil.which(line[0]):
            result[name] = lambda runner, line=line, text=text: runner.measure(line, text)
    if shutil.which('redis-server') and shutil.which('redis-benchmark'):
        result['redis-server'] = lambda runner: measure_redis(runner, 120000 // scale)
    return result


def libraries(osmem):
    found = {'osmem': osmem}
    for name, file in PEERS.items():
        paths = [Path(folder) / file for folder in FOLDERS if file and (Path(folder) / file).exists()]
        if not file or paths:
            found[name] = paths[0] if paths else None
    return found


def run_all(arguments):
    """name of program -> name of malloc -> list of measurements."""
    extra = dict(pair.split('=', 1) for pair in arguments.osmem_env)
    load = str(arguments.load.resolve())
    mallocs = libraries(arguments.lib.resolve() / 'libosmem-malloc.so')
    for name in [name for name in mallocs if arguments.mallocs and name not in arguments.mallocs.split(',')]:
        del mallocs[name]
    runners = {name: Runner(load, library, extra if name == 'osmem' else {}) for name, library in mallocs.items()}
    results = {}
    for name, run in programs(load, arguments.quick).items():
        if arguments.only and not any(part in name for part in arguments.only.split(',')):
            continue
        results[name] = {malloc: [] for malloc in mallocs}
        for _ in range(arguments.rounds):
            for malloc, runner in runners.items():
                results[name][malloc].append(run(runner))
        print('.', end='', file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return results


def median(runs, what):
    return statistics.median(run[what] for run in runs)


def print_table(results, what, unit, scale, base):
    mallocs = list(next(iter(results.values())))
    if base not in mallocs:
        return
    print(f'\n{what} ({unit} of osmem), and ratios to {base}\n')
    print(f'{"":14}{"osmem":>9}{"spread":>8}' + ''.join(f'{name:>10}' for name in mallocs))
    ratios = {name: [] for name in mallocs}
    for program, runs in results.items():
        own = [run[what] for run in runs['osmem']]
        spread = 100 * (max(own) - min(own)) / statistics.median(own)
        line = f'{program:14}{statistics.median(own) * scale:9.2f}{spread:7.0f}%'
        for name in mallocs:
            ratio = median(runs[name], what) / median(runs[base], what)
            ratios[name].append(ratio)
            line += f'{ratio:10.2f}'
        print(line)
    print(f'{"geometric mean":31}' + ''.join(f'{geometric_mean(ratios[name]):10.3f}' for name in mallocs))


def main():
    parser = argparse.ArgumentParser(description='Measure mallocs on whole programs.')
    parser.add_argument('--lib', type=Path, required=True, help='folder of libosmem-malloc.so')
    parser.add_argument('--load', type=Path, required=True, help='the program with the loads')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--quick', action='store_true', help='an eighth of the work, one round')
    parser.add_argument('--only', default='', help='programs whose name contains one of these, with commas')
    parser.add_argument('--mallocs', default='', help='of osmem,glibc,mimalloc,jemalloc,tcmalloc only these')
    parser.add_argument('--json', type=Path, help='a file for all measurements')
    parser.add_argument('--osmem-env', nargs='*', default=[], metavar='NAME=VALUE', help='variables for osmem')
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds = 1
    results = run_all(arguments)
    if not results:
        parser.error(f'--only {arguments.only}: there is no such program')
    for base in ('mimalloc', 'glibc'):
        print_table(results, 'cpu', 'seconds', 1, base)
        print_table(results, 'wall', 'seconds', 1, base)
        print_table(results, 'memory', 'MiB', 1 / 1024, base)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
