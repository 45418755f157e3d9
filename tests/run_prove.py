#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs tests/prove/prove.py with Debian's python, whose modules it needs; all arguments are handed on.

Without pycparser or z3 it is left out by name. With --slow every contract is proved and no fault seeded: that is the
part of `scons prove` that `scons test slow=1` runs.
"""
import subprocess
from pathlib import Path

from handed_on import hand_on

PYTHON = '/usr/bin/python3'  # another one that comes first in PATH may not have Debian's modules
PROVE = Path(__file__).resolve().parent / 'prove/prove.py'


def missing():
    """The packages that are not there."""
    packages = {'pycparser': 'python3-pycparser', 'z3': 'python3-z3'}
    return [package for module, package in packages.items()
            if not Path(PYTHON).exists() or subprocess.run([PYTHON, '-c', f'import {module}'], stderr=subprocess.DEVNULL,
                                                           check=False).returncode != 0]


def main():
    hand_on('prove', [PYTHON, PROVE], missing(), 'prove', '--no-mutants', 'every contract is proved')



if __name__ == '__main__':
    main()
