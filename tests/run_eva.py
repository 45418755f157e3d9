#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs tests/eva/eva.py; all arguments are handed on.

Without Frama-C it is left out by name. With --slow it is the small part of `scons eva` that `scons test slow=1` runs.
"""
import shutil
import subprocess
import sys
from pathlib import Path

from cases import case, finish, skip

EVA = Path(__file__).resolve().parent / 'eva/eva.py'


def main():
    is_test = '--slow' in sys.argv
    arguments = ['--small' if word == '--slow' else word for word in sys.argv[1:]]
    if not shutil.which('frama-c'):
        skip('eva', 'there is no frama-c; ./bootstrap eva installs it')
        finish()
    status = subprocess.run([sys.executable, EVA, *arguments], check=False).returncode
    if is_test:
        case('the analysis finds nothing, and finds each fault', status == 0, 'see above')
        finish()
    sys.exit(status)


if __name__ == '__main__':
    main()
