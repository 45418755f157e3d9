# SPDX-License-Identifier: BSD-3-Clause
"""Runs each case of the program `contract` on a malloc."""
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from mallocs import run

SKIPPED = 77


def cases(program):
    """The names of all cases."""
    return subprocess.run([program, '--list'], capture_output=True, text=True, check=True).stdout.split()


def outcome(ending):
    """How a case came out: passed, failed or skipped (it cannot run here)."""
    return {0: 'passed', SKIPPED: 'skipped'}.get(ending.status, 'failed')


def keep(program, library, names):
    """Name -> (outcome, Ending) for each case."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        endings = list(pool.map(lambda name: run(program, library, name, seconds=30), names))
    return {name: (outcome(ending), ending) for name, ending in zip(names, endings)}
