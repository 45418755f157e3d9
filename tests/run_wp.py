#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs tests/wp/wp.py if its tools are there; all arguments are handed on.

Without Frama-C or its provers it is left out by name. With --slow every contract is proved and no fault seeded: that is
the part of `scons prove` that `scons test slow=1` runs.
"""
import shutil
import subprocess
import sys
from pathlib import Path

from cases import case, finish, skip

TOOLS = {'frama-c': 'frama-c-base', 'why3': 'why3', 'z3': 'z3', 'cvc4': 'cvc4'}
WP = Path(__file__).resolve().parent / 'wp/wp.py'


def main():
    is_test = '--slow' in sys.argv
    arguments = ['--no-faults' if word == '--slow' else word for word in sys.argv[1:]]
    absent = [package for tool, package in TOOLS.items() if not shutil.which(tool)]
    if absent:
        skip('wp', f'there is no {" and no ".join(absent)}; ./bootstrap prove installs it')
        finish()
    status = subprocess.run([sys.executable, WP, *arguments], check=False).returncode
    if is_test:
        case('every search is proved', status == 0, 'see above')
        finish()
    sys.exit(status)


if __name__ == '__main__':
    main()
