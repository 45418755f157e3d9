#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What hardening finds, what the contracts are kept by, and what it costs: each level, and other mallocs beside it.

    report.py --build FOLDER [--rounds N] [--quick] [--no-cost]

A table of each goes to the output and all of it to FOLDER/trust.json, then what fuzzing, failing calls, exhausted heaps,
models, proofs and mutation found when they were last run in this FOLDER; the last line sums up. Exit status 1 if a level of
hardening does not keep what tests/run_trust.py holds it to, or its cost is above its bound.
"""
import argparse
import json
import sys
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
import contracts  # noqa: E402
import cost  # noqa: E402
import evidence  # noqa: E402
import mallocs  # noqa: E402
import misuses  # noqa: E402

LEVELS = '012'
# The most that a level may cost in CPU time, as a multiple of level 0's: the geometric mean over the benchmark. A run
# on a machine that is busy with other things varies by some percent.
BOUNDS = {'1': 1.10, '2': 2.0}


# What a case is about, by how its name begins; the first that fits.
GROUPS = {'free-twice': 'freed twice', 'free-': 'freed, never given out', 'realloc': 'resized, no live block',
          'usable-size': 'size asked, no live block', 'overrun': 'written behind the end',
          'underrun': 'written before the start', '': 'used after it was freed'}


def group(name):
    """What a case is about."""
    return next(what for begin, what in GROUPS.items() if name.startswith(begin))


def table(heads, rows):
    """Lines with aligned columns."""
    rows = [heads, *rows]
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(heads))]
    return '\n'.join('  '.join(str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows)


def misuse_report(program, libraries):
    """{malloc: {case: outcome}}, and a table of it."""
    names = [name for name, _ in misuses.cases(program)]
    found = {malloc: {name: outcome for name, (outcome, _) in misuses.commit(program, library, names).items()}
             for malloc, library in libraries.items()}
    groups = list(dict.fromkeys(map(group, names)))
    rows = []
    for what in groups:
        of = [name for name in names if group(name) == what]
        rows.append((f'{what} ({len(of)})', *(sum(outcomes[name] in misuses.DETECTED for name in of)
                                              for outcomes in found.values())))
    rows.append((f'detected, of {len(names)}', *(sum(outcome in misuses.DETECTED for outcome in outcomes.values())
                                                 for outcomes in found.values())))
    counts = {malloc: Counter(outcomes.values()) for malloc, outcomes in found.items()}
    rows += [(f'  {outcome}', *(counts[malloc][outcome] for malloc in found)) for outcome in misuses.OUTCOMES]
    return found, table(('misuse', *found), rows)


def contract_report(program, libraries):
    """{malloc: {case: outcome}}, and a table of it."""
    names = contracts.cases(program)
    kept = {malloc: contracts.keep(program, library, names) for malloc, library in libraries.items()}
    found = {malloc: {name: outcome for name, (outcome, _) in cases.items()} for malloc, cases in kept.items()}
    counts = {malloc: Counter(outcomes.values()) for malloc, outcomes in found.items()}
    rows = [(f'{outcome}, of {len(names)}', *(counts[malloc][outcome] for malloc in found))
            for outcome in ('passed', 'failed', 'skipped')]
    lost = [(name, *('' if found[malloc][name] == 'passed' else found[malloc][name] for malloc in found))
            for name in names if any(found[malloc][name] == 'failed' for malloc in found)]
    return found, table(('contract', *found), rows + lost)


def cost_report(libraries, load, rounds, quick):
    """{level: {'cpu': ..., 'memory': ...}}, and a table of the programs."""
    results = cost.measure(libraries, load, rounds, quick)
    ratios = {level: (cost.ratios(results, level, 0), cost.ratios(results, level, 1)) for level in '12'}
    rows = [(name, *(f'{ratios[level][what][name]:.2f}' for level in '12' for what in (0, 1))) for name in results]
    means = {level: {'cpu': cost.mean(ratios[level][0].values()), 'memory': cost.mean(ratios[level][1].values())}
             for level in '12'}
    rows.append(('geometric mean', *(f'{means[level][what]:.3f}' for level in '12' for what in ('cpu', 'memory'))))
    heads = ('cost, as multiples of level 0', 'CPU, level 1', 'memory', 'CPU, level 2', 'memory')
    programs = {name: {level: {'cpu': ratios[level][0][name], 'memory': ratios[level][1][name]} for level in '12'}
                for name in results}
    return {'means': means, 'programs': programs, 'rounds': rounds, 'quick': quick}, table(heads, rows)


def main():
    parser = argparse.ArgumentParser(description='What hardening finds, what contracts are kept, and what it costs.')
    parser.add_argument('--build', type=Path, required=True, help='the build folder')
    parser.add_argument('--rounds', type=int, default=5, help='of the benchmark (5)')
    parser.add_argument('--quick', action='store_true', help='an eighth of the benchmark')
    parser.add_argument('--no-cost', action='store_true', help='no benchmark')
    parser.add_argument('--json', type=Path, help='the file for all results (BUILD/trust.json)')
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    levels = {level: build / 'hardening' / level / 'libosmem-malloc.so' for level in LEVELS}
    libraries = {**{f'level {level}': library for level, library in levels.items()}, **mallocs.peers()}
    bad = []

    misuse, text = misuse_report(build / 'bin/trust/misuse', libraries)
    print(text, '', *(f'{name}: {meaning}' for name, meaning in misuses.OUTCOMES.items()), '', sep='\n', flush=True)
    promises = dict(misuses.cases(build / 'bin/trust/misuse'))
    bad += [f'level {level} misses {name}' for level in LEVELS for name, promise in promises.items()
            if promise.isdigit() and promise <= level and misuse[f'level {level}'][name] not in misuses.DETECTED]
    contract, text = contract_report(build / 'bin/trust/contract', libraries)
    print(text, '', sep='\n', flush=True)
    bad += [f'level {level} fails {name}' for level in LEVELS for name, outcome in contract[f'level {level}'].items()
            if outcome == 'failed']
    report = {'misuse': misuse, 'contract': contract, 'promises': promises}
    if not arguments.no_cost:
        report['cost'], text = cost_report(levels, build / 'bin/osmem-loads', arguments.rounds, arguments.quick)
        print(text, '', sep='\n', flush=True)
        bad += [f'level {level} costs {report["cost"]["means"][level]["cpu"]:.3f} times level 0, above {bound}'
                for level, bound in BOUNDS.items() if report['cost']['means'][level]['cpu'] > bound]
    (arguments.json or build / 'trust.json').write_text(json.dumps(report, indent=1) + '\n', encoding='utf-8')
    found = evidence.rows(build)
    print(table(('what else was tried', 'what was found'), found), '', sep='\n')
    for line in bad:
        print(line)
    detected = '/'.join(str(sum(outcome in misuses.DETECTED for outcome in misuse[f'level {level}'].values()))
                        for level in LEVELS)
    passed = '/'.join(str(sum(outcome == 'passed' for outcome in contract[f'level {level}'].values()))
                      for level in LEVELS)
    times = '/'.join(f'{report["cost"]["means"][level]["cpu"]:.2f}' for level in '12') if 'cost' in report else 'not measured'
    print(f'levels 0/1/2: misuses detected {detected} of {len(promises)}, contracts kept {passed} of '
          f'{len(contract["level 0"])}; CPU time of levels 1/2: {times} times level 0; '
          f'{"; ".join(f"{what}: {result}" for what, result in found)}')
    sys.exit(1 if bad else 0)


if __name__ == '__main__':
    main()
