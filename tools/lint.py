#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Looks at how the sources are written: `scons lint` runs all of it, a pre-commit hook the quick parts.

    lint.py [CHECK...] [FILE...]     CHECK is format, python, shell, licence or tidy; all of them if none is named
    lint.py --write [FILE...]        brings the C sources into the form of .clang-format: `scons format`

Without FILEs it takes all that git knows; a check leaves out what is not for it. `tidy` is clang-tidy on the library and
the tools, with the commands of --commands (build/compile_commands.json). Exit status 1 if there is anything to say, 2 if
a program is missing.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
C_FILE = re.compile(r'\.(c|h|hpp|cc)$')
PYTHON_FILE = re.compile(r'\.py$|^SConstruct$')
SHELL_FILES = {'bootstrap', '.ci/run'}
TIDY_FOLDERS = ('framework/', 'policies/', 'backends/', 'tools/')
# What has a comment for the licence line: the rest is covered by .reuse/dep5.
HAS_LINE = re.compile(r'\.(c|h|hpp|cc|py|def|map|in|ld|yaml|css|xml)$|^(SConstruct|bootstrap|\.ci/run|\.clang-.*)$')
LINE = 'SPDX-License-Identifier: BSD-3-Clause'
PACKAGES = {'clang-format-14': 'clang-format-14', 'clang-tidy': 'clang-tidy', 'pyflakes3': 'pyflakes3',
            'shellcheck': 'shellcheck', 'reuse': 'reuse', 'git': 'git'}
# Names that SCons gives to its scripts.
SCONS_NAMES = re.compile(r"undefined name '(Alias|AlwaysBuild|COMMAND_LINE_TARGETS|Configure|Default|Depends|Dir|Environment|"
                         r"GetOption|Glob|Help|Literal|SConsignFile|SetOption)'")


def need(program):
    """A program's name, if it is there."""
    if not shutil.which(program):
        print(f'lint.py: there is no {program}: `./bootstrap lint` installs {PACKAGES[program]}', file=sys.stderr)
        sys.exit(2)
    return program


def run(*command):
    """Both outputs of a command, and whether it was content."""
    done = subprocess.run([str(word) for word in command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return done.stdout, done.returncode == 0


def tracked():
    """All files that git knows, from the root."""
    said, good = run(need('git'), 'ls-files')
    if not good:
        print(f'lint.py: {said}', file=sys.stderr)
        sys.exit(2)
    return [name for name in said.splitlines() if (ROOT / name).exists()]


# ---- Checks: each gives what it has to say

def check_format(files, _):
    """clang-format would change nothing."""
    files = [name for name in files if C_FILE.search(name)]
    said, good = run(need('clang-format-14'), '--dry-run', '--Werror', *files) if files else ('', True)
    return '' if good else said


def check_python(files, _):
    """pyflakes: names that are not used or not there."""
    files = [name for name in files if PYTHON_FILE.search(name)]
    said, _ = run(need('pyflakes3'), *files) if files else ('', True)
    return '\n'.join(line for line in said.splitlines() if not SCONS_NAMES.search(line))


def check_shell(files, _):
    """shellcheck."""
    files = [name for name in files if name in SHELL_FILES]
    said, good = run(need('shellcheck'), *files) if files else ('', True)
    return '' if good else said


def check_licence(files, _):
    """A licence line at the top of each source, and what REUSE asks for."""
    lost = [name for name in files if HAS_LINE.search(name)
            and LINE not in '\n'.join((ROOT / name).read_text(encoding='utf-8').splitlines()[:3])]
    said, good = run(need('reuse'), '--root', '.', 'lint')
    return '\n'.join([*(f'{name}: no line "{LINE}" at the top' for name in lost), *([] if good else [said])])


def check_tidy(files, commands):
    """clang-tidy, a process for each processor."""
    known = commands.read_text(encoding='utf-8') if commands.exists() else ''
    if not known:
        return f'{commands}: there is no such file; `scons all` writes it'
    sources = [name for name in files if name.startswith(TIDY_FOLDERS) and name.endswith('.c') and f'"{name}"' in known]
    need('clang-tidy')
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        results = pool.map(lambda name: run('clang-tidy', '--quiet', '-p', commands.parent, name), sources)
    return '\n'.join(re.sub(r'^\d+ warnings.*\n?', '', said, flags=re.MULTILINE) for said, good in results if not good)


CHECKS = {'format': check_format, 'python': check_python, 'shell': check_shell, 'licence': check_licence, 'tidy': check_tidy}


def main():
    parser = argparse.ArgumentParser(description='Look at how the sources are written.')
    parser.add_argument('--write', action='store_true', help='bring C sources into form')
    parser.add_argument('--commands', type=Path, default=ROOT / 'build/compile_commands.json', help='for tidy')
    parser.add_argument('words', nargs='*', help='checks, then files')
    options = parser.parse_args()
    checks = [word for word in options.words if word in CHECKS] or list(CHECKS)
    files = [word for word in options.words if word not in CHECKS] or tracked()
    if options.write:
        said, good = run(need('clang-format-14'), '-i', *(name for name in files if C_FILE.search(name)))
        print(said, end='')
        sys.exit(0 if good else 1)
    failed = False
    for name in checks:
        said = CHECKS[name](files, options.commands.resolve()).strip()
        print(f'lint {name}: {"good" if not said else "not good"}')
        if said:
            print(said)
            failed = True
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
