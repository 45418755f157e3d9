#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Proves the contracts of tests/wp/*.c with Frama-C's WP, for data of any length, and shows that each can fail.

    wp.py --build FOLDER [--json FILE] [--jobs N] [--only NAME,NAME...] [--no-faults]

A contract is an ACSL comment before a prototype; invariants of loops stand in the library's sources. What the .c files
declare is proved; what words.h declares is proved by tests/prove. In each function faults are seeded, one at a time, and
the proof must then fail; equivalent.txt lists those with which it does not, and why.

The exit status is 0 if every goal is proved, no contract contradicts itself, and no fault is left that is not listed. With
--no-faults only the first is looked at.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.append(str(ROOT / 'tests/mutate'))
import points  # noqa: E402

SECONDS = 20       # of processor time for a goal
FAULT_SECONDS = 5  # what is proved needs a fraction of that
SMOKE_SECONDS = 2
MACHINE = ['-c11', '-machdep', 'gcc_x86_64']
PROVERS = ['-wp-prover', 'cvc4,z3', '-wp-par', '1']

PROTOTYPE = re.compile(r'^static [\w ]+?\*?(\w+)\([^;{]*\);$', re.MULTILINE)
PROVED = re.compile(r'Proved goals:\s+(\d+) / (\d+)')
FAILURE = '[wp] [Failed] Goal '
FAILED = re.compile(re.escape(FAILURE) + r'(\w+)')
SMOKE = re.compile(r'^\[wp\] \[(Passed|Failed)\] Smoke-test typed_(\w+)', re.MULTILINE)


def flags(before=()):
    """For the preprocessor: without vector instructions, of which Frama-C knows nothing."""
    return [*(f'-I{folder}' for folder in (*before, ROOT, HERE, ROOT / 'framework/include')), '-U__SSE2__']


class Unit:
    """A file of contracts: the functions that it declares, and the sources that define them."""

    def __init__(self, path):
        self.path = path
        self.text = path.read_text(encoding='utf-8')
        self.functions = PROTOTYPE.findall(self.text)

    def headers(self):
        """The library's headers that it includes, itself or by those of tests/wp."""
        texts = [self.text, *(path.read_text(encoding='utf-8') for path in HERE.glob('*.h') if f'"{path.name}"' in self.text)]
        return sorted({name for text in texts for name in re.findall(r'^#include "(policies/\w+\.h)"$', text, re.MULTILINE)})

    def points(self):
        """{function: its points of change}"""
        found = {name: [] for name in self.functions}
        for file in self.headers():
            for point in points.find(file, (ROOT / file).read_text(encoding='utf-8')):
                if point.function in found:
                    found[point.function].append(point)
        return found

    def preprocessed(self, before=()):
        """The code without its comments."""
        return subprocess.run(['gcc', '-E', '-P', *flags(before), self.path], stdout=subprocess.PIPE, check=True).stdout


