# SPDX-License-Identifier: BSD-3-Clause
"""What a person can choose on the command line: the options, their values, and what is refused.

Policies, backends and layouts are not listed here: they come from the .def files, as everywhere else in the project.
"""
import difflib
import os
import re
import shutil
import sys

from SCons.Script import ARGUMENTS, Environment, EnumVariable, Exit, Variables

# What a profile sets. `default` fixes policy, backend, layout and index unless the command line names others; `without` are
# the sources it leaves out: those that need an operating system, or the one that stands in for it.
PROFILES = {
    'classic': {
        'default': {'policy': 'best-fit', 'backend': 'brk', 'layout': 'meta', 'index': 'scan',
                    'hardening': '1'},
        'flags': ['-O2'], 'defines': [], 'without': ['framework/port_none.c'],
    },
    'embedded': {
        'default': {'policy': 'best-fit', 'backend': 'arena', 'layout': 'tag', 'index': 'fast',
                    'hardening': '0'},
        'flags': ['-O2'], 'defines': ['OSM_EMBEDDED'],
        'without': ['backends/brk.c', 'backends/mmap.c', 'backends/system.c', 'framework/port_posix.c'],
    },
    'drop-in': {
        'default': {'policy': 'best-fit-lifo', 'backend': 'mmap', 'layout': 'wide', 'index': 'fast',
                    'hardening': '1'},
        'flags': ['-O2'], 'defines': [], 'without': ['framework/port_none.c'],
    },
    'debug': {
        'default': {'policy': 'best-fit', 'backend': 'mmap', 'layout': 'tag', 'index': 'fast',
                    'hardening': '2'},
        'flags': ['-O1'], 'defines': ['OSM_DEBUG'], 'without': ['framework/port_none.c'],
    },
}

SANITIZERS = {
    'none': [],
    'address': ['-fsanitize=address', '-fno-omit-frame-pointer'],
    'undefined': ['-fsanitize=undefined', '-fno-sanitize-recover=all'],
    'thread': ['-fsanitize=thread'],
    # afl-clang-fast leaves out the first, for which it has its own way
    'fuzzer': ['-fsanitize=fuzzer-no-link', '-fsanitize=address,undefined', '-fno-sanitize-recover=all',
               '-fno-omit-frame-pointer'],
}

ANNOTATIONS = ['auto', 'none', 'valgrind', 'address']

# What libosmem-malloc is built with in a profile that is for something else.
AS_DROP_IN = PROFILES['drop-in']['default']

# The library whose behaviour is laid down to the byte.
AS_CLASSIC = {'profile': 'classic', **PROFILES['classic']['default'], 'sanitize': 'none', 'coverage': '0'}

# What makes each access slow, and by how much less random tests do then. The thread sanitizer finds nothing in programs
# without threads.
THRIFT = {'address': 4, 'undefined': 4, 'thread': 8, 'coverage': 8}

# Options that concern one run only and are never saved.
ONE_RUN = {'build': 'build', 'only': '', 'bench': '', 'parts': '', 'trust': '', 'engine': 'libfuzzer', 'seconds': '60',
           'mutants': '75', 'seed': '1', 'save': '0'}


def refuse(message):
    """End scons with one line, as its own errors look, but without the place in this file."""
    print(f'scons: *** {message}', file=sys.stderr)
    Exit(2)


def dashed(name):
    """The name for people: best_fit is best-fit."""
    return name.replace('_', '-')


def underscored(name):
    """The name in C: best-fit is best_fit."""
    return name.replace('-', '_')


def listed(path, *macros):
    """The (macro, name) pairs in a .def file, in order: BACKEND(brk, osm_backend) gives ('BACKEND', 'brk')."""
    with open(path, encoding='utf-8') as file:
        text = re.sub(r'/\*.*?\*/', '', file.read(), flags=re.DOTALL)
    # LAYOUT is handed a policy as well: LAYOUT(policy, meta)
    return re.findall(r'^\s*(%s)\((?:policy,\s*)?(\w+)' % '|'.join(macros), text, flags=re.MULTILINE)


POLICIES = listed('policies/policies.def', 'FIT_POLICY', 'OWN_POLICY')
LAYOUTS = [name for _, name in listed('policies/layouts.def', 'LAYOUT')]
HARDENINGS = ['0', '1', '2']
INDEXES = ['fast', 'scan']  # the policy's own, or the textbook's
BACKENDS = [name for _, name in listed('backends/backends.def', 'BACKEND')]
FIT_POLICIES = [name for macro, name in POLICIES if macro == 'FIT_POLICY']


def cpp_compiler(compiler):
    """The C++ compiler that belongs to a C compiler: g++-12 for gcc-12, clang++ for clang."""
    folder, name = os.path.split(compiler)
    return os.path.join(folder, re.sub(r'^clang(?!\+)', 'clang++', re.sub(r'^(.*-)?gcc', r'\1g++', name)))


def is_compiler(key, value, env):
    """A validator: the value names a program that can be run."""
    if not shutil.which(value):
        refuse(f'{key}={value}: there is no such compiler; {key}=gcc, {key}=clang or the path of one')


def is_count(key, value, env):
    """A validator: the value is a number, or a word where that means something."""
    others = ('all', 'survivors') if key == 'mutants' else ()
    if not value.isdecimal() and value not in others:
        refuse(f'{key}={value}: a number is wanted' + ''.join(f', or {other}' for other in others))


def choice(key, help_text, default, values):
    """An option with a list of values; a wrong one is refused with the list."""
    def validate(key, value, env):
        if value not in values:
            refuse(f'{key}={value}: there is no such value; it is one of: {" ".join(values)}')
    return EnumVariable(key, help_text, default, values)[:3] + (validate,)


