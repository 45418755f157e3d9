#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs tests/wp/wp.py if its tools are there; all arguments are handed on.

Without Frama-C or its provers it is left out by name. With --slow every contract is proved and no fault seeded: that is
the part of `scons prove` that `scons test slow=1` runs.
"""
import shutil
import sys
from pathlib import Path

from handed_on import hand_on

TOOLS = {'frama-c': 'frama-c-base', 'why3': 'why3', 'z3': 'z3', 'cvc4': 'cvc4'}
WP = Path(__file__).resolve().parent / 'wp/wp.py'


def main():
    absent = [package for tool, package in TOOLS.items() if not shutil.which(tool)]
    hand_on('wp', [sys.executable, WP], absent, 'prove', '--no-faults', 'every search is proved')



if __name__ == '__main__':
    main()
