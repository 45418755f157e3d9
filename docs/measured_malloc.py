# SPDX-License-Identifier: BSD-3-Clause
"""Plots and a table of the drop-in malloc beside others, for its page.

The results are those that `scons bench-malloc` left, if they are there and have every program of the project's own beside
glibc; else the benchmark is run now, quickly and beside two others only.
"""
import html
import json
import statistics
import subprocess

from measured import COLOURS, draw, figure, quoted, table

PICTURES = ('malloc_cpu', 'malloc_memory')
TABLES = ('malloc_how', 'malloc_table')
MOST = 2  # bars that are longer are cut; the table has the figure


def is_complete(results, loads):
    """Do results say something of every load, of this malloc and of glibc's?"""
    return all({'osmem', 'glibc'} <= results.get(load, {}).keys() for load in loads)


def find(build, root, run, step):
    """(Results, a sentence on where they are from); None if this build has no such benchmark. `run` runs a command."""
    program, library, saved = build / 'bin/osmem-loads', build / 'lib/libosmem-malloc.so', build / 'bench-malloc.json'
    if not program.exists() or not library.exists():
        return None
    loads = subprocess.run([program, '--list'], text=True, capture_output=True, check=True).stdout.split()
    if saved.exists():
        results = json.loads(saved.read_text(encoding='utf-8') or '{}')
        if is_complete(results, loads):
            step(f'figures from {saved}')
            return results, 'A full run'
        step(f'{saved} lacks programs')
    step('figures: the benchmark of mallocs, quickly, a quarter of a minute')
    fresh = build / 'docs/bench-malloc.json'
    run('measuring mallocs', ['python3', root / 'tools/bench_malloc/run.py', '--lib', library.parent, '--load', program,
                              '--quick', '--mallocs', 'osmem,glibc,mimalloc', '--json', fresh])
    return json.loads(fresh.read_text(encoding='utf-8')), 'A quick run, which is noisy'


def ratios(results, what):
    """Malloc -> program -> the median as a multiple of glibc's."""
    found = {}
    for program, runs in results.items():
        base = statistics.median(run[what] for run in runs['glibc']) if 'glibc' in runs else None
        for malloc, measurements in runs.items():
            if base:
                found.setdefault(malloc, {})[program] = statistics.median(run[what] for run in measurements) / base
    return found


def mean(values):
    """Geometric, over the programs that all have."""
    return statistics.geometric_mean(values) if values else None


def bars(found, label):
    """A script that draws a group of bars for each program, a bar a malloc."""
    mallocs = [name for name in found if name != 'glibc']
    programs = list(found['osmem'])
    wide = len(mallocs) + 1
    ticks = ', '.join(f'{quoted(name)} {i * wide + (len(mallocs) - 1) / 2}' for i, name in enumerate(programs))
    data = ''.join(f'$m{n} << EOD\n' + '\n'.join(f'{i * wide + n} {min(found[name].get(program, 0), MOST):.4g}'
                                                for i, program in enumerate(programs)) + '\nEOD\n'
                   for n, name in enumerate(mallocs))
    plots = ', '.join(f"$m{n} using 1:2 with boxes fs solid 0.75 lc rgb '{COLOURS[n]}' title {quoted(name)}"
                      for n, name in enumerate(mallocs))
    return (f"{data}set border 3\nset boxwidth 0.9\nset xrange [-1:{len(programs) * wide}]\nset yrange [0:{MOST}]\n"
            f"set xtics ({ticks}) rotate by -40 nomirror out\nset ytics nomirror\nset ylabel {quoted(label)}\n"
            f"set key outside right top\nset grid y lc rgb '#94a3b8' lw 0.5\n"
            f"set arrow from graph 0, first 1 to graph 1, first 1 nohead dt 2 lc rgb '#64748b'\nplot {plots}\n")


def rows(cpu, memory):
    """CPU time and memory of each program, and the means."""
    mallocs = [name for name in cpu if name != 'glibc']
    for program in cpu['osmem']:
        yield (program, *(figure(found[name].get(program)) for found in (cpu, memory) for name in mallocs))
    yield ('geometric mean', *(figure(mean(list(found[name].values()))) for found in (cpu, memory) for name in mallocs))


def write(found, folder):
    """Plots and a table into the folder; without results each says that there are none."""
    if found is None:
        for name in PICTURES:
            (folder / f'{name}.svg').write_text(f"<p data-picture='{name}' aria-label='no figures'>This build has no "
                                                "drop-in malloc, so there are no figures.</p>\n", encoding='utf-8')
        for name in TABLES:
            (folder / f'{name}.html').write_text(f"<p data-table='{name}'>-</p>\n", encoding='utf-8')
        return
    results, kind = found
    cpu, memory = ratios(results, 'cpu'), ratios(results, 'memory')
    draw('malloc_cpu', 'Bars: CPU time of each program as a multiple of the same on the C library\'s malloc', (940, 400),
         bars(cpu, 'CPU time / glibc\'s'), folder)
    draw('malloc_memory', 'Bars: peak resident memory of each program as a multiple of the same on the C library\'s '
         'malloc', (940, 400), bars(memory, 'peak memory / glibc\'s'), folder)
    rounds = max(len(runs) for program in results.values() for runs in program.values())
    (folder / 'malloc_how.html').write_text(
        f"<p data-table='malloc_how'>{html.escape(kind)}, rounds: {rounds}. Multiples of the same program on the C "
        "library's malloc.</p>\n", encoding='utf-8')
    heads = [f'{what}, {name}' for what in ('CPU', 'memory') for name in cpu if name != 'glibc']
    (folder / 'malloc_table.html').write_text(table('malloc_table', ('program', *heads), rows(cpu, memory)),
                                              encoding='utf-8')
