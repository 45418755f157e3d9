# SPDX-License-Identifier: BSD-3-Clause
"""The tests that a changed library must fail, and how long each may take.

Time is that of the processor, and the limit a multiple of what the test takes with the library as it is: an endless loop
ends there, and a loaded machine changes nothing. What waits without computing is ended by the clock, much later.
"""
import concurrent.futures
import os
import resource
import shlex
import subprocess
import threading
import time
from pathlib import Path

# Unit tests that look at the policies, the engine and the core of the heap.
TESTS = ('golden', 'heaps', 'conformance', 'growth', 'giving', 'model', 'oracle', 'faults', 'default', 'retract', 'reach',
         'audit_best_fit', 'audit_buddy', 'audit_first_fit', 'audit_lifo_scan', 'mock', 'trusted', 'threads', 'worst')
THRIFT = 8                  # random tests take so many times fewer steps
TIMES, MORE = 5, 2          # a test may take so many times its own time, and so many seconds more
CLOCK_TIMES, CLOCK_MORE = 40, 60  # the same by the clock
MEMORY = 4 << 20            # KiB that a test may have

# Sets the limits, then becomes the test.
LIMITED = 'ulimit -t "$1" -d "$2" -c 0; shift 2; exec "$@"'


class Test:
    """A unit test's program, and what is known of it."""

    def __init__(self, name, path):
        self.name, self.path = name, path
        self.seconds = self.clock = 1.0
        self.tries, self.caught = 0, 0
        self.by_file = {}

    def run(self, library, seconds, clock):
        """'' if it passes, else what ended it."""
        environment = {**os.environ, 'LD_LIBRARY_PATH': str(library.parent)}
        command = ['sh', '-c', LIMITED, 'sh', str(round(seconds + 1)), str(MEMORY), str(self.path)]
        try:
            done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=clock, check=False)
        except subprocess.TimeoutExpired:
            return 'time'
        if done.returncode in (-9, -24, 137, 152):  # SIGKILL, SIGXCPU
            return 'time'
        return 'test' if done.returncode != 0 else ''


class Suite:
    """All the tests, those first that are likely to end soon and to fail."""

    def __init__(self, folder, commands, archives, library, workers):
        self.folder, self.lock = Path(folder).resolve(), threading.Lock()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.newest = max(path.stat().st_mtime for name in ('framework', 'policies', 'backends', 'tests', 'tools')
                          for path in Path(name).rglob('*.[chd]*'))
        sources = {entry['file']: shlex.split(entry['command']) for entry in commands
                   if entry['file'].startswith('tests/support/') or entry['file'] in map('tests/test_{}.c'.format, TESTS)}
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            objects = dict(zip(sources, pool.map(self.compile, sources, sources.values())))
        support = [path for source, path in objects.items() if 'support' in source]
        self.tests = []
        for name in TESTS:
            path = self.folder / f'test_{name}'
            subprocess.run(['gcc', '-o', path, objects[f'tests/test_{name}.c'], *support, *archives, library, '-lcmocka',
                            '-lz', '-lzstd', '-lpthread', '-lm'], check=True)
            self.tests.append(Test(name, path))

    def compile(self, source, command):
        """The object of a test, which is to do less than it could."""
        target = self.folder / f'{os.path.basename(source)}.o'
        command[command.index('-o') + 1] = str(target)
        if target.exists() and target.stat().st_mtime > self.newest:
            return target
        subprocess.run([*command, '-g0', f'-DTHRIFT={THRIFT}'], check=True)
        return target

    def measure(self, library):
        """Each test's own time; the tests that fail as it is."""
        failing = []
        for test in self.tests:
            before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            if test.run(library, 600, 1200):
                failing.append(test.name)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            test.seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            test.clock = time.monotonic() - clock
        return failing

    def order(self, file):
        """The tests by the time that each takes to catch a change of this file, as far as is known by now."""
        def cost(test):
            tries, caught = test.by_file.get(file, (0, 0))
            rate = (caught + 2 * (test.caught + 1) / (test.tries + 4)) / (tries + 2)
            return (test.seconds + 0.02) / rate
        with self.lock:
            return sorted(self.tests, key=cost)

    def note(self, test, file, caught):
        with self.lock:
            test.tries += 1
            test.caught += caught
            tries, before = test.by_file.get(file, (0, 0))
            test.by_file[file] = tries + 1, before + caught

    def catch(self, library, file, longest):
        """(test, how) for the first that fails, of those that take no longer; None if all pass."""
        for test in self.order(file):
            if test.seconds > longest:
                continue
            how = test.run(library, TIMES * test.seconds + MORE, CLOCK_TIMES * test.clock + CLOCK_MORE)
            self.note(test, file, bool(how))
            if how:
                return test.name, how
        return None
