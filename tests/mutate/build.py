# SPDX-License-Identifier: BSD-3-Clause
"""Compiles the library with one source changed: as a shared library, so that tests are linked only once.

How the library is compiled comes from compile_commands.json. A snapshot of the sources keeps a long run apart from
whoever edits them. Headers are compiled many times over, once for each policy, layout and index; so a change is tried in
one object first, and in a choice of the rest only if no test has noticed. Compiling takes longer than testing, so that is
done without optimising; what survives is compiled with it, to see whether that gives the same code.

"""
import concurrent.futures
import contextlib
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import threading
from pathlib import Path

FOLDERS = ('framework', 'policies', 'backends')
LIBRARY = 'libmutated.so'
QUICK, THOROUGH = '-O0', '-O2'
EVERYWHERE = ('best-fit/tag', 'buddy', 'first-fit-scan/meta', 'next-fit/bitmap')  # shows what is not in a policy


class Mutated(Exception):
    """The change does not compile, or does not link."""


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Mutated(done.stderr)
    return done.stdout


class Object:
    """An object of the library: how it is compiled, and which files go into it."""

    def __init__(self, name, source, compiler, flags):
        self.name, self.source, self.compiler, self.flags = name, source, compiler, flags
        self.files = set()
        self.layout = next((flag.split('=')[1] for flag in flags if flag.startswith('-DOSM_LAYOUT=')), '')
        self.scan = '-DOSM_SCAN=1' in flags
        self.bytes = 0  # as good a measure as any of how long it takes to compile
        self.traits = self.read_traits()

    def read_traits(self):
        """What differs between the objects of a header: policy and index, layout and index."""
        return {(self.source, self.scan), (self.layout, self.scan)}

    def policy(self):
        """Its name and layout; '' for what is no policy."""
        folder, name = os.path.split(os.path.splitext(self.source)[0])
        name = name.replace('_', '-') + ('-scan' if self.scan else '')
        return '' if folder != 'policies' else f'{name}/{self.layout}' if self.layout else name

    def compile(self, tree, target, level=QUICK):
        """The bytes of the object, compiled in a copy of the sources."""
        run([self.compiler, *self.flags, level, '-c', self.source, '-o', str(target)], tree)
        return target.read_bytes()


def library_objects(commands, wanted):
    """The objects of the library, from a list of compile commands, without levels of optimisation and what only people need."""
    # By output, as the list may have one twice.
    for entry in {entry['output']: entry for entry in commands}.values():
        source, words = entry['file'], shlex.split(entry['command'])
        if entry['output'] not in wanted:
            continue  # of a test or a tool, or the library's in another form
        flags = [word for word in words[1:] if re.match(r'-(std|D|I|f(?!visibility|file-prefix))', word)]
        name = os.path.splitext(entry['output'])[0].split('/obj/')[1].split('/', 1)[1]
        yield Object(name.replace('/', '-') + '.o', source, words[0], [*flags, '-w'])


class Base:
    """The library as it is: a snapshot of its sources, its objects, what each is made of."""

    def __init__(self, folder, commands, wanted):
        self.folder = Path(folder).resolve()
        self.tree = self.folder / 'tree'
        shutil.rmtree(self.folder / 'tree', ignore_errors=True)
        for name in FOLDERS:
            shutil.copytree(name, self.tree / name)
        (self.folder / 'base').mkdir(parents=True, exist_ok=True)
        self.objects = list(library_objects(commands, wanted))
        self.optimised, self.lock = {}, threading.Lock()

    def path(self, item):
        return self.folder / 'base' / item.name

    def compile(self, workers):
        """Makes all objects, if they are not there from an earlier run."""
        stamp = self.folder / 'base' / 'stamp'
        mark = self.mark()
        self.is_made = stamp.exists() and stamp.read_text(encoding='utf-8') == mark
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            list(pool.map(self.compile_one, self.objects))
        self.library = self.folder / 'base' / LIBRARY
        link(self.library, [self.path(item) for item in self.objects])
        stamp.write_text(mark, encoding='utf-8')

    def mark(self):
        """Of all that goes into the objects."""
        digest = hashlib.sha256(repr([(item.name, item.compiler, item.flags) for item in self.objects]).encode())
        for path in sorted(path for path in self.tree.rglob('*') if path.is_file()):
            digest.update(str(path).encode() + path.read_bytes())
        return digest.hexdigest()

    def compile_one(self, item):
        rule = run([item.compiler, *item.flags, '-MM', item.source], self.tree)
        item.files = {os.path.normpath(name) for name in rule.replace('\\\n', ' ').split()[1:]}
        made = self.path(item)
        item.bytes = len(made.read_bytes() if self.is_made else item.compile(self.tree, made))

    def stages(self, file):
        """The objects that a change of the file is tried in: the quick ones first, then what they leave untried."""
        concerned = sorted((item for item in self.objects if file in item.files), key=lambda item: item.bytes)
        chosen, tried = [], set()
        for item in concerned:
            if item.traits - tried:
                chosen.append(item)
                tried |= item.traits
        return [stage for stage in (chosen[:1], chosen[1:]) if stage]

    def thorough(self, item):
        """The bytes of an object as it is, optimised."""
        with self.lock:
            if item not in self.optimised:
                self.optimised[item] = item.compile(self.tree, self.folder / 'base' / 'optimised.o', THOROUGH)
            return self.optimised[item]


def link(target, objects):
    # Without a soname the tests would ask for the path of the library that they were linked with.
    run(['gcc', '-shared', f'-Wl,-soname,{LIBRARY}', '-o', str(target), *map(str, objects), '-lpthread'], '.')


class Workshop:
    """A folder in which one worker makes one changed library at a time."""

    def __init__(self, base, name):
        self.base = base
        self.folder = base.folder / name
        self.tree = self.folder / 'tree'
        self.library = self.folder / LIBRARY
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(base.tree, self.tree)

    @contextlib.contextmanager
    def changed(self, point, source):
        """The change is there, until it is undone."""
        path = self.tree / point.file
        path.write_text(point.apply(source), encoding='utf-8')
        try:
            yield
        finally:
            path.write_text(source, encoding='utf-8')

    def libraries(self, file):
        """Makes the changed library, first with one object and then with more; the policies that may show it."""
        made = {}
        for stage in self.base.stages(file):
            for item in stage:
                made[item] = self.folder / item.name
                item.compile(self.tree, made[item])
            link(self.library, [made.get(item, self.base.path(item)) for item in self.base.objects])
            yield tuple(sorted(item.policy() for item in made if item.policy())) or EVERYWHERE

    def is_same(self, file):
        """Does the compiler make of it what it was before?"""
        return all(item.compile(self.tree, self.folder / 'optimised.o', THOROUGH) == self.base.thorough(item)
                   for stage in self.base.stages(file) for item in stage)


def commands_from(path):
    return json.loads(Path(path).read_text(encoding='utf-8'))
