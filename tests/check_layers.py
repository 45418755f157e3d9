#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Who may include whom, and what the library may call.

    a backend     the backend contract, the port, the system
    a policy      the policy contract, its engine and layouts; no system; so do the examples of policies
    framework     the public headers and itself; never a policy or a backend, but for the one that a macro names
    examples, tools, reference programs   public headers, the system, their own folder

Also: no file of the library includes stdio.h or stdlib.h or calls malloc and its like, and every public header compiles
alone, as C11 and as C++17.
"""
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from cases import case, finish, skip

ROOT = Path(__file__).resolve().parent.parent
PUBLIC = 'framework/include'
ANY = None

# What a compiler gives without an operating system, and string.h for memcpy, memmove and memset.
NO_SYSTEM = {'assert.h', 'emmintrin.h', 'limits.h', 'stdalign.h', 'stdarg.h', 'stdatomic.h', 'stdbool.h', 'stddef.h',
             'stdint.h', 'stdnoreturn.h', 'string.h'}


class Rule(NamedTuple):
    """What the files of a folder may include; ANY: all there is."""
    public: object     # headers in <osmem/...>
    system: object     # other headers in <...>
    project: tuple     # beginnings of paths in "..."
    macro: tuple = ()  # beginnings of the files that may include what a macro names


RULES = {
    'backends': Rule({'backend.h', 'mock.h'}, ANY, ('backends/', 'framework/port.h')),
    'policies': Rule({'policy.h', 'block_meta.h'}, NO_SYSTEM, ('policies/',), ('policies/',)),
    'framework': Rule(ANY, NO_SYSTEM, ('framework/',), ('framework/default.c',)),
    'framework/dropin': Rule(ANY, ANY, ('framework/',)),  # stands on the system, and on heaps from inside
    'framework/trace': Rule(ANY, ANY, ('framework/trace/',)),  # a library of its own, over the public calls
    'framework/include/osmem': Rule(ANY, NO_SYSTEM, ()),
    'examples/policies': Rule({'policy.h', 'block_meta.h'}, NO_SYSTEM, ('policies/',)),
    'examples': Rule(ANY, ANY, ('examples/',)),
    'tools': Rule(ANY, ANY, ('tools/',)),
    'tools/bench': Rule(ANY, ANY, ('tools/',)),
    'tools/osmem': Rule(ANY, ANY, ('tools/',)),
    'tools/lab': Rule(ANY, ANY, ('tools/',)),
    'tools/bench_malloc': Rule(ANY, ANY, ('tools/',)),
    'tests/classic': Rule(ANY, ANY, ('tests/classic/',)),
}

# Files that need more than their folder, each with the reason.
MORE = {
    # The lists are no policies and no backends: whoever reads them knows names and nothing else.
    'framework/registry.c': {'policies/list.h', 'backends/backends.def'},
    'framework/default.c': {'backends/backends.def'},
    'framework/annotate.h': {'valgrind/memcheck.h', 'sanitizer/asan_interface.h'},  # nothing that is called otherwise
    'framework/port.h': {'errno.h', 'pthread.h'},   # the one place where the framework meets the system
    'framework/port_posix.c': {'unistd.h'},
    'tools/osmem/record.c': {'framework/dropin/tape.h', 'framework/trace/code.h'},  # what a recording leaves
    'tools/osmem/main.c': {'framework/trace/retry.h'},  # Ctrl-C ends the waiting for a pipe
    'tools/whole.h': {'framework/trace/draft.h'},  # the one way in which a file comes into being
}

LIBRARY = ('framework', 'policies', 'backends', 'framework/include/osmem')
NEVER_INCLUDED = {'stdio.h', 'stdlib.h', 'malloc.h'}
NEVER_CALLED = ('malloc', 'calloc', 'realloc', 'free', 'aligned_alloc', 'posix_memalign', 'strdup', 'printf', 'fprintf',
                'dprintf', 'puts', 'exit')


def sources(folder):
    """The C files directly in a folder, as paths from the root."""
    return sorted(path.relative_to(ROOT).as_posix() for suffix in ('c', 'h', 'def')
                  for path in (ROOT / folder).glob(f'*.{suffix}'))


def cpp_headers():
    """The public headers that are C++ only."""
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / PUBLIC / 'osmem').glob('*.hpp'))


def code(path):
    """A file's text without comments; what strings hold stays only in #include lines."""
    text = re.sub(r'/\*.*?\*/|//[^\n]*', ' ', (ROOT / path).read_text(encoding='utf-8'), flags=re.DOTALL)
    return '\n'.join(line if line.lstrip().startswith('#') else re.sub(r'"(\\.|[^"\\])*"', '""', line)
                     for line in text.splitlines())