def declare(variables, profile):
    """All options but the profile, which sets their defaults."""
    default = PROFILES[profile]['default']
    present = [name for name in BACKENDS if f'backends/{name}.c' not in PROFILES[profile]['without']]
    variables.AddVariables(
        choice('policy', 'placement policy of the default heap', default['policy'], [dashed(n) for _, n in POLICIES]),
        choice('backend', 'where the default heap gets its memory', default['backend'], [dashed(n) for n in present]),
        choice('layout', 'where blocks keep size and state; a policy with its own metadata ignores it',
               default['layout'], [dashed(n) for n in LAYOUTS]),
        choice('index', 'how the default heap finds free blocks: by an index, or as the textbook walks',
               default['index'], INDEXES),
        choice('hardening', 'how much libosmem-malloc looks for misuse, and heaps for damage', default['hardening'], HARDENINGS),
        ('cc', 'the C compiler: gcc, clang or the path of one', 'gcc', is_compiler),
        choice('sanitize', 'build everything with a sanitizer', 'none', list(SANITIZERS)),
        choice('annotate', 'tell a tool that watches memory which of a heap\'s is the program\'s; auto: address with '
               'sanitize=address, valgrind with profile=debug if its headers are there', 'auto', ANNOTATIONS),
        choice('coverage', 'measure which lines the tests reach, and judge it (gcc only)', '0', ['0', '1']),
        choice('slow', 'test: also what takes minutes: every sanitizer, compiler, profile and combination',
               '0', ['0', '1']),
        ('only', 'test: only tests whose name contains this, or one of several: only=print,heap; -NAME: without those; mutate: only such files; eva: only such heaps', ''),
        ('bench', 'bench, bench-malloc: arguments for the benchmark, e.g. bench=--quick; bench=--help tells all', ''),
        ('parts', 'amalgamation: its policies and backends, e.g. parts="best-fit/tag buddy mmap"; all of them', ''),
        choice('engine', 'fuzz: what makes up bytes: clang\'s libFuzzer, or AFL++', 'libfuzzer', ['libfuzzer', 'afl']),
        ('seconds', 'fuzz: how long, for all harnesses together', ONE_RUN['seconds'], is_count),
        ('mutants', 'mutate: how many changes to try; all; survivors: those that the last run ended with', ONE_RUN['mutants'], is_count),
        ('seed', 'mutate: another number takes others', ONE_RUN['seed'], is_count),
        ('trust', 'trust: arguments for the report, e.g. trust=--quick; trust=--help tells all', ''),
        ('prefix', 'install: the folder on the machine that uses it', '/usr/local'),
        ('libdir', 'install: the folder for libraries, below the prefix', 'lib'),
        ('DESTDIR', 'install: a folder to put before the prefix, for packages', ''),
        ('build', 'the folder for everything that is generated', ONE_RUN['build']),
        choice('save', 'remember the other options in BUILD/options.py, which later runs read', '0', ['0', '1']),
    )


def refuse_unknown(variables):
    """Without this a misspelt option would pass silently."""
    known = variables.keys()
    for name in variables.UnknownVariables():
        closest = max(known, key=lambda key: difflib.SequenceMatcher(None, name.lower(), key.lower()).ratio())
        refuse(f'{name}=: there is no such option; did you mean {closest}=? `scons -h` lists all')


def refuse_together(options):
    """Combinations that make no sense."""
    if options['coverage'] == '1' and 'clang' in os.path.basename(options['cc']):
        refuse('coverage=1 needs gcc: the figures are those of gcov')
    if options['sanitize'] == 'fuzzer' and 'clang' not in os.path.basename(options['cc']):
        refuse('sanitize=fuzzer needs cc=clang: libFuzzer is a part of it')
    if options['annotate'] == 'address' and options['sanitize'] != 'address':
        refuse('annotate=address needs sanitize=address, whose programs it talks to')
    if options['profile'] == 'embedded' and (options['sanitize'] != 'none' or options['coverage'] == '1'):
        refuse('profile=embedded has no operating system, which sanitize= and coverage= need')


def annotation(options):
    """Which tool annotate=auto means."""
    if options['annotate'] != 'auto':
        return options['annotate']
    if options['sanitize'] == 'address':
        return 'address'
    with_headers = os.path.exists('/usr/include/valgrind/memcheck.h')
    return 'valgrind' if options['profile'] == 'debug' and options['sanitize'] == 'none' and with_headers else 'none'


def save(variables, options, path):
    """Write what differs from the defaults, so that later runs start from it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    variables.Save(path, options.Clone(**ONE_RUN))
    print(f'{path}: saved; delete it to forget')


def read():
    """Return the options, an environment with one variable each, and their help text."""
    saved = os.path.join(ARGUMENTS.get('build', ONE_RUN['build']), 'options.py')
    variables = Variables(saved, ARGUMENTS)
    variables.AddVariables(
        choice('profile', 'what the library is for; sets the defaults of others', 'classic', list(PROFILES)))
    options = Environment(tools=[], variables=variables)
    declare(variables, options['profile'])
    variables.Update(options)
    refuse_unknown(variables)
    refuse_together(options)
    if options['save'] == '1':
        save(variables, options, saved)
    elif os.path.exists(saved):
        with open(saved, encoding='utf-8') as file:
            print(f'{saved}: {", ".join(file.read().splitlines())}')
    help_text = variables.GenerateHelpText(options)
    options['annotate'] = annotation(options)
    return options, help_text
