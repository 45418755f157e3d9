#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks `scons install` and `scons uninstall` in a temporary root: what is where, and programs that use it.

Programs in C and C++ are built with what pkg-config says, by CMake, and by a plain command line, each with the shared
library and with the static one. The libraries made here, in a copy of the project, are compared with those of the build
under test (OSM_BUILD); with OSM_SLOW=1 in the environment all of the copy is compiled anew.
"""
import itertools
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from cases import case, finish, skip
from copied import BUILD, ROOT, Copy

# What the build under test was made with, so that the one here is the same.
CHOSEN = [f'{key}={os.environ[f"OSM_{key.upper()}"]}' for key in ('profile', 'policy', 'backend', 'layout', 'index', 'cc')
          if f'OSM_{key.upper()}' in os.environ]
PREFIX = '/opt/osmem'
COMPLETIONS = {'share/bash-completion/completions/osmem', 'share/zsh/site-functions/_osmem',
               'share/fish/vendor_completions.d/osmem.fish'}
LIBRARIES = ('libosmem.a', 'libosmem.so', 'libosmem-malloc.a', 'libosmem-malloc.so', 'libosmem-trace.a',
             'libosmem-trace.so')

C_PROGRAM = r"""
#include <osmem/heap.h>
#include <osmem/mock.h>
#include <osmem/osmem.h>
#include <osmem/print.h>
int main(void)
{
	char *p = (char *)os_malloc(100);
	/* The object that the program sees is the one that the library sees. */
	osm_printf("%s\n", p && osm_backend_find("arena") == &osm_arena.backend ? "works" : "fails");
	os_free(p);
	return 0;
}
"""

# Knows nothing of osmem: whose malloc it runs on shows in a report at its end.
MALLOC_PROGRAM = r"""
#include <stdlib.h>
int main(void)
{
	volatile char *p = (char *)malloc(100);
	if (!p)
		return 1;
	p[99] = 1;
	free((void *)p);
	return 0;
}
"""

CMAKE_PROJECT = """
cmake_minimum_required(VERSION 3.16)
project(consumer C CXX)
find_package(osmem 1.0 REQUIRED)
foreach(target osmem static)
  add_executable(c-${target} program.c)
  add_executable(cc-${target} program.cc)
  target_link_libraries(c-${target} osmem::${target})
  target_link_libraries(cc-${target} osmem::${target})
endforeach()
add_executable(malloc malloc.c)
target_link_libraries(malloc osmem::malloc)
add_executable(malloc_static malloc.c)
target_link_libraries(malloc_static -static osmem::malloc_static)
"""


def program_pages():
    """The manual pages of the programs, and of each of the commands of osmem."""
    text = (ROOT / 'tools/osmem/commands.def').read_text(encoding='utf-8')
    return ['osmem', 'osmem-demo', 'osmem-bench', *(f'osmem-{name}' for name in re.findall(r'^COMMAND\((\w+)\)', text, flags=re.MULTILINE))]


def below(folder):
    """Every file and link below a folder, by its path from there."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob('*') if path.is_symlink() or path.is_file()}


class Installed:
    """An installation in a temporary root, and how programs find it."""

    def __init__(self, temporary):
        self.project = Copy(temporary, anew=os.environ.get('OSM_SLOW') == '1')
        self.build = self.project.root / self.project.build
        self.root = temporary / 'root'
        self.prefix = Path(f'{self.root}{PREFIX}')
        self.work = temporary / 'work'
        self.work.mkdir()
        for name, text in (('program.c', C_PROGRAM), ('program.cc', C_PROGRAM), ('malloc.c', MALLOC_PROGRAM),
                           ('CMakeLists.txt', CMAKE_PROJECT)):
            (self.work / name).write_text(text, encoding='utf-8')
        self.environment = {**os.environ, 'PKG_CONFIG_PATH': str(self.prefix / 'lib/pkgconfig'),
                            'PKG_CONFIG_SYSROOT_DIR': str(self.root), 'LD_LIBRARY_PATH': str(self.prefix / 'lib')}

    def scons(self, *arguments):
        """Run scons with this installation's place."""
        return self.scons_with(f'DESTDIR={self.root}', f'prefix={PREFIX}', *arguments)

    def scons_with(self, *arguments):
        """Run scons in the copy of the project."""
        return self.project.scons(*CHOSEN, *arguments)

    def run(self, *command):
        """Run a command that finds this installation."""
        return self.project.run(*command, cwd=self.work, env=self.environment)

    def flags(self, *arguments):
        """What pkg-config says."""
        return self.run('pkg-config', *arguments).stdout.split()


