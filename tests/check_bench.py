#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run the built osmem-bench on a small trace and look at its results, its tables and its messages.

How fast anything is is not judged here: only that each figure is there and can be true.
"""
import json
import os
import random
import re
import signal
import subprocess
import tempfile
from pathlib import Path

from cases import case, finish, skip

ROOT = Path(__file__).resolve().parent.parent
BENCH = Path(os.environ.get('OSM_BUILD', ROOT / 'build')).resolve() / 'bin' / 'osmem-bench'
# A sanitizer stands in for malloc itself, so there is no other malloc beside it.
PEERS = ['glibc', 'glibc-no-cache'] if os.environ.get('OSM_SANITIZE', 'none') == 'none' else []
POLICIES = ['best-fit', 'buddy']
RESULT = {'trace', 'kind', 'allocator', 'layout', 'operations', 'prefix', 'rounds', 'ns_per_op', 'ns_spread',
          'first_only', 'first_ns_per_op', 'faults_per_1000_ops', 'p999_ns', 'worst_ns', 'steps_per_op', 'utilisation',
          'utilisation_granule_8', 'peak_payload', 'peak_heap', 'heap_measure', 'ratio_to_glibc', 'first_ratio_to_glibc', 'note'}
SUMMARY = {'allocator', 'layout', 'traces', 'prefix', 'ratio_to_glibc', 'first_ratio_to_glibc', 'faults_per_1000_ops',
           'utilisation', 'utilisation_granule_8', 'best_layout'}
# More page faults than this in a thousand operations of warm runs would be what is measured.
FAULTS_MOST = 5
MACHINE = {'processor', 'processors', 'memory', 'system', 'huge_pages', 'compiler', 'load_average'}


def run(*arguments, **options):
    """Run osmem-bench from the project's root."""
    return subprocess.run([BENCH, *arguments], **{
        'cwd': ROOT, 'capture_output': True, 'text': True, 'timeout': 300, 'check': False, **options})


def write_trace(path, operations=4000, live=300):
    """A trace with operations of each kind; returns how many there are and the most bytes that are live at a time."""
    chance = random.Random(1)
    sizes, lines, peak = {}, [], 0
    for name in range(operations):
        if len(sizes) >= live:
            lines.append(f'f {sizes.popitem()[0]}')
        size = chance.choice([0, 1, 16, 24, 100, 700, 5000])
        sizes[name] = size
        lines.append(chance.choice([f'a {name} {size}', f'c {name} 1 {size}', f'm {name} 64 {size}']))
        peak = max(peak, sum(sizes.values()))
        if name % 5 == 0:
            sizes[name] = 3 * size
            lines.append(f'r {name} {3 * size}')
            peak = max(peak, sum(sizes.values()))
    path.write_text('\n'.join(lines) + '\n', encoding='utf-8')
    return len(lines), peak


def called(entry):
    """A result's allocator, as tests name it."""
    return f'{entry["allocator"]} {entry["layout"] or ""}'.rstrip()


def listed(names):
    """The (policy, layout) pairs that --list tells, of those policies."""
    return [tuple(pair) for pair in re.findall(r'^  (\S+) +(\S+)  ', run('--list').stdout, flags=re.MULTILINE)
            if pair[0] in names]


def is_true(result, operations, peak):
    """Can a result be true?"""
    peer = result['layout'] is None
    return (result.keys() == RESULT and result['kind'] == 'traces' and result['note'] is None
            and 0 < result['operations'] <= operations and result['prefix'] == (result['operations'] < operations)
            and result['rounds'] > 0 and 0 < result['ns_per_op'] < 1e9 and 0 < result['first_ns_per_op'] < 1e9
            and result['prefix'] <= result['first_only'] and (result['faults_per_1000_ops'] is None) == result['first_only']
            and (not result['first_only'] or result['first_ns_per_op'] == result['ns_per_op'])
            and (result['ns_spread'] is None) == (result['rounds'] == 1)
            and 0 <= result['p999_ns'] <= result['worst_ns'] < 60e9
            and (result['steps_per_op'] is None) == peer
            and (result['prefix'] or result['peak_payload'] == peak)
            and 0 < result['utilisation'] <= 1
            and abs(result['utilisation'] - result['peak_payload'] / result['peak_heap']) < 1e-6
            and all((result[key] or 0) >= 0 and (result[key] is not None) == bool(PEERS)
                    for key in ('ratio_to_glibc', 'first_ratio_to_glibc')))


