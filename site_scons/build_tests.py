# SPDX-License-Identifier: BSD-3-Clause
"""Runs tests as build steps: each one gives a log and an exit status, one last step reads them all.

So tests run in parallel without mixing their output, and a failing one does not hide those after it.
"""
import atexit
import itertools
import os
import pathlib
import signal
import subprocess
import sys
import time

from SCons.Script import GetOption

import build_options


class Suite:
    """The tests that report together."""

    def __init__(self, env, folder, options):
        """Logs go to `folder`. only=NAME,NAME... leaves out tests whose name contains none of these, and -NAME those with it."""
        self.env = env
        self.folder = folder
        self.only = options['only']
        names = self.only.split(',') if self.only else []
        self.wanted = [name for name in names if name[:1] != '-'] or ['']
        self.unwanted = [name[1:] for name in names if name[:1] == '-']
        # Scripts see how the library was built: OSM_CC, OSM_PROFILE and so on.
        keys = ('build', 'cc', 'coverage', 'profile', 'policy', 'backend', 'layout', 'index', 'hardening', 'sanitize', 'slow')
        self.environment = {**env['ENV'], 'OSM_SCONS': sys.argv[0]}
        self.environment.update({f'OSM_{key.upper()}': options[key] for key in keys})
        # What a sanitizer or the counting of lines adds to each access.
        self.slowness = 1 if options['sanitize'] == 'none' and options['coverage'] == '0' else 5
        self.names = []
        self.left_out = []
        self.nodes = []

    def add(self, name, command, needs=(), seconds=120):
        """A test: a command, what must be built before, and how long it may take."""
        if not any(part in name for part in self.wanted) or any(part in name for part in self.unwanted):
            self.left_out.append(name)
            return []
        seconds *= self.slowness
        run = self.env.Action(lambda target, source, env: self.run(name, command, seconds), f'test {name}')
        node = self.env.Command([f'{self.folder}/{name}.log', f'{self.folder}/{name}.status'], list(needs), run)
        self.env.AlwaysBuild(node)
        self.names.append(name)
        self.nodes += node
        return node

    def add_last(self, name, command, seconds):
        """A test that begins when those added before it have ended."""
        before = list(self.nodes)
        node = self.add(name, command, seconds=seconds)
        self.env.Requires(node, before)
        return node

    def add_matrix(self, name, folder, options):
        """A test that is a whole `scons test` with other options, in a folder of its own."""
        command = [sys.executable, sys.argv[0], '--silent', f'--jobs={GetOption("num_jobs")}', 'test', f'build={folder}',
                   *options]
        # One after the other, because each uses all processors by itself.
        self.add_last(f'matrix/{name}', command, seconds=3600)

    def run(self, name, command, seconds):
        """Runs a test. Its failure is no failure of the build step: the summary judges."""
        begin = time.monotonic()
        with open(f'{self.folder}/{name}.log', 'wb') as log:
            # A session of its own, so that a timeout also ends what the test started.
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                       env=self.environment, start_new_session=True)
            try:
                status = process.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                status = f'timeout-after-{seconds}-seconds'
        with open(f'{self.folder}/{name}.status', 'w', encoding='utf-8') as file:
            file.write(f'{status} {time.monotonic() - begin:.2f}\n')

    def summary(self):
        """The step that every other hangs on: run all tests, then report."""
        if not self.names:
            build_options.refuse(f'only={self.only}: no such test; there are: {" ".join(self.left_out)}')
        summary = self.env.Command(f'{self.folder}/summary.txt', self.nodes, self.env.Action(self.report, 'summary'))
        return self.env.AlwaysBuild(summary)

    def report(self, target, source, env):
        """Prints the summary; its closing line only when SCons itself has nothing more to say."""
        command = [sys.executable, 'tests/summary.py', self.folder, *self.names]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        with open(str(target[0]), 'w', encoding='utf-8') as file:
            file.write(done.stdout)
        *lines, closing = done.stdout.splitlines() or ['']
        print('\n'.join(lines), flush=True)
        atexit.register(print, closing)
        return done.returncode


def forget_coverage(objects):
    """Remove what earlier tests reached: the figures are to be those of this run, of these objects."""
    for data in pathlib.Path(objects).rglob('*.gcda'):
        data.unlink()


# Tests that run the library's code, unlike those that look at the project or at its tools.
OF_CODE = 'only=test_,misuse,examples,classic,dropin,coverage'

# Tests that show whether another compiler, or other defaults, make a library that works: the decisions are the same.
OF_BUILD = 'only=conformance,default,golden,heaps,oracle,growth,giving,threads,misuse,examples,classic,dropin,check_library'

# Those that have more than one thread.
OF_THREADS = 'only=test_threads,trace_record,dropin'

# The further runs of `scons test` that `slow=1` adds, with what options.
RUNS = {
    'address': ['sanitize=address', 'annotate=none', OF_CODE],  # looks at the library too
    'annotated': ['sanitize=address', OF_BUILD],
    'undefined': ['sanitize=undefined', OF_CODE],
    'thread': ['sanitize=thread', OF_THREADS],
    'clang': ['cc=clang', OF_BUILD],
    'debug': ['profile=debug', OF_BUILD],
    'drop-in': ['profile=drop-in', f'{OF_BUILD},programs'],
    'embedded': ['profile=embedded'],
    'coverage': ['coverage=1', f'{OF_CODE},-streams'],  # whose lines others reach as well
}

# Seeds whose random streams `slow=1` adds to those of every day.
SEEDS = [1, 2]


def default_heaps():
    """Each choice of the default heap, by its name."""
    for macro, policy in build_options.POLICIES:
        for backend in ('brk', 'mmap', 'mock'):
            if macro == 'FIT_POLICY':
                kinds = list(itertools.product(build_options.LAYOUTS, build_options.INDEXES))
            else:
                kinds = [('meta', 'fast')]  # which it does not look at
            for layout, index in kinds:
                told = [build_options.dashed(name) for name in (policy, backend, layout, index)]
                yield ('-'.join(told[:4 if macro == 'FIT_POLICY' else 2]),
                       dict(zip(('policy', 'backend', 'layout', 'index'), told)))