class Prover:
    """Frama-C, with its memory in the build folder."""

    def __init__(self, build):
        self.build = build.resolve()
        self.build.mkdir(parents=True, exist_ok=True)
        config = self.build / 'why3.conf'
        self.environment = {**os.environ, 'WHY3CONFIG': str(config)}
        if not config.exists():
            subprocess.run(['why3', 'config', 'detect', '-C', config], check=True, env=self.environment,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def run(self, unit, seconds, *more, before=(), until='end of the run'):
        """What WP says of a unit, up to a line that begins with `until`. `before`: folders searched for headers first."""
        command = ['frama-c', *MACHINE, f'-cpp-extra-args={" ".join(flags(before))}', unit.path, '-wp', '-wp-rte', *PROVERS,
                   '-wp-timeout', str(seconds), '-wp-cache', 'update', '-wp-cache-dir', self.build / 'cache', *more]
        (self.build / 'cache').mkdir(exist_ok=True)
        lines = []
        with subprocess.Popen(command, env=self.environment, cwd=self.build, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, start_new_session=True) as process:
            for line in process.stdout:
                lines.append(line)
                if line.startswith(until):
                    os.killpg(process.pid, signal.SIGTERM)  # with the provers that it started
                    break
        return ''.join(lines)


def goals(output):
    """(proved, all); None: there was no proof."""
    found = PROVED.search(output)
    return found and (int(found[1]), int(found[2]))


def prove(prover, unit, names):
    """A line of what is wrong for each goal that is not proved, and the number of goals."""
    output = prover.run(unit, SECONDS, '-wp-fct', ','.join(names))
    lemmas = prover.run(unit, SECONDS, '-wp-prop', '@lemma')
    counts = [goals(text) for text in (output, lemmas)]
    if None in counts:
        return [f'Frama-C did not get to its proofs: {(output if counts[0] is None else lemmas)[-400:]}'], 0
    wrong = FAILED.findall(output + lemmas)
    missing = sum(total - done for done, total in counts)
    return wrong + ['a goal'] * (missing - len(wrong)), sum(total for _, total in counts)


def contradictions(prover, unit, names):
    """What no state satisfies, or no run reaches: false can be proved there."""
    found = SMOKE.findall(prover.run(unit, SECONDS, '-wp-fct', ','.join(names), '-wp-smoke-tests', '-wp-smoke-timeout',
                                     str(SMOKE_SECONDS)))
    return sorted({name for answer, name in found if answer == 'Failed'}) if found else ['nothing was looked at']


def is_refuted(prover, unit, point, number):
    """Does the proof fail with this change? None: it changes nothing that is compiled, or makes it no C any more."""
    folder = prover.build / f'fault-{number}'
    changed = folder / point.file
    changed.parent.mkdir(parents=True, exist_ok=True)
    changed.write_text(point.apply((ROOT / point.file).read_text(encoding='utf-8')), encoding='utf-8')
    is_code = unit.preprocessed([folder]) != unit.preprocessed()
    output = prover.run(unit, FAULT_SECONDS, '-wp-fct', point.function, before=[folder], until=FAILURE) if is_code else ''
    shutil.rmtree(folder)
    if FAILURE in output:
        return True
    return False if goals(output) else None


def named(point):
    return f'{point.function} :: {point.change} :: {" ".join(point.text.split())} :: {point.nth}'


def listed_equivalents():
    """Faults with which the proof holds, without their reasons."""
    lines = (HERE / 'equivalent.txt').read_text(encoding='utf-8').splitlines()
    return {' :: '.join(part.strip() for part in line.split(' :: ')[:4]) for line in lines
            if line and not line.startswith('#')}


def main():
    parser = argparse.ArgumentParser(description='Prove the contracts of tests/wp.')
    parser.add_argument('--build', type=Path, required=True)
    parser.add_argument('--json', type=Path)
    parser.add_argument('--jobs', type=int, default=min(2, len(os.sched_getaffinity(0))))
    parser.add_argument('--only', default='', help='functions whose name contains one of these')
    parser.add_argument('--no-faults', action='store_true')
    options = parser.parse_args()
    begun, failed, results = time.monotonic(), 0, []
    prover, known, used = Prover(options.build), listed_equivalents(), set()
    units = [Unit(path) for path in sorted(HERE.glob('*.c'))]
    chosen = {unit: [name for name in unit.functions if any(part in name for part in options.only.split(','))]
              for unit in units}
    if not any(chosen.values()):
        sys.exit(f'wp.py: no function\'s name contains {options.only}; there are: '
                 f'{" ".join(name for unit in units for name in unit.functions)}')
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        proofs = {unit: (pool.submit(prove, prover, unit, names),
                         None if options.no_faults else pool.submit(contradictions, prover, unit, names))
                  for unit, names in chosen.items() if names}
        faults = [] if options.no_faults else \
            [(unit, point) for unit, names in chosen.items() for name, found in unit.points().items() if name in names
             for point in found]
        tried = [(unit, point, pool.submit(is_refuted, prover, unit, point, number))
                 for number, (unit, point) in enumerate(faults)]
        for unit, (proof, smoke) in proofs.items():
            wrong, count = proof.result()
            doomed = smoke.result() if smoke else []
            failed += bool(wrong or doomed)
            print(f'{"FAILED" if wrong or doomed else "ok":7} {unit.path.name}: {len(chosen[unit])} functions, '
                  f'{count - len(wrong)} of {count} goals proved', flush=True)
            for line in wrong:
                print(f'        not proved: {line}')
            for line in doomed:
                print(f'        contradiction: {line}')
            results.append({'source': unit.path.name, 'functions': chosen[unit], 'goals': count, 'unproved': wrong,
                            'doomed': doomed, 'faults': 0, 'survivors': []})
            for point, answer in ((point, answer.result()) for other, point, answer in tried if other is unit):
                results[-1]['faults'] += answer is not None
                if answer is False:
                    results[-1]['survivors'].append(named(point))
            unknown = [name for name in results[-1]['survivors'] if name not in known]
            used |= set(results[-1]['survivors']) & known
            results[-1]['equivalent'] = len(results[-1]['survivors']) - len(unknown)
            failed += bool(unknown)
            for name in unknown:
                print(f'        not refuted: {name}')
    if not options.only and not options.no_faults:
        for name in sorted(known - used):
            failed += 1
            print(f'FAILED  equivalent.txt lists what is refuted or is not there: {name}')
    totals = {'functions': sum(len(one['functions']) for one in results), 'goals': sum(one['goals'] for one in results),
              'unproved': sum(len(one['unproved']) for one in results), 'faults': sum(one['faults'] for one in results),
              'refuted': sum(one['faults'] - len(one['survivors']) for one in results),
              'equivalent': sum(one['equivalent'] for one in results), 'failed': failed}
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps({'totals': totals, 'results': results}, indent=1), encoding='utf-8')
    print(f'{totals["functions"]} functions, {totals["goals"] - totals["unproved"]} of {totals["goals"]} goals proved; '
          f'{totals["refuted"]} of {totals["faults"]} seeded faults refuted, {totals["equivalent"]} listed; '
          f'{failed} failed; {time.monotonic() - begun:.0f} s')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
