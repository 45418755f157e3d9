# SPDX-License-Identifier: BSD-3-Clause
"""The tests that a changed library must fail, and how long each may take.

Time is that of the processor, and the limit a multiple of what the test takes with the library as it is: an endless loop
ends there, and a loaded machine changes nothing. What waits without computing is ended by the clock, much later.
"""
import concurrent.futures
import os
import re
import shlex
import signal
import subprocess
import threading
from pathlib import Path

# Unit tests that look at the policies, the engine and the core of the heap; a guess of how many changes each catches, with
# which the order begins.
TESTS = {'golden': 0.5, 'growth': 0.3, 'audit_best_fit': 0.3, 'audit_first_fit': 0.3, 'audit_buddy': 0.3,
         'audit_lifo_scan': 0.1, 'retract': 0.2, 'reach': 0.05, 'trusted': 0.3, 'oracle': 0.8,
         'conformance': 0.7, 'giving': 0.6, 'faults': 0.5, 'heaps': 0.3, 'default': 0.2, 'worst': 0.1, 'mock': 0.01,
         'threads': 0.05, 'overrun': 0.1, 'damage': 0.2, 'exhaustive': 0.3, 'streams': 0.3, 'balance': 0.3,
         'mapped': 0.5, 'metadata': 0.5, 'holes': 0.4, 'search': 0.5}
THRIFT = 8             # random tests take so many times fewer steps
TIMES, MORE = 5, 2     # a test may take so many times its own time, and so many seconds more
CLOCK = 60             # the clock ends it after so many times that
MEMORY = 16 << 20      # KiB that a test may have: test_reach has 8 GiB of them, untouched
AT_LEAST = 4           # policies that a limit is for
FOREVER = 3600

# Sets the limits, each by a call of its own, as dash takes one at a time; then becomes the test.
LIMITED = 'ulimit -t "$1" && ulimit -d "$2" && ulimit -c 0 || exit; shift 2; exec "$@"'


class Test:
    """A unit test's program, and what is known of it."""

    def __init__(self, name, path, guess=0.5):
        self.name, self.path, self.guess = name, path, guess
        self.inside = set()  # sources of the library that it includes
        self.own = 0.0     # seconds for a policy, with the library as it is
        self.by_file = {}  # (how often tried, how often it caught)

    def run(self, library, wanted, seconds):
        """What ended it, '' if it passes, 'test' or 'time'; and the seconds that it took of the processor."""
        environment = {**os.environ, 'LD_LIBRARY_PATH': str(library.parent)}
        if wanted:
            environment['OSM_POLICIES'] = ','.join(wanted)
        command = ['sh', '-c', LIMITED, 'sh', str(round(seconds + 1)), str(MEMORY), str(self.path)]
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        clock = threading.Timer(seconds * CLOCK, process.kill)
        clock.start()
        status, usage = os.wait4(process.pid, 0)[1:]
        clock.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        how = 'test' if status else ''
        if process.returncode in (-signal.SIGKILL, -signal.SIGXCPU):
            how = 'time'
        return how, usage.ru_utime + usage.ru_stime


def with_target(command, target):
    """A compiler's command that writes elsewhere; it says nothing of the target's folder."""
    changed = list(command)
    changed[changed.index('-o') + 1] = str(target)
    return changed


def included(command):
    """The files that a compiler's command reads."""
    rule = subprocess.run([*with_target(command, '-'), '-MM'], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {os.path.normpath(word) for word in rule.split()}


class Suite:
    """All the tests, those first that are likely to end soon and to fail."""

    def __init__(self, folder, commands, archives, library, workers):
        self.folder, self.library, self.lock = Path(folder).resolve(), library, threading.Lock()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.newest = max(path.stat().st_mtime for name in ('framework', 'policies', 'backends', 'tests', 'tools')
                          for path in Path(name).rglob('*.[chd]*'))
        sources = {entry['file']: shlex.split(entry['command']) for entry in commands
                   if entry['file'].startswith('tests/support/') or entry['file'] in map('tests/test_{}.c'.format, TESTS)}
        like = sources['tests/test_golden.c']
        sources['tests/mutate/wanted.c'] = [*like[:-1], 'tests/mutate/wanted.c']
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            objects = dict(zip(sources, pool.map(self.compile, sources, sources.values())))
        self.compiler, self.archives, self.commands = like[0], [Path(path).resolve() for path in archives], sources
        self.common = [path for source, path in objects.items() if not os.path.basename(source).startswith('test_')]
        self.tests = []
        for name, guess in TESTS.items():
            source, test = f'tests/test_{name}.c', Test(name, self.folder / f'test_{name}', guess)
            self.link(objects[source], test.path)
            if re.search('#include "(policies|framework)/', Path(source).read_text(encoding='utf-8')):
                test.inside = included(sources[source])
            self.tests.append(test)

    def link(self, test, target):
        subprocess.run([self.compiler, '-o', target, test, *self.common, *self.archives, self.library,
                        '-Wl,--wrap=osm_policies', '-lcmocka', '-lz', '-lzstd', '-lpthread', '-lm'], check=True)

    def compile(self, source, command):
        """The object of a test, which is to do less than it could."""
        target = self.folder / f'{os.path.basename(source)}.o'
        changed = [*with_target(command, target), '-g0', f'-DTHRIFT={THRIFT}']
        if not (target.exists() and target.stat().st_mtime > self.newest):
            subprocess.run(changed, check=True)
        return target

    def measure(self, wanted):
        """Each test's own time; the names of those that fail as it is."""
        failing = []
        for test in self.tests:
            how, seconds = test.run(self.library, wanted, FOREVER)
            test.own = seconds / len(wanted)
            failing += [test.name] if how else []
        return failing

    def order(self, file):
        """The tests by the time that each takes to catch a change of this file, as far as is known by now."""
        def cost(test):
            tries, caught = test.by_file.get(file, (0, 0))
            return (test.own + 0.01) * (tries + 2) / (caught + 2 * test.guess)
        with self.lock:
            return sorted((test for test in self.tests if not test.inside), key=cost)

    def note(self, test, file, caught):
        with self.lock:
            tries, before = test.by_file.get(file, (0, 0))
            test.by_file[file] = tries + 1, before + caught

    def catch(self, library, file, wanted):
        """(test, how) for the first that fails; None if all pass."""
        for test in self.order(file):
            # Policies differ in what they take: one may need most of what several do.
            limit = TIMES * test.own * max(len(wanted), AT_LEAST) + MORE
            how = test.run(library, wanted, limit)[0]
            self.note(test, file, bool(how))
            if how:
                return test.name, how
        return None

    def catch_inside(self, shop, file):
        """The same with the tests that include the changed source itself."""
        for test in self.tests:
            if file in test.inside:
                source = f'tests/test_{test.name}.c'
                here = os.path.abspath('.')
                command = [word.replace('-Itests', f'-I{here}/tests') for word in self.commands[source]]
                command[command.index('-o') + 1] = str(shop.folder / 'test.o')
                command[command.index(source)] = f'{here}/{source}'
                done = subprocess.run([*command, '-g0', '-O0', '-w', f'-DTHRIFT={THRIFT}'], cwd=shop.tree, check=False,
                                      stderr=subprocess.DEVNULL)
                if done.returncode:
                    continue
                self.link(shop.folder / 'test.o', shop.folder / 'test')
                how = Test(test.name, shop.folder / 'test').run(self.library, (), TIMES * test.own + MORE)[0]
                if how:
                    return test.name, how
        return None
