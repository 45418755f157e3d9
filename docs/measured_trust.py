# SPDX-License-Identifier: BSD-3-Clause
"""Tables of what hardening finds and costs, for the page on security.

The results are those that `scons trust` left, if they are there and know every case; else the misuses and contracts are
tried now, a minute, and what hardening costs is measured quickly.
"""
import json
import subprocess
import sys

from measured import table

TABLES = ('trust_how', 'trust_misuse', 'trust_outcomes', 'trust_missed', 'trust_contract', 'trust_lost', 'trust_cost')


def listed(program):
    """The names of a program's cases."""
    text = subprocess.run([program, '--list'], capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in text.splitlines()}


def find(build, root, step):
    """The results; None if this build has no drop-in malloc."""
    programs = {name: build / 'bin/trust' / name for name in ('misuse', 'contract')}
    if not all(program.exists() for program in programs.values()):
        return None
    saved, fresh = build / 'trust.json', build / 'docs/trust.json'
    if saved.exists():
        results = json.loads(saved.read_text(encoding='utf-8') or '{}')
        if 'cost' in results and all(listed(program) == results.get(name, {}).get('level 0', {}).keys()
                                     for name, program in programs.items()):
            step(f'figures from {saved}')
            return results
        step(f'{saved} lacks cases')
    step('figures: misuses, contracts and the cost of hardening, quickly, a minute')
    # Its exit status is about bounds; these pages are about figures.
    subprocess.run([sys.executable, root / 'tests/trust/report.py', '--build', build, '--quick', '--rounds', '1',
                    '--json', fresh], capture_output=True, check=False)
    return json.loads(fresh.read_text(encoding='utf-8'))


def detected(outcomes, names):
    """How many of these cases ended as they should."""
    return sum(outcomes[name] in ('diagnosed', 'crashed') for name in names)


def misuse_tables(results, groups, meanings):
    """The misuses by what they are about, and by how they came out, and those that level 2 misses."""
    found = results['misuse']
    names = list(results['promises'])
    rows = [(f'{what} ({len(of)})', *(detected(outcomes, of) for outcomes in found.values()))
            for what, of in ((what, [name for name in names if groups(name) == what])
                             for what in dict.fromkeys(map(groups, names)))]
    rows.append((f'detected, of {len(names)}', *(detected(outcomes, names) for outcomes in found.values())))
    outcomes = [(outcome, meaning, *(list(cases.values()).count(outcome) for cases in found.values()))
                for outcome, meaning in meanings.items()]
    missed = [(name, found['level 2'][name]) for name in names if not detected(found['level 2'], [name])]
    return {'trust_misuse': table('trust_misuse', ('misuse', *found), rows),
            'trust_outcomes': table('trust_outcomes', ('outcome', 'means that', *found), outcomes),
            'trust_missed': table('trust_missed', ('misuse', 'at level 2'), missed)}


def contract_tables(results):
    """How many cases are kept, and those that somebody fails."""
    found = results['contract']
    names = list(next(iter(found.values())))
    rows = [(outcome, *(list(cases.values()).count(outcome) for cases in found.values()))
            for outcome in ('passed', 'failed', 'skipped')]
    lost = [(name, *('' if cases[name] == 'passed' else cases[name] for cases in found.values()))
            for name in names if 'failed' in [cases[name] for cases in found.values()]]
    return {'trust_contract': table('trust_contract', (f'of {len(names)} cases', *found), rows),
            'trust_lost': table('trust_lost', ('case', *found), lost)}


def cost_table(results):
    """CPU time and memory of each program as multiples of level 0's."""
    cost = results['cost']
    cells = [(level, what) for what in ('cpu', 'memory') for level in '12']
    rows = [(name, *(f'{figures[level][what]:.2f}' for level, what in cells))
            for name, figures in cost['programs'].items()]
    rows.append(('geometric mean', *(f'{cost["means"][level][what]:.2f}' for level, what in cells)))
    heads = ('program', *(f'{"CPU" if what == "cpu" else what}, level {level}' for level, what in cells))
    return {'trust_cost': table('trust_cost', heads, rows)}


def write(results, folder, root):
    """All tables into the folder; without results each says that there are none."""
    if results is None:
        for name in TABLES:
            (folder / f'{name}.html').write_text(f"<p data-table='{name}'>-</p>\n", encoding='utf-8')
        return
    kind = 'a quick run, which is noisy' if results['cost']['quick'] else 'a full run'
    sys.path.insert(0, str(root / 'tests/trust'))
    import misuses
    import report
    parts = {'trust_how': f"<p data-table='trust_how'>The cost is from {kind}, rounds: {results['cost']['rounds']}.</p>\n",
             **misuse_tables(results, report.group, misuses.OUTCOMES), **contract_tables(results), **cost_table(results)}
    for name, text in parts.items():
        (folder / f'{name}.html').write_text(text, encoding='utf-8')