def check_results(folder):
    """A quick run on a trace and the needle load: each allocator has its figures, and they are plausible."""
    operations, peak = write_trace(folder / 'small.rep')
    chosen = [word for name in POLICIES for word in ('--policy', name)]
    chosen += [word for name in PEERS or ['none'] for word in ('--peer', name)]
    done = run('--quick', '--trace', folder / 'small.rep', '--load', 'traces', '--load', 'needle', '--json',
               folder / 'results.json', *chosen)
    if not case('a quick run ends well', (done.returncode, done.stderr) == (0, ''), done):
        return
    results = json.loads((folder / 'results.json').read_text(encoding='utf-8'))
    expected = [*listed(POLICIES), *((name, None) for name in PEERS)]
    case('it ends within 30 seconds', 0 < results['seconds'] < 30, results['seconds'])
    case('the machine is told', results['machine'].keys() == MACHINE, results['machine'])
    found = [(result['allocator'], result['layout']) for result in results['results']]
    case('each allocator has a result', found == expected and len(found) > len(POLICIES), found)
    for result in results['results']:
        case(f'{called(result)}: the figures can be true', is_true(result, operations, peak), result)
        case(f'{called(result)}: warm runs find their memory there', (result['faults_per_1000_ops'] or 0) < FAULTS_MOST,
             result)
        case(f'{called(result)}: a row', re.search(rf'^{re.escape(result["allocator"])} .* [\d.]+ [nu]s ', done.stdout,
                                         flags=re.MULTILINE), done.stdout)
    check_exponents(results['exponents'], expected)
    check_summary(results, expected)
    check_best_layouts(results['summary'], done.stdout)
    check_columns(done.stdout)


def check_exponents(exponents, expected):
    """Two for each allocator, each with its points."""
    found = [(entry['allocator'], entry['layout'], entry['operation']) for entry in exponents]
    case('each allocator has two exponents', found == [(*pair, operation) for pair in expected
                                                       for operation in ('alloc', 'free')], found)
    for entry in exponents:
        points = entry['free_blocks']
        case(f'{called(entry)} {entry["operation"]}: points', all((
            points == sorted(set(points)), {len(entry[key]) for key in ('ns', 'ns_spread', 'steps')} == {len(points)},
            all(ns >= 0 for ns in entry['ns']), (entry['exponent'] is None) == (len(points) < 2),
            -2 < (entry['exponent'] or 0) < 3)), entry)


def check_summary(results, expected):
    """With one trace the means are that trace's figures."""
    summary = results['summary']
    case('each allocator has a summary', [(entry['allocator'], entry['layout']) for entry in summary] == expected,
         summary)
    for entry, result in zip(summary, results['results']):
        pairs = [(entry[key], result[key]) for key in ('ratio_to_glibc', 'first_ratio_to_glibc', 'faults_per_1000_ops',
                                                       'utilisation')]
        same = all(mean == of or abs(mean - of) <= 1e-6 * of for mean, of in pairs)
        case(f'{called(entry)}: its summary is that of one trace', entry.keys() == SUMMARY and entry['traces'] == 1
             and same, (entry, result))


