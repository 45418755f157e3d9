#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Judges which lines the tests reached: 95 of 100 over the library, every line of a policy.

    coverage.py --objects FOLDER      FOLDER has what a build with coverage=1 compiled, and what its tests left there

Nothing else is excluded: markers in the sources are ignored. The drop-in malloc is not counted, as most of its tests run
in whole programs, in which an instrumented malloc would count itself.
"""
import argparse
import json
import subprocess
from pathlib import Path

from cases import case, finish

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ('framework/(?!dropin/)', 'policies/', 'backends/')
WHOLE = 95
POLICY = 100


def gcovr(objects, *output):
    """Run gcovr over the library's sources and return what it prints."""
    filters = [word for folder in FOLDERS for word in ('--filter', f'{ROOT}/{folder}')]
    command = ['gcovr', str(objects), '--root', str(ROOT), '--no-markers', *filters, *output]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def judge(name, lines, bound):
    """One case: `lines` is a part of gcovr's summary, `bound` a percentage, which must be reached unrounded."""
    reached, total = lines['line_covered'], lines['line_total']
    case(f'{name}: {reached} of {total} lines', 100 * reached >= bound * total, f'less than {bound}%')


def main():
    parser = argparse.ArgumentParser(description='Judge the coverage of the tests.')
    parser.add_argument('--objects', type=Path, required=True, help='folder with objects and coverage data')
    objects = parser.parse_args().objects.resolve()
    print(gcovr(objects))
    report = json.loads(gcovr(objects, '--json-summary'))
    judge(' and '.join(FOLDERS), report, WHOLE)
    for file in report['files']:
        if file['filename'].startswith('policies/'):
            judge(file['filename'], file, POLICY)
    finish()


if __name__ == '__main__':
    main()
