#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks how the project is written, and that what checks it sees what it should: tools/lint.py, the pre-commit hooks,
licences, and that versions agree.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cases import case, finish, skip

ROOT = Path(__file__).resolve().parent.parent
IS_SLOW = os.environ.get('OSM_SLOW') == '1'
PROGRAMS = {'format': 'clang-format-14', 'python': 'pyflakes3', 'shell': 'shellcheck', 'licence': 'reuse'}
# A file that each check must not let pass.
BAD = {
    'format': ('framework/bad.c', '/* SPDX-License-Identifier: BSD-3-Clause */\nint  x ;\n'),
    'python': ('tests/bad.py', '# SPDX-License-Identifier: BSD-3-Clause\nimport os\n'),
    'shell': ('bootstrap', '#!/bin/sh\n# SPDX-License-Identifier: BSD-3-Clause\nrm $1\n'),
    'licence': ('framework/bad.c', 'int x;\n'),
}


def run(*command, **options):
    """Run a command; both outputs together."""
    return subprocess.run([str(word) for word in command], **{
        'cwd': ROOT, 'stdin': subprocess.DEVNULL, 'stdout': subprocess.PIPE, 'stderr': subprocess.STDOUT, 'text': True,
        'check': False, **options})


def is_there(title, program):
    """May a case be tried? With slow=1 it must be."""
    if shutil.which(program):
        return True
    if IS_SLOW:
        case(title, False, f'there is no {program}')
    else:
        skip(title, f'there is no {program}; slow=1 installs it')
    return False


def check_lint():
    """Each quick check finds nothing here."""
    for name, program in PROGRAMS.items():
        title = f'lint {name}'
        if is_there(title, program):
            done = run(sys.executable, 'tools/lint.py', name)
            case(title, done.returncode == 0, done.stdout)


def check_sight(copy):
    """Each quick check finds what is wrong."""
    for name, (path, text) in BAD.items():
        title = f'lint {name} sees a bad {path}'
        if is_there(title, PROGRAMS[name]):
            kept = (copy / path).read_bytes() if (copy / path).exists() else None
            (copy / path).write_text(text, encoding='utf-8')
            done = run(sys.executable, 'tools/lint.py', name, path, cwd=copy)
            case(title, done.returncode == 1 and f'lint {name}: not good' in done.stdout, done.stdout)
            if kept is None:
                (copy / path).unlink()
            else:
                (copy / path).write_bytes(kept)


def check_hooks(copy):
    """The pre-commit hooks run on a file of each kind, with slow=1 on the whole tree, and find nothing."""
    title = 'all pre-commit hooks pass'
    which = ['--all-files'] if IS_SLOW else ['--files', 'framework/heap.c', 'tests/cases.py', 'bootstrap']
    if is_there(title, 'pre-commit'):
        done = run('pre-commit', 'run', *which, cwd=copy,
                   env={**os.environ, 'PRE_COMMIT_HOME': str(copy.parent / 'pre-commit')})
        names = set(re.findall(r'^ +name: (.*)$', (ROOT / '.pre-commit-config.yaml').read_text(encoding='utf-8'),
                               flags=re.MULTILINE))
        passed = set(re.findall(r'^(.+?)\.{3,}Passed$', done.stdout, flags=re.MULTILINE))
        case(title, done.returncode == 0 and names == passed, done.stdout)


def check_tidy():
    """clang-tidy, which takes a while."""
    title = 'lint tidy'
    commands = ROOT / os.environ.get('OSM_BUILD', 'build') / 'compile_commands.json'
    if not IS_SLOW:
        skip(title, 'takes a minute; slow=1 does it')
    elif is_there(title, 'clang-tidy'):
        done = run(sys.executable, 'tools/lint.py', 'tidy', '--commands', commands)
        case(title, done.returncode == 0, done.stdout)


def check_versions():
    """SConstruct, the log of changes and Debian's speak of one version."""
    version = re.search(r"^VERSION = '(.*?)'", (ROOT / 'SConstruct').read_text(encoding='utf-8'), flags=re.MULTILINE).group(1)
    newest = re.search(r'^## (\S+)', (ROOT / 'CHANGELOG.md').read_text(encoding='utf-8'), flags=re.MULTILINE).group(1)
    case('CHANGELOG.md begins with the version of SConstruct', newest == version, f'{newest}, {version}')
    packaged = re.match(r'osmem \((\S+)-\d+\)', (ROOT / 'debian/changelog').read_text(encoding='utf-8')).group(1)
    case('so does debian/changelog', packaged == version, f'{packaged}, {version}')
    control = (ROOT / 'debian/control').read_text(encoding='utf-8')
    case('the package of the library has the number of the soname', f'Package: libosmem{version.split(".", maxsplit=1)[0]}\n' in control)
    licences = [(ROOT / name).read_text(encoding='utf-8') for name in ('LICENSE', 'LICENSES/BSD-3-Clause.txt')]
    case('LICENSE and the text for REUSE are the same', licences[0] == licences[1])


def main():
    check_versions()
    check_lint()
    check_tidy()
    with tempfile.TemporaryDirectory() as name:
        # A repository of its own, whatever this one is in.
        copy = Path(name) / 'copy'
        files = run('git', 'ls-files').stdout.splitlines()
        for path in files:
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / path).exists():
                shutil.copy(ROOT / path, copy / path)
        run('git', 'init', '--quiet', cwd=copy)
        run('git', 'add', '--all', cwd=copy)
        check_sight(copy)
        check_hooks(copy)
    finish()


if __name__ == '__main__':
    main()