def check_best_layouts(summary, output):
    """Of each policy the fastest layout is told, and only that."""
    table = output.partition('best layout of each policy')[2].partition('\n\n')[2].partition('\n\n')[0].splitlines()[1:]
    best = [entry for entry in summary if entry['best_layout']]
    case('the best layouts have a row each', [row.split()[:2] for row in table] ==
         [[entry['allocator'], entry['layout']] for entry in best], (table, best))
    for name in POLICIES if PEERS else []:
        ratios = {entry['layout']: entry['ratio_to_glibc'] for entry in summary if entry['allocator'] == name}
        told = [entry['layout'] for entry in best if entry['allocator'] == name]
        case(f'{name}: its best layout is the fastest', told and ratios[told[0]] == min(ratios.values())
             and len(told) == 1, ratios)


def check_columns(output):
    """The rows of a table are as wide as its head."""
    for head in re.findall(r'^allocator .*', output, flags=re.MULTILINE):
        rows = output.split(head + '\n')[1].split('\n\n')[0].splitlines()
        wrong = [row for row in rows if len(row) != len(head) and not re.search('only|time limit', row)]
        case(f'a table of {len(rows)} rows is aligned', rows and not wrong, f'{head}\n' + '\n'.join(wrong))


def check_refusals(folder):
    """What cannot be meant is refused with status 2, and the message says what there is."""
    (folder / 'bad.rep').write_text('a 1 2\nf 2\n', encoding='utf-8')

    def refused(arguments, *said, status=2, **options):
        done = run(*arguments.split(), **options)
        case(f'osmem-bench {arguments}: exit status {status}', done.returncode == status and all(
            text in done.stderr for text in said), f'should say {said}\n{done}')

    refused('--quik', 'quik', 'usage: osmem-bench')
    refused('--policy', 'policy', 'usage: osmem-bench')
    refused('--policy nosuch-fit', 'nosuch-fit', 'best-fit')
    refused('--layout nosuch', 'nosuch', 'meta', 'tag')
    refused('--policy buddy --layout meta', 'no policy')
    refused('--peer nosuch', 'nosuch', 'glibc', 'none')
    refused('--load nosuch', 'nosuch', 'traces', 'needle')
    refused('some.rep', 'some.rep', '--trace')
    refused('--trace none.rep', 'none.rep: No such file')
    refused('--trace bad.rep', 'bad.rep:2: block 2 is not live', cwd=folder)
    refused('--peer none', 'tests/traces', cwd=folder)
    refused('--load ramp --policy buddy --peer none --json no/file', 'no/file: No such file', status=1, cwd=folder)
    case('--help ends well', run('--help').returncode == 0 and 'usage:' in run('--help').stdout)


def check_kill(folder):
    """Results that were there stay whole until there are others."""
    results = folder / 'kept.json'
    results.write_text('those of before', encoding='utf-8')
    bench = subprocess.Popen([BENCH, '--load', 'steady', '--peer', 'none', '--json', results], cwd=ROOT,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    bench.stdout.readline()
    bench.kill()
    bench.communicate(timeout=30)
    case('a killed run leaves the results of another one', results.read_text(encoding='utf-8') == 'those of before')


def check_interrupt(folder):
    """Ctrl-C ends the run soon, and what was measured until then is written."""
    results = folder / 'interrupted.json'
    bench = subprocess.Popen([BENCH, '--load', 'steady', '--load', 'ramp', '--peer', 'none', '--json', results],
                             cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    first = bench.stdout.readline()
    try:
        bench.wait(2)
    except subprocess.TimeoutExpired:
        bench.send_signal(signal.SIGINT)
    output, errors = bench.communicate(timeout=30)
    case('an interrupted run exits with 130', bench.returncode == 130 and 'interrupted' in errors, errors)
    case('an interrupted run prints its tables', 'steady-1k: ' in output and ' ns ' in output, first + output)
    measured = [result for result in json.loads(results.read_text(encoding='utf-8'))['results'] if result['ns_per_op']]
    case('an interrupted run keeps its results', len(measured) > 0)


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_results(Path(folder))
        check_refusals(Path(folder))
        check_kill(Path(folder))
        check_interrupt(Path(folder))
    if not PEERS:
        skip('results of peers', 'a sanitizer stands in for malloc')
    finish()


if __name__ == '__main__':
    main()
