# SPDX-License-Identifier: BSD-3-Clause
"""What the other tools found out about the library, from what they left in the build folder: fuzzing, failing calls,
exhausted heaps, models, proofs, abstract interpretation, mutation. What was not run says which command does.
"""
import json
import re
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))
import summary  # noqa: E402

# Tests whose cases let calls fail.
FAULTS = ('test_faults', 'test_system_faults', 'test_trace_faults')


def read(path):
    """A file of results; None if there is none."""
    return json.loads(path.read_text(encoding='utf-8')) if path.exists() else None


def fuzzed(build):
    found = read(build / 'fuzz/runs.json')
    return found and f'{sum(one["runs"] for one in found.values())} inputs, ' \
                     f'{sum(one["failed"] for one in found.values())} of {len(found)} harnesses failed'


def failed_calls(build):
    logs = [build / f'test/{name}.log' for name in FAULTS]
    if not all(log.exists() for log in logs):
        return None
    counts = [summary.count_cmocka(log.read_text(encoding='utf-8', errors='replace')) for log in logs]
    if None in counts:
        return f'{logs[counts.index(None)].stem} did not end'
    passed, failed, _ = map(sum, zip(*counts))
    return f'{passed} cases passed, {failed} failed'


def exhausted(build):
    log = build / 'test/test_exhaustive.log'
    lines = re.findall(r'^exhaustive: .* length (\d+), (\d+) sequences', log.read_text(encoding='utf-8', errors='replace'),
                       flags=re.MULTILINE) if log.exists() else []
    lengths = [int(length) for length, _ in lines]
    return lines and f'all {sum(int(count) for _, count in lines)} sequences of up to {min(lengths)}' \
                     f'{f" or {max(lengths)}" if max(lengths) > min(lengths) else ""} calls on {len(lines)} heaps'


def modelled(build):
    found = read(build / 'models.json')
    if not found:
        return None
    bugs = [bug['found'] for model in found.values() for bug in model['bugs'].values()]
    states = sum(run['states'] for model in found.values() for run in model['runs'])
    return f'{len(found)} protocols, {states} states, {sum(bugs)} of {len(bugs)} seeded bugs found'


def proved(build):
    found = read(build / 'prove.json')
    return found and '{functions} functions, {contracts} contracts, {failed} failed, {refuted} of {faults} seeded faults ' \
                     'refuted'.format(**found['totals'])


def searches_proved(build):
    found = read(build / 'wp.json')
    return found and '{functions} functions, {goals} goals, {unproved} not proved, {refuted} of {faults} seeded faults ' \
                     'refuted'.format(**found['totals'])


def interpreted(build):
    found = read(build / 'eva.json')
    return found and '{heaps} heaps, {alarms} alarms, {failed} failed, {reached} of {functions} functions reached, {found} of ' \
                     '{faults} seeded faults found'.format(**found['totals'])


def mutated(build):
    found = read(build / 'mutate.json')
    return found and '{caught} of {mutants} changes caught, {unexplained} without a reason'.format(**found)


# What it is about, where its figures are from, and the command that makes them.
KINDS = (('fuzzing', fuzzed, 'scons fuzz'), ('failing calls', failed_calls, 'scons test only=faults'),
         ('small heaps', exhausted, 'scons test only=exhaustive'), ('models', modelled, 'scons model'),
         ('proofs', proved, 'scons prove'), ('proofs of searches', searches_proved, 'scons prove'),
         ('abstract interpretation', interpreted, 'scons eva'), ('mutation', mutated, 'scons mutate'))


def rows(build):
    """(What, what was found) for each."""
    return [(what, find(build) or f'not run: {command}') for what, find, command in KINDS]
