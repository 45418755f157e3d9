#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Tests what each level of hardening promises: run_trust.py --build FOLDER.

Every misuse of tests/trust/misuse must end its program from the level on that its entry names, and every case of
tests/trust/contract must pass on the level that the library was built with; OSM_SLOW=1 in the environment: on each.
"""
import argparse
import os
import sys
import tempfile
from pathlib import Path

from cases import case, finish, skip

sys.path.insert(0, str(Path(__file__).resolve().parent / 'trust'))
import contracts  # noqa: E402
import evidence  # noqa: E402
import misuses  # noqa: E402

LEVELS = '012'


def check_misuse(program, libraries):
    promises = misuses.cases(program)
    for level in LEVELS:
        kept = [name for name, promise in promises if promise.isdigit() and int(promise) <= int(level)]
        for name, (outcome, ending) in misuses.commit(program, libraries[level], kept).items():
            case(f'level {level} ends {name}', outcome in misuses.DETECTED, f'{outcome}: {ending}')


def check_contract(program, libraries):
    names = contracts.cases(program)
    for level in LEVELS if os.environ.get('OSM_SLOW') == '1' else os.environ.get('OSM_HARDENING', '1'):
        for name, (outcome, ending) in contracts.keep(program, libraries[level], names).items():
            if outcome == 'skipped':
                skip(f'level {level} keeps {name}', ending.said.strip() or 'it cannot run here')
            else:
                case(f'level {level} keeps {name}', outcome == 'passed', str(ending))


def ended(passed, failed):
    """How cmocka ends."""
    return f'[==========] Running {passed + failed} test(s).\n[  PASSED  ] {passed} test(s).\n' + (
        f'[  FAILED  ] {failed} test(s), listed below:\n[  FAILED  ] one\n\n {failed} FAILED TEST(S)\n' if failed else '')


def check_evidence():
    """The report reads what other tools leave, and says which to run where there is nothing."""
    left = {
        'fuzz/runs.json': '{"fuzz_a": {"runs": 7, "failed": false}, "fuzz_b": {"runs": 5, "failed": true}}',
        'test/test_faults.log': ended(passed=1, failed=1),
        'test/test_system_faults.log': ended(passed=1, failed=0),
        'test/test_trace_faults.log': ended(passed=1, failed=0),
        'test/test_exhaustive.log': 'exhaustive: x/y granule 8: length 5, 20 sequences, 9 operations done\n'
                                    'exhaustive: x/z granule 8: length 6, 30 sequences, 9 operations done\n',
        'models.json': '{"m": {"bugs": {"A": {"found": true}, "B": {"found": false}}, "runs": [{"states": 3}, {"states": 4}]}}',
        'prove.json': '{"totals": {"functions": 2, "contracts": 6, "failed": 1, "refuted": 8, "faults": 9}}',
        'wp.json': '{"totals": {"functions": 3, "goals": 8, "unproved": 2, "refuted": 4, "faults": 6}}',
        'eva.json': '{"totals": {"heaps": 4, "alarms": 2, "failed": 1, "reached": 6, "functions": 7, "found": 3, "faults": 5}}',
        'mutate.json': '{"caught": 9, "mutants": 10, "unexplained": 1}',
    }
    expected = ['12 inputs, 1 of 2 harnesses failed', '3 cases passed, 1 failed',
                'all 50 sequences of up to 5 or 6 calls on 2 heaps', '1 protocols, 7 states, 1 of 2 seeded bugs found',
                '2 functions, 6 contracts, 1 failed, 8 of 9 seeded faults refuted',
                '3 functions, 8 goals, 2 not proved, 4 of 6 seeded faults refuted',
                '4 heaps, 2 alarms, 1 failed, 6 of 7 functions reached, 3 of 5 seeded faults found',
                '9 of 10 changes caught, 1 without a reason']
    with tempfile.TemporaryDirectory() as folder:
        found = [result for _, result in evidence.rows(Path(folder))]
        case('the report says what was not run', all(result.startswith('not run: scons ') for result in found), found)
        for name, text in left.items():
            Path(folder, name).parent.mkdir(exist_ok=True)
            Path(folder, name).write_text(text, encoding='utf-8')
        found = [result for _, result in evidence.rows(Path(folder))]
        case('the report says what was found', found == expected, found)


def main():
    parser = argparse.ArgumentParser(description='Test what the levels of hardening promise.')
    parser.add_argument('--build', type=Path, required=True)
    build = parser.parse_args().build.resolve()
    libraries = {level: build / 'hardening' / level / 'libosmem-malloc.so' for level in LEVELS}
    check_evidence()
    check_misuse(build / 'bin/trust/misuse', libraries)
    check_contract(build / 'bin/trust/contract', libraries)
    finish()


if __name__ == '__main__':
    sys.dont_write_bytecode = True
    main()
