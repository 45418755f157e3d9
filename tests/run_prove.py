#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs tests/prove/prove.py with Debian's python, whose modules it needs; all arguments are handed on.

Without pycparser or z3 it is left out by name. With --slow every contract is proved and no fault seeded: that is the
part of `scons prove` that `scons test slow=1` runs.
"""
import subprocess
import sys
from pathlib import Path

from cases import case, finish, skip

PYTHON = '/usr/bin/python3'  # another one that comes first in PATH may not have Debian's modules
PROVE = Path(__file__).resolve().parent / 'prove/prove.py'


def missing():
    """The packages that are not there."""
    packages = {'pycparser': 'python3-pycparser', 'z3': 'python3-z3'}
    return [package for module, package in packages.items()
            if not Path(PYTHON).exists() or subprocess.run([PYTHON, '-c', f'import {module}'], stderr=subprocess.DEVNULL,
                                                           check=False).returncode != 0]


def main():
    is_test = '--slow' in sys.argv
    arguments = ['--no-mutants' if word == '--slow' else word for word in sys.argv[1:]]
    absent = missing()
    if absent:
        skip('prove', f'there is no {" and no ".join(absent)}; ./bootstrap prove installs it')
        finish()
    status = subprocess.run([PYTHON, PROVE, *arguments], check=False).returncode
    if is_test:
        case('every contract is proved', status == 0, 'see above')
        finish()
    sys.exit(status)


if __name__ == '__main__':
    main()
