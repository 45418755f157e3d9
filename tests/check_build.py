#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks what `scons` does, by running it in temporary folders: its options, and that the folder changes no library."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cases import case, finish, skip

ROOT = Path(__file__).resolve().parent.parent
SCONS = [sys.executable, os.environ['OSM_SCONS']] if 'OSM_SCONS' in os.environ else ['scons']


def run(*command, **options):
    """Run a command from the project's root and return what became of it, both outputs together."""
    return subprocess.run([str(word) for word in command], **{
        'cwd': ROOT, 'stdout': subprocess.PIPE, 'stderr': subprocess.STDOUT, 'text': True, 'check': False, **options})


def scons(build, *arguments, **options):
    """Run scons with a build folder of its own."""
    return run(*SCONS, f'build={build}', *arguments, **options)


# ---- Options

def check_options(temporary):
    """What cannot be meant is refused, and help names everything."""
    build = temporary / 'options'

    def refused(arguments, *said):
        done = scons(build, *arguments.split())
        case(f'scons {arguments} is refused', done.returncode != 0 and all(text in done.stdout for text in said),
             f'exit status {done.returncode}; should say {said}\n{done.stdout}')

    refused('nosuch=1', 'nosuch', 'did you mean')
    refused('polcy=buddy', 'did you mean policy=')
    refused('destdir=x', 'did you mean DESTDIR=')
    refused('policy=worst-fit', 'worst-fit', 'first-fit next-fit best-fit')
    refused('coverage=2', '0 1')
    refused('fuzz seconds=soon', 'seconds=soon: a number is wanted')
    refused('mutate mutants=few', 'mutants=few: a number is wanted, or all, or survivors')
    refused('cc=no-such-compiler', 'no-such-compiler')
    refused('profile=embedded backend=mmap', 'mmap', 'arena')
    refused('coverage=1 cc=clang' if shutil.which('clang') else 'coverage=yes', 'coverage')

    text = scons(build, '-h').stdout
    for name in ('profile', 'policy', 'backend', 'layout', 'sanitize', 'coverage', 'cc', 'prefix', 'libdir', 'DESTDIR',
                 'build', 'slow', 'only', 'save'):
        case(f'scons -h tells of {name}=', re.search(rf'^{name}: ', text, flags=re.MULTILINE), text)
    for target in ('demo', 'test', 'docs', 'install', 'uninstall', 'compile_commands.json', 'all'):
        case(f'scons -h tells of {target}', re.search(rf'^ +{re.escape(target)} ', text, flags=re.MULTILINE), text)

    scons(build, '-h', 'save=1', 'profile=debug')
    text = scons(build, '-h').stdout
    case('saved options hold in later runs', re.search(r'^profile: .*\n.*\n +actual: debug$', text, flags=re.MULTILINE),
         text)
    text = scons(build, '-h', 'profile=classic').stdout
    case('the command line wins over saved options', re.search(r'^profile: .*\n.*\n +actual: classic$', text,
                                                               flags=re.MULTILINE), text)


# ---- Reproducibility

def check_reproducible(temporary):
    """The libraries do not depend on the folder they were built in."""
    title = 'libraries from two folders are equal to the bit'
    if os.environ.get('OSM_SLOW') != '1':
        skip(title, 'takes long; slow=1 does it')
        return
    made = []
    for folder in (temporary / 'one', temporary / 'another' / 'deeper'):
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns('build', '.git'))
        done = run(*SCONS, cwd=folder)
        made.append((folder / 'build/lib', done))
    for name in ('libosmem.so', 'libosmem.a', 'libosmem-malloc.so', 'libosmem-malloc.a'):
        files = [folder / name for folder, _ in made]
        there = all(file.exists() for file in files)
        case(f'{title}: {name}', there and files[0].read_bytes() == files[1].read_bytes(),
             'they differ' if there else '\n'.join(done.stdout for _, done in made))


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_options(Path(folder))
        check_reproducible(Path(folder))
    finish()


if __name__ == '__main__':
    main()