# ---- What is where

def check_files(here):
    """The installation is complete, holds nothing else, and names no folder of the build."""
    done = here.scons('install')
    if not case('scons install DESTDIR=... prefix=...', done.returncode == 0, done.stdout):
        return False
    found = below(here.prefix)
    wanted = {f'include/osmem/{path.name}' for path in (ROOT / 'framework/include/osmem').iterdir()}
    wanted |= {f'lib/{name}' for name in LIBRARIES} | {'lib/libosmem.so.1', 'lib/libosmem-trace.so.1'}
    wanted |= {f'lib/pkgconfig/{name}.pc' for name in ('osmem', 'osmem-malloc', 'osmem-trace')}
    wanted |= {'lib/cmake/osmem/osmem-config.cmake', 'lib/cmake/osmem/osmem-config-version.cmake'}
    wanted |= {'bin/osmem', 'bin/osmem-demo', 'bin/osmem-bench', 'share/doc/osmem/README.md', 'share/doc/osmem/CHANGELOG.md'}
    wanted |= COMPLETIONS | {f'share/man/man1/{name}.1' for name in program_pages()}
    wanted |= {f'share/doc/osmem/{path}' for path in below(ROOT) if re.match(r'examples/.*\.cc?$', path)}
    wanted |= {'lib/python3/dist-packages/osmem.py', 'share/osmem/osmem_gdb.py', 
               f'share/gdb/auto-load{PREFIX}/lib/libosmem-malloc.so-gdb.py'}
    more = {path for path in found if re.fullmatch(r'lib/libosmem(-trace)?\.so\.1\.\d+\.\d+'
                                                r'|share/gdb/auto-load/opt/osmem/lib/libosmem\.so\.1\.\d+\.\d+-gdb\.py', path)}
    case('headers, libraries, programs, packages and examples are where they belong, and nothing else',
         found - more == wanted and len(more) == 3,
         f'missing: {sorted(wanted - found)}, too many: {sorted(found - more - wanted)}')
    outside = below(here.root) - {f'{PREFIX[1:]}/{path}' for path in found}
    case('nothing is outside the prefix', not outside, outside)
    texts = [path for path in found if path.endswith(('.pc', '.cmake', '.h', '.py'))]
    told = [path for path in texts if str(here.root.parent) in (here.prefix / path).read_text(encoding='utf-8')]
    case('no text names a folder of the build', not told, told)
    return True


def check_again(here):
    """What is built is not built again, and another policy is one object."""
    done = here.scons_with()
    case('a second run has nothing to do', 'is up to date' in done.stdout and 'gcc' not in done.stdout, done.stdout)
    if 'profile=drop-in' in CHOSEN:
        return  # where the drop-in has the same choice built in
    other = 'first-fit' if 'policy=buddy' in CHOSEN else 'buddy'
    done = here.scons_with('-n', f'policy={other}')
    compiled = re.findall(r' (\S+\.c)$', done.stdout, flags=re.MULTILINE)
    case('another policy compiles one object anew', compiled == ['framework/default.c'], done.stdout)


def check_same_bytes(here):
    """The libraries do not depend on the folder they were built in."""
    for name in LIBRARIES:
        one, other = ROOT / BUILD / 'lib' / name, here.build / 'lib' / name
        case(f'{name} is the same to the bit in two build folders', one.read_bytes() == other.read_bytes(),
             f'{one} and {other} differ')


