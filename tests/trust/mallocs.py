# SPDX-License-Identifier: BSD-3-Clause
"""The mallocs that a program is run on, and how to run it on one of them."""
import os
import platform
import signal
import subprocess
from pathlib import Path

PEERS = {'glibc': None, 'mimalloc': 'libmimalloc.so.2.0', 'jemalloc': 'libjemalloc.so.2'}
FOLDERS = ['/usr/lib', '/usr/lib64', '/usr/local/lib', f'/usr/lib/{platform.machine()}-linux-gnu']
CLEAN = {key: value for key, value in os.environ.items() if not key.startswith(('OSMEM_', 'LD_', 'MIMALLOC_', 'MALLOC_'))}


def peers():
    """Name -> library of the other mallocs that are here; glibc's is no library of its own."""
    found = {}
    for name, file in PEERS.items():
        paths = [Path(folder) / file for folder in FOLDERS if file and (Path(folder) / file).exists()]
        if not file or paths:
            found[name] = paths[0] if paths else None
    return found


class Ending:
    """How a run of a program ended."""

    def __init__(self, status, said, out=''):
        self.status = status  # the exit status, the negative number of a signal, or None: it did not end
        self.said = said      # on fd 2
        self.out = out

    def __str__(self):
        if self.status is None:
            return 'does not end'
        name = signal.Signals(-self.status).name if self.status < 0 else f'exit {self.status}'
        return f'{name}: {self.said.splitlines()[0]}' if self.said else name


def run(program, library, *arguments, seconds=10, **variables):
    """Run a program on a malloc (None: the C library's) and return its Ending."""
    environment = {**CLEAN, **variables, **({'LD_PRELOAD': str(library)} if library else {})}
    try:
        done = subprocess.run([program, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return Ending(None, '')
    return Ending(done.returncode, done.stderr.decode(errors='replace'), done.stdout.decode(errors='replace'))
