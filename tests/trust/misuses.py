# SPDX-License-Identifier: BSD-3-Clause
"""Commits each misuse of the program `misuse` on a malloc, and says how it came out."""
import subprocess
from concurrent.futures import ThreadPoolExecutor
import os

from mallocs import run

HARM = 10
# From best to worst. A misuse counts as detected if the malloc ended the program before it saw harm.
OUTCOMES = {
    'diagnosed': 'the program was ended by a signal, and one line or more on fd 2 says why',
    'crashed': 'the program was ended by a signal, without a word',
    'warned': 'a line on fd 2, and the program went on; it saw no harm',
    'unnoticed': 'the program went on and saw no harm, this time',
    'harm': 'the program went on, and a block lost what was written or two blocks overlapped',
    'hang': 'the program did not end within ten seconds',
}
DETECTED = ('diagnosed', 'crashed')


def cases(program):
    """(Name, promise) of all cases."""
    text = subprocess.run([program, '--list'], capture_output=True, text=True, check=True).stdout
    return [tuple(line.split()) for line in text.splitlines()]


def outcome(ending):
    """The key in OUTCOMES."""
    if ending.status is None:
        return 'hang'
    if ending.status < 0:
        return 'diagnosed' if ending.said else 'crashed'
    if ending.status == HARM:
        return 'harm'
    return 'warned' if ending.said else 'unnoticed'


def commit(program, library, names):
    """Name -> (outcome, Ending) for each case."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        endings = list(pool.map(lambda name: run(program, library, name), names))
    return {name: (outcome(ending), ending) for name, ending in zip(names, endings)}
