#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Analyses whole heaps by abstract interpretation, Frama-C's EVA, and shows that it sees what is wrong.

    eva.py [--json FILE] [--jobs N] [--only NAME,NAME...] [--small] [--fresh N] [--fragmented N]

driver.c tells what is analysed. It is done for each policy in each layout, with its index and with the textbook's. There
must be no alarm, and the analysis must reach every function of policies/ but those that NOT_REACHED lists with reasons.
Each fault of faults.txt, seeded in a copy of the library, must raise an alarm. --small is the longer life of a
few heaps, and the first fault of each kind.

The exit status is 0 if all of that holds.
"""
import argparse
import itertools
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LIBRARY = ('policies', 'framework', 'backends')
SOURCES = [f'framework/{name}.c' for name in ('heap', 'growth', 'giving', 'map', 'mapped', 'metadata', 'diagnose', 'port_none')]
ARENA, ARENA_BYTES = 0x10000, 0x4000
FRESH, FRAGMENTED = 1, 1  # calls from each beginning
SMALL = ('next-fit/meta', 'best-fit/tag', 'best-fit-lifo/wide', 'buddy')
FAULT_SECONDS = 300  # for an alarm to be raised

# Functions of policies/ that the analysis does not reach, and why.
NOT_REACHED = {
    **dict.fromkeys(('damage', 'node_damage', 'space_damage', 'osm_bug'), 'nothing is damaged'),
    **dict.fromkeys(('buddy_freed', 'engine_freed'), 'asked only where a backend purges, which an arena does not'),
    **dict.fromkeys(('buddy_good_size', 'engine_good_size'), 'no call of a heap asks'),
    'group_max': 'needs a region of more than 16 pieces, of 1 KiB each',
    'slot_of': 'needs three free blocks of one size',
    'pieces_descend': 'needs a first fit in a later piece than where its search begins',
}


class Heap(NamedTuple):
    """What a heap is built of; layout '' for a policy without."""
    policy: str
    layout: str = ''
    scan: bool = False

    def title(self):
        name = self.policy.replace('_', '-') + ('-scan' if self.scan else '')
        return f'{name}/{self.layout}' if self.layout else name

    def macros(self):
        if not self.layout:
            return [f'POLICY=osm_{self.policy}']
        scan = ['OSM_SCAN=1'] if self.scan else []
        return [f'OSM_LAYOUT={self.layout}', *scan, f'POLICY=osm_{self.policy}_{"scan_" if self.scan else ""}{self.layout}']


class Fault(NamedTuple):
    """A change of one place in a file of the library."""
    alarm: str
    heap: Heap
    path: str
    old: str
    new: str


def heaps():
    """Each policy in each layout with each index."""
    policies = re.findall(r'^(FIT|OWN)_POLICY\((\w+)\)', (ROOT / 'policies/policies.def').read_text(encoding='utf-8'),
                          flags=re.MULTILINE)
    layouts = re.findall(r'LAYOUT\(policy, (\w+)\)', (ROOT / 'policies/layouts.def').read_text(encoding='utf-8'))
    fits = [name for kind, name in policies if kind == 'FIT']
    return [Heap(*parts) for parts in itertools.product(fits, layouts, (False, True))] + \
           [Heap(name) for kind, name in policies if kind == 'OWN']


def faults():
    known = {heap.title(): heap for heap in heaps()}
    lines = (HERE / 'faults.txt').read_text(encoding='utf-8').splitlines()
    parts = [[part.strip() for part in line.split(' :: ')] for line in lines if line and not line.startswith('#')]
    return [Fault(alarm, known[heap], *change) for alarm, heap, *change in parts]


def command(heap, fresh, fragmented, root):
    macros = [f'ARENA={ARENA:#x}', f'ARENA_BYTES={ARENA_BYTES:#x}', f'STEPS_FRESH={fresh}', f'STEPS_FRAGMENTED={fragmented}',
              'OSM_EMBEDDED', *heap.macros()]
    # Frama-C adds -I. of its own, before these.
    preprocessor = ['-std=c11', '-U__SSE2__', f'-include {HERE}/builtins.h', f'-I{root}', f'-I{root}/framework/include',
                    *(f'-D{macro}' for macro in macros)]
    # Precise: every state and every address by itself. A cache of calls costs more than it saves here.
    precision = ['-eva-slevel', '10000000', '-eva-plevel', '10000', '-eva-no-memexec']
    return ['frama-c', '-machdep', 'gcc_x86_64', '-c11', f'-cpp-extra-args={" ".join(preprocessor)}',
            '-kernel-warn-key', 'typing:implicit-conv-void-ptr=inactive',
            '-absolute-valid-range', f'{ARENA:#x}-{ARENA + ARENA_BYTES - 1:#x}',
            '-eva', '-eva-no-print', *precision, '-metrics', '-metrics-eva-cover',
            f'{HERE}/driver.c', f'{root}/policies/{heap.policy}.c', *(f'{root}/{source}' for source in SOURCES),
            f'{root}/backends/arena.c']


def alarms_in(lines):
    """The alarms, each as one line; preconditions that may not hold are alarms too."""
    return [' '.join([line, *itertools.takewhile(lambda part: part.startswith('  '), lines[i + 1:])])
            for i, line in enumerate(lines) if line.startswith('[eva:alarm]')]


def number(pattern, output):
    found = re.search(pattern, output)
    return int(found[1]) if found else 0


def copy_library(folder):
    """The library without its annotations: they are for tests/wp, which defines what they speak of."""
    for part in LIBRARY:
        shutil.copytree(ROOT / part, Path(folder) / part)
        for path in (Path(folder) / part).rglob('*.[ch]'):
            text = path.read_text(encoding='utf-8')
            if '/*@' in text or '//@' in text:
                path.write_text(re.sub(r'/\*@.*?\*/|//@[^\n]*', '', text, flags=re.DOTALL), encoding='utf-8')


def analyse(task):
    """All sequences on one heap."""
    heap, fresh, fragmented = task
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        copy_library(folder)
        done = subprocess.run(command(heap, fresh, fragmented, folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, cwd=folder, check=False)
        output = done.stdout.replace(f'{folder}/', '')
    alarms = alarms_in(output.splitlines())
    # Functions of equal names in several sources have a number appended.
    reached = {re.sub(r'_\d+$', '', name): (int(hit), int(all_of_it)) for name, hit, all_of_it in
               re.findall(r'^ *(\w+): (\d+) stmts out of (\d+)', output, flags=re.MULTILINE)}
    total = re.search(r'Assertions +(\d+) valid +(\d+) unknown +(\d+) invalid', output)
    claims = re.search(r'Preconditions +(\d+) valid +(\d+) unknown +(\d+) invalid', output)
    wrong = sum(int(n) for found in (total, claims) if found for n in found.groups()[1:])
    complete = '0 alarms generated by the analysis' in output and claims and not wrong and 'User Error' not in output
    return {'heap': heap.title(), 'fresh': fresh, 'fragmented': fragmented, 'alarms': alarms,
            'failed': bool(alarms) or not complete, 'said': output[-2000:] if not complete else '',
            'claims': int(claims[1]) if claims else 0, 'reached': reached,
            'statements': number(r'stmts in analyzed functions, (\d+) stmts analyzed', output),
            'of': number(r'(\d+) stmts in analyzed functions', output), 'seconds': round(time.monotonic() - begun)}


def find(fault):
    """The first alarm that a seeded fault raises; '': there is none."""
    with tempfile.TemporaryDirectory() as folder:
        copy_library(folder)
        path = Path(folder) / fault.path
        text = path.read_text(encoding='utf-8')
        if text.count(fault.old) != 1:
            return f'{fault.old} is there {text.count(fault.old)} times'
        path.write_text(text.replace(fault.old, fault.new), encoding='utf-8')
        with subprocess.Popen(command(fault.heap, 1, 1, folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, cwd=folder) as process:
            until = time.monotonic() + FAULT_SECONDS
            for line in process.stdout:
                if line.startswith('[eva:alarm]') or time.monotonic() > until:
                    alarm = f'{line}{next(process.stdout, "")}'.replace(f'{folder}/', '')
                    process.kill()
                    return ' '.join(alarm.split()) if line.startswith('[eva:alarm]') else ''
    return ''


def defined():
    """The functions of policies/."""
    return {name for path in (ROOT / 'policies').glob('*.[ch]')
            for name in re.findall(r'^(?:static |APART |inline |const |struct |enum |unsigned )+\w+ \**(\w+)\([^;]*?\)\n\{',
                                   path.read_text(encoding='utf-8'), flags=re.MULTILINE)}


def check_coverage(results):
    """Which functions of policies/ were reached in one heap or another; how many are missing without a reason."""
    functions, reached = defined(), {name for result in results for name in result['reached']}
    failed = 0
    for name in sorted(functions - reached - set(NOT_REACHED)):
        failed += 1
        print(f'FAILED  {name}() is not reached')
    for name in sorted(set(NOT_REACHED) & (reached | (set(NOT_REACHED) - functions))):
        failed += 1
        print(f'FAILED  {name}() is listed as not reached')
    print(f'{len(functions & reached)} of {len(functions)} functions of policies/ are reached', flush=True)
    return failed, len(functions & reached), len(functions)


def parse():
    parser = argparse.ArgumentParser(description='Analyse heaps with Frama-C\'s EVA.')
    parser.add_argument('--json', type=Path)
    parser.add_argument('--jobs', type=int, default=min(2, len(os.sched_getaffinity(0))))
    parser.add_argument('--only', default='', help='heaps whose name contains one of these, and no faults')
    parser.add_argument('--small', action='store_true')
    parser.add_argument('--fresh', type=int, default=FRESH, help='calls from an empty heap on')
    parser.add_argument('--fragmented', type=int, default=FRAGMENTED, help='calls from a fragmented heap on')
    return parser.parse_args()


def main():
    options = parse()
    begun = time.monotonic()
    chosen = [heap for heap in heaps() if any(part in heap.title() for part in options.only.split(','))]
    if not chosen:
        sys.exit(f'eva.py: no heap\'s name contains {options.only}; there are: {" ".join(heap.title() for heap in heaps())}')
    seeded = [] if options.only else faults()
    if options.small:
        chosen = [heap for heap in chosen if heap.title() in SMALL]
        seeded = list({fault.alarm: fault for fault in reversed(seeded)}.values())
        options.fresh = options.fragmented = 0
    tasks = [(heap, options.fresh, options.fragmented) for heap in chosen]
    failed, results, found = 0, [], []
    with multiprocessing.Pool(options.jobs) as pool:
        alarms = pool.imap(find, seeded)
        for fault in seeded:
            alarm = next(alarms)
            is_found = fault.alarm in alarm
            failed += not is_found
            found.append({'heap': fault.heap.title(), 'path': fault.path, 'was': fault.old, 'is': fault.new, 'alarm': alarm,
                          'found': is_found})
            print(f'{"ok" if is_found else "FAILED":7} {fault.path}: {fault.new}: {alarm or "no alarm"}', flush=True)
        for result in pool.imap_unordered(analyse, tasks):
            results.append(result)
            failed += result['failed']
            print(f'{"FAILED" if result["failed"] else "ok":7} {result["heap"]}: {len(result["alarms"])} alarms, '
                  f'{result["claims"]} preconditions hold, {result["statements"]} of {result["of"]} statements reached, '
                  f'{result["seconds"]} s', flush=True)
            for line in [*result['alarms'], result['said']]:
                print(f'        {line}' if line else '', end='\n' if line else '')
    functions = reached = 0
    if not options.only and not options.small:
        missing, reached, functions = check_coverage(results)
        failed += missing
    totals = {'heaps': len(results), 'alarms': sum(len(one['alarms']) for one in results),
              'statements': sum(one['statements'] for one in results), 'of': sum(one['of'] for one in results),
              'reached': reached, 'functions': functions, 'faults': len(found),
              'found': sum(one['found'] for one in found), 'failed': failed}
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps({'totals': totals, 'results': results, 'faults': found}, indent=1), encoding='utf-8')
    percent = 100 * totals['statements'] / max(totals['of'], 1)
    print(f'{totals["heaps"]} heaps, {totals["alarms"]} alarms, {percent:.0f}% of the statements of functions that are reached; '
          f'{totals["found"]} of {totals["faults"]} seeded faults found; {failed} failed; {time.monotonic() - begun:.0f} s')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