def check_libdir(here):
    """libdir= moves the libraries, and what tells of them follows."""
    folder, root = 'lib/here-and-there', here.root.parent / 'other'
    done = here.scons_with('install', f'DESTDIR={root}', f'prefix={PREFIX}', f'libdir={folder}')
    installed = Path(f'{root}{PREFIX}')
    case(f'libdir={folder} is where libraries and pkg-config files are',
         done.returncode == 0 and (installed / folder / 'libosmem.so').exists()
         and (installed / folder / 'pkgconfig/osmem.pc').exists() and not (installed / 'lib/libosmem.so').exists(),
         done.stdout)
    text = (installed / folder / 'pkgconfig/osmem.pc').read_text(encoding='utf-8')
    case('osmem.pc tells of it', f'libdir=${{prefix}}/{folder}\n' in text, text)
    text = here.work / 'libdir'
    text.mkdir()
    (text / 'CMakeLists.txt').write_text('cmake_minimum_required(VERSION 3.16)\nproject(x C)\nfind_package(osmem REQUIRED)\n'
                                         'get_target_property(place osmem::osmem LOCATION)\nmessage("at ${place}")\n',
                                         encoding='utf-8')
    done = here.run('cmake', '-S', text, '-B', text / 'build', f'-Dosmem_DIR={installed}/{folder}/cmake/osmem')
    case('the CMake package finds its library from there', f'at {installed}/{folder}/libosmem.so' in done.stdout,
         done.stdout)


def check_debugger(here):
    """gdb finds its script by itself, in the folder that it looks into below the prefix."""
    prefix = here.root.parent / 'debugged'
    done = here.scons_with('install', f'prefix={prefix}')
    program = here.work / 'debugged'
    here.run('gcc', '-g', 'program.c', f'-I{prefix}/include', f'-L{prefix}/lib', '-losmem', f'-Wl,-rpath,{prefix}/lib',
             '-o', program)
    folder = prefix / 'share/gdb/auto-load'
    done = here.project.run(
        'gdb', '-q', '-nx', '-batch', '-iex', 'set debuginfod enabled off',
        '-iex', f'set auto-load scripts-directory {folder}', '-iex', f'set auto-load safe-path {prefix}',
        '-ex', 'break os_free', '-ex', 'run', '-ex', 'osmem heaps', program)
    case('gdb finds the commands by itself', re.search(r'^#1 .* on .*: 1 live blocks, ', done.stdout, flags=re.MULTILINE),
         done.stdout)


# ---- Programs that use it

def check_program(here, title, command, wanted='works\n'):
    """A command makes here.work/program, which prints what it should."""
    (here.work / 'program').unlink(missing_ok=True)
    done = here.run(*command, '-o', 'program')
    if case(f'{title}: compiles and links', done.returncode == 0, done.stdout):
        done = here.run('./program')
        case(f'{title}: runs', done.returncode == 0 and done.stdout == wanted, done.stdout)


def check_pkg_config(here):
    """What pkg-config says suffices."""
    version = here.flags('--modversion', 'osmem')
    case('pkg-config knows the version', re.fullmatch(r'1\.\d+\.\d+', ' '.join(version)), version)
    for compiler, source in (('gcc', 'program.c'), ('g++', 'program.cc')):
        check_program(here, f'{source} with pkg-config --cflags --libs osmem',
                      [compiler, source, *here.flags('--cflags', '--libs', 'osmem')])
        check_program(here, f'{source} with pkg-config --static, linked with -static',
                      [compiler, '-static', source, *here.flags('--static', '--cflags', '--libs', 'osmem')])


def check_plain(here):
    """No tool at all: an include path, a library path, and -losmem."""
    for (compiler, source), kind in itertools.product((('gcc', 'program.c'), ('g++', 'program.cc')), ('shared', 'static')):
        library = '-losmem' if kind == 'shared' else '-l:libosmem.a'
        check_program(here, f'{source}, {kind}, with {library}',
                      [compiler, source, f'-I{here.prefix}/include', f'-L{here.prefix}/lib', library, '-pthread'])
    linked = here.run('readelf', '-d', 'program').stdout
    case('a program with libosmem.a needs no libosmem.so', 'libosmem' not in linked, linked)