def in_project(path, name):
    """Where a quoted include leads, as a path from the root."""
    beside = (ROOT / path).parent / name
    return beside.resolve().relative_to(ROOT).as_posix() if beside.exists() else name


def forbidden_includes(path, rule):
    """The #include lines of a file that break its rule."""
    more = MORE.get(path, set())
    for target in re.findall(r'^\s*#\s*include\s+(.*?)\s*$', code(path), flags=re.MULTILINE):
        name = target[1:-1]
        if target.startswith('<osmem/'):
            header = name.removeprefix('osmem/')
            allowed = rule.public is ANY or header in rule.public or header in more
        elif target.startswith('<'):
            allowed = rule.system is ANY or name in rule.system or name in more
        elif target.startswith('"'):
            allowed = in_project(path, name).startswith(rule.project) or name in more
        else:
            allowed = bool(rule.macro) and path.startswith(rule.macro)
        if not allowed:
            yield target


def forbidden_uses(path):
    """What a file of the library includes or calls although it must work beneath the C library's allocator."""
    text = code(path)
    yield from (f'<{name}>' for name in NEVER_INCLUDED if re.search(rf'#\s*include\s*<{re.escape(name)}>', text))
    # A member of that name (policy->free(...)) is another thing.
    calls = re.findall(rf'(?<![\w.>])({"|".join(NEVER_CALLED)})\s*\(', text)
    yield from (f'{name}()' for name in calls)


def check_headers():
    """Every public header compiles alone."""
    compiler = os.environ.get('OSM_CC', 'gcc')
    cpp = 'clang++' if 'clang' in os.path.basename(compiler) else 'g++'
    warnings = ['-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Werror']
    paths = sources('framework/include/osmem')
    cases = [(path, compiler, 'c', 'c11') for path in paths] + [(path, cpp, 'c++', 'c++17') for path in paths]
    cases += [(path, cpp, 'c++', standard) for path in cpp_headers() for standard in ('c++17', 'c++20')]
    for path, program, language, standard in cases:
        name = f'{path} alone as {standard}'
        if not shutil.which(program):
            skip(name, f'there is no {program}')
            continue
        # From standard input, because a header as the main file has warnings of its own.
        done = subprocess.run([program, '-x', language, f'-std={standard}', '-fsyntax-only', *warnings,
                               f'-I{PUBLIC}', '-'],
                              input=f'#include <{path.removeprefix(PUBLIC + "/")}>\n', cwd=ROOT,
                              capture_output=True, text=True, check=False)
        case(name, done.returncode == 0, done.stderr)


def main():
    for folder, rule in RULES.items():
        for path in sources(folder):
            found = list(forbidden_includes(path, rule))
            case(f'{path} includes only what {folder}/ may', not found, 'includes ' + ', '.join(found))
    for folder in LIBRARY:
        for path in sources(folder):
            found = list(forbidden_uses(path))
            case(f'{path} calls no allocator and no stdio', not found, 'uses ' + ', '.join(found))
    check_headers()
    finish()


if __name__ == '__main__':
    main()
