#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks what `scons` does, by running it in temporary folders: its options, an installation, what it compiles anew."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cases import case, finish, skip

ROOT = Path(__file__).resolve().parent.parent
SCONS = [sys.executable, os.environ.get('OSM_SCONS') or shutil.which('scons')]


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
    refused('cc=no-such-compiler', 'no-such-compiler')
    refused('profile=embedded backend=mmap', 'mmap', 'arena')
    refused('coverage=1 cc=clang' if shutil.which('clang') else 'coverage=yes', 'coverage')

    text = scons(build, '-h').stdout
    for name in ('profile', 'policy', 'backend', 'layout', 'sanitize', 'coverage', 'cc', 'prefix', 'DESTDIR', 'build',
                 'slow', 'only', 'save'):
        case(f'scons -h tells of {name}=', re.search(rf'^{name}: ', text, flags=re.MULTILINE), text)
    for target in ('demo', 'test', 'docs', 'install', 'compile_commands.json', 'all'):
        case(f'scons -h tells of {target}', re.search(rf'^ +{re.escape(target)} ', text, flags=re.MULTILINE), text)

    scons(build, '-h', 'save=1', 'profile=debug')
    text = scons(build, '-h').stdout
    case('saved options hold in later runs', re.search(r'^profile: .*\n.*\n +actual: debug$', text, flags=re.MULTILINE),
         text)
    text = scons(build, '-h', 'profile=classic').stdout
    case('the command line wins over saved options', re.search(r'^profile: .*\n.*\n +actual: classic$', text,
                                                               flags=re.MULTILINE), text)


# ---- Installation

CONSUMER = """
#include <osmem/heap.h>
#include <osmem/mock.h>
#include <osmem/osmem.h>
#include <osmem/print.h>
int main(void)
{
	char *p = os_malloc(100);
	/* The object that the program sees is the one that the library sees. */
	osm_printf("%s\\n", p && osm_backend_find("arena") == &osm_arena.backend ? "works" : "fails");
	os_free(p);
	return 0;
}
"""


def check_install(temporary):
    """A program outside finds the installed library by pkg-config."""
    build, root = temporary / 'install', temporary / 'root'
    done = scons(build, 'install', f'DESTDIR={root}', 'prefix=/opt/osmem')
    if not case('scons install DESTDIR=... prefix=...', done.returncode == 0, done.stdout):
        return
    installed = {path.relative_to(root / 'opt/osmem').as_posix() for path in root.rglob('*') if not path.is_dir()}
    wanted = {f'include/osmem/{path.name}' for path in (ROOT / 'framework/include/osmem').glob('*.h')}
    wanted |= {'lib/libosmem.a', 'lib/libosmem.so', 'lib/libosmem.so.0', 'lib/pkgconfig/osmem.pc'}
    wanted |= {'lib/libosmem-malloc.a', 'lib/libosmem-malloc.so'}
    wanted |= {'lib/libosmem-trace.a', 'lib/libosmem-trace.so', 'lib/libosmem-trace.so.0', 'lib/pkgconfig/osmem-trace.pc'}
    commands = re.findall(r'^COMMAND\((\w+)\)', (ROOT / 'tools/osmem/commands.def').read_text(encoding='utf-8'), flags=re.M)
    wanted |= {'bin/osmem', *(f'share/man/man1/{name}.1' for name in ('osmem', *(f'osmem-{name}' for name in commands)))}
    wanted |= {'share/bash-completion/completions/osmem', 'share/zsh/site-functions/_osmem',
               'share/fish/vendor_completions.d/osmem.fish'}
    versioned = {path for path in installed if re.fullmatch(r'lib/libosmem(-trace)?\.so\.0\.\d+\.\d+', path)}
    case('headers, libraries, the tool and what tells of them are installed, and nothing else',
         len(versioned) == 2 and installed - versioned == wanted, sorted(installed ^ wanted))

    environment = {**os.environ, 'PKG_CONFIG_PATH': str(root / 'opt/osmem/lib/pkgconfig'),
                   'PKG_CONFIG_SYSROOT_DIR': str(root), 'LD_LIBRARY_PATH': str(root / 'opt/osmem/lib')}
    flags = run('pkg-config', '--cflags', '--libs', 'osmem', env=environment).stdout.split()
    (temporary / 'consumer.c').write_text(CONSUMER, encoding='utf-8')
    done = run('gcc', temporary / 'consumer.c', '-o', temporary / 'consumer', *flags)
    if case('a program compiles and links with what pkg-config says', done.returncode == 0, done.stdout):
        done = run(temporary / 'consumer', env=environment)
        case('and runs with the installed library', done.stdout == 'works\n', done.stdout)

    done = scons(build)
    case('a second run has nothing to do', 'is up to date' in done.stdout and 'gcc' not in done.stdout, done.stdout)
    done = scons(build, '-n', 'policy=buddy')
    compiled = re.findall(r' (\S+\.c)$', done.stdout, flags=re.MULTILINE)
    case('another policy compiles one object anew', compiled == ['framework/default.c'], done.stdout)


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
        check_install(Path(folder))
        check_reproducible(Path(folder))
    finish()


if __name__ == '__main__':
    main()