def check_cmake(here):
    """find_package(osmem) gives a target for each library."""
    done = here.run('cmake', '-S', '.', '-B', 'cmake', f'-DCMAKE_PREFIX_PATH={here.prefix}')
    if case('find_package(osmem 1.0) finds the package', done.returncode == 0, done.stdout):
        done = here.run('cmake', '--build', 'cmake')
        case('programs build with its targets', done.returncode == 0, done.stdout)
    for language, target in itertools.product(('c', 'cc'), ('osmem', 'static')):
        program = here.work / f'cmake/{language}-{target}'
        done = here.run(program) if program.exists() else None
        case(f'{program.name} with osmem::{target} runs', done and done.stdout == 'works\n', done and done.stdout)
    here.environment['OSMEM_STATS'] = '1'
    for target in ('malloc', 'malloc_static'):
        program = here.work / 'cmake' / target
        done = here.run(program) if program.exists() else None
        case(f'a program with osmem::{target} runs on its malloc', done and done.returncode == 0 and 'osmem' in done.stdout,
             done and done.stdout)
    del here.environment['OSMEM_STATS']
    project = here.work / 'CMakeLists.txt'
    project.write_text(CMAKE_PROJECT.replace('osmem 1.0', 'osmem 2.0'), encoding='utf-8')
    done = here.run('cmake', '-S', '.', '-B', 'newer', f'-DCMAKE_PREFIX_PATH={here.prefix}')
    case('find_package(osmem 2.0) refuses it', done.returncode != 0 and 'version' in done.stdout, done.stdout)


def check_python(here):
    """The installed module finds the installed library."""
    environment = {**here.environment, 'PYTHONPATH': str(here.prefix / 'lib/python3/dist-packages')}
    program = 'import osmem; heap = osmem.Heap("first-fit", "tag"); heap.alloc(100); print(heap.text())'
    done = here.project.run(sys.executable, '-B', '-c', program, cwd=here.work, env=environment)
    case('osmem.py works with the installed library', done.stdout == 'A108\n', done.stdout)


def check_pages(here):
    """What `scons docs` made is installed too."""
    made = {'html/index.html': 'share/doc/osmem/html/index.html', 'man/man3/os_malloc.3': 'share/man/man3/os_malloc.3',
            'man/man7/osm-heap.7': 'share/man/man7/osm-heap.7'}
    for page in made:
        (here.build / 'docs' / page).parent.mkdir(parents=True)
        (here.build / 'docs' / page).write_text(page, encoding='utf-8')
    done = here.scons('install')
    wrong = [page for page, place in made.items()
             if not (here.prefix / place).exists() or (here.prefix / place).read_text(encoding='utf-8') != page]
    case('the pages of the documentation are installed', done.returncode == 0 and not wrong, f'{wrong}\n{done.stdout}')


def check_uninstall(here):
    """What install put there goes, what is somebody else's stays."""
    (here.prefix / 'bin/another').write_text('not ours\n', encoding='utf-8')
    done = here.scons('uninstall')
    left = below(here.root)
    case('scons uninstall leaves what it did not install, and nothing else',
         done.returncode == 0 and left == {f'{PREFIX[1:]}/bin/another'}, f'{left}\n{done.stdout}')
    folders = sorted(path.relative_to(here.prefix).as_posix() for path in here.prefix.rglob('*') if path.is_dir())
    case('and no empty folder', folders == ['bin'], folders)


def main():
    with tempfile.TemporaryDirectory() as folder:
        here = Installed(Path(folder))
        if check_files(here):
            check_again(here)
            check_same_bytes(here)
            check_pkg_config(here)
            check_plain(here)
            check_python(here)
            if shutil.which('cmake'):
                check_cmake(here)
                check_libdir(here)
            else:
                skip('programs build with find_package(osmem)', 'there is no cmake; ./bootstrap test installs it')
            if shutil.which('gdb'):
                check_debugger(here)
            else:
                skip('gdb finds the commands by itself', 'there is no gdb; ./bootstrap test installs it')
            check_pages(here)
            check_uninstall(here)
    finish()


if __name__ == '__main__':
    main()
