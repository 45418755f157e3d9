#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Tests what each level of hardening promises: run_trust.py --build FOLDER.

Every misuse of tests/trust/misuse must end its program from the level on that its entry names, and every case of
tests/trust/contract must pass on the level that the library was built with; OSM_SLOW=1 in the environment: on each.
"""
import argparse
import os
import sys
from pathlib import Path

from cases import case, finish, skip

sys.path.insert(0, str(Path(__file__).resolve().parent / 'trust'))
import contracts  # noqa: E402
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


def main():
    parser = argparse.ArgumentParser(description='Test what the levels of hardening promise.')
    parser.add_argument('--build', type=Path, required=True)
    build = parser.parse_args().build.resolve()
    libraries = {level: build / 'hardening' / level / 'libosmem-malloc.so' for level in LEVELS}
    check_misuse(build / 'bin/trust/misuse', libraries)
    check_contract(build / 'bin/trust/contract', libraries)
    finish()


if __name__ == '__main__':
    sys.dont_write_bytecode = True
    main()
