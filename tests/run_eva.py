#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs tests/eva/eva.py; all arguments are handed on.

Without Frama-C it is left out by name. With --slow it is the small part of `scons eva` that `scons test slow=1` runs.
"""
import shutil
import sys
from pathlib import Path

from handed_on import hand_on

EVA = Path(__file__).resolve().parent / 'eva/eva.py'


def main():
    absent = [] if shutil.which('frama-c') else ['frama-c-base']
    hand_on('eva', [sys.executable, EVA], absent, 'eva', '--small', 'the analysis finds nothing, and finds each fault')



if __name__ == '__main__':
    main()
