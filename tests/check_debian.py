#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Builds the Debian packages from a copy of the sources, lets lintian judge them, installs them into a root of their own,
uses what is there, and removes them again. Takes minutes: only with slow=1.
"""
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from cases import case, finish, skip

ROOT = Path(__file__).resolve().parent.parent
UNDER_TEST = ROOT / os.environ.get('OSM_BUILD', 'build')
PACKAGES = ('libosmem1', 'libosmem-dev', 'libosmem-malloc', 'osmem-tools', 'osmem-doc')
# Some of what each holds, LIB for the folder of the architecture's libraries.
HOLDS = {
    'libosmem1': [r'LIB/libosmem\.so\.1', r'LIB/libosmem\.so\.1\.\d+\.\d+'],
    'libosmem-dev': [r'LIB/libosmem\.so', r'LIB/libosmem\.a', r'LIB/libosmem-malloc\.a', r'LIB/pkgconfig/osmem\.pc',
                     r'LIB/cmake/osmem/osmem-config\.cmake', r'/usr/include/osmem/heap\.h', r'/usr/include/osmem/heap\.hpp',
                     r'/usr/share/gdb/auto-load/usr/lib/\S*/libosmem\.so\.1\.\d+\.\d+-gdb\.py'],
    'libosmem-malloc': [r'LIB/libosmem-malloc\.so'],
    'osmem-tools': [r'/usr/bin/osmem-demo', r'/usr/share/man/man1/osmem-bench\.1\.gz',
                    r'/usr/lib/python3/dist-packages/osmem\.py'],
    'osmem-doc': [r'/usr/share/doc/osmem/html/index\.html', r'/usr/share/man/man3/os_malloc\.3\.gz',
                  r'/usr/share/man/man7/osm-heap\.7\.gz', r'/usr/share/doc/osmem/examples/two_heaps\.c'],
}
PROGRAM = """
#include <osmem/osmem.h>
#include <osmem/print.h>
int main(void)
{
	osm_printf("%s\\n", os_malloc(100) ? "works" : "fails");
	return 0;
}
"""


def run(*command, **options):
    """Run a command; both outputs together."""
    return subprocess.run([str(word) for word in command], **{
        'cwd': ROOT, 'stdin': subprocess.DEVNULL, 'stdout': subprocess.PIPE, 'stderr': subprocess.STDOUT, 'text': True,
        'check': False, **options})


def copy_sources(to):
    """What git knows, without what was built."""
    for name in run('git', 'ls-files').stdout.splitlines():
        if (ROOT / name).exists():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, to / name)
    # What the documentation of this tree measured need not be measured again for that of the packages.
    (to / 'build').mkdir()
    for figures in (UNDER_TEST / 'docs').glob('*.json'):
        shutil.copy(figures, to / 'build')


def build(folder):
    """dpkg-buildpackage; the packages by name, or nothing if it failed."""
    source = folder / 'osmem'
    copy_sources(source)
    # What sanitizers and the like this test runs under is of no concern to a package.
    environment = {key: value for key, value in os.environ.items() if not key.startswith('OSM_')}
    environment['DEB_BUILD_OPTIONS'] = f'parallel={len(os.sched_getaffinity(0))}'
    done = run('dpkg-buildpackage', '--build=binary', '--unsigned-source', '--unsigned-changes', cwd=source, env=environment)
    built = {path.name.partition('_')[0]: path for path in folder.glob('*.deb')}
    good = case('dpkg-buildpackage -b makes the five packages', done.returncode == 0 and set(PACKAGES) <= built.keys(),
                f'{sorted(built)}\n{done.stdout[-4000:]}')
    return built if good else {}


def check_contents(built):
    """Each package holds what belongs to it."""
    lib = f'/usr/lib/{run("dpkg-architecture", "-qDEB_HOST_MULTIARCH").stdout.strip()}'
    for name, patterns in HOLDS.items():
        listed = re.findall(r'^\S+ +\S+ +\d+ \S+ \S+ \.(/\S+)', run('dpkg-deb', '--contents', built[name]).stdout,
                            flags=re.MULTILINE)
        lost = [pattern for pattern in patterns
                if not any(re.fullmatch(pattern.replace('LIB', re.escape(lib)), path) for path in listed)]
        case(f'{name} holds what belongs to it', not lost, f'missing: {lost}')
    return lib


def check_lintian(folder):
    """lintian finds no error."""
    changes = next(folder.glob('*.changes'))
    done = run('lintian', '--allow-root', '--fail-on', 'error', changes)
    case('lintian has no error', done.returncode == 0, done.stdout)


def check_installed(built, lib, folder):
    """In a root that has dpkg's own books and nothing else: install, use, remove."""
    root = folder / 'root'
    (root / 'var/lib/dpkg/info').mkdir(parents=True)
    (root / 'var/lib/dpkg/updates').mkdir()
    (root / 'var/lib/dpkg/status').touch()
    dpkg = [*([] if os.geteuid() == 0 else ['fakeroot']), 'dpkg', f'--root={root}', '--force-not-root', '--force-depends',
            '--force-script-chrootless']
    done = run(*dpkg, '--install', *(built[name] for name in PACKAGES))
    if not case('the packages install', done.returncode == 0, done.stdout):
        return
    (folder / 'program.c').write_text(PROGRAM, encoding='utf-8')
    environment = {**os.environ, 'PKG_CONFIG_LIBDIR': f'{root}{lib}/pkgconfig', 'PKG_CONFIG_SYSROOT_DIR': str(root),
                   'LD_LIBRARY_PATH': f'{root}{lib}', 'PKG_CONFIG_ALLOW_SYSTEM_LIBS': '1', 'PKG_CONFIG_ALLOW_SYSTEM_CFLAGS': '1'}
    flags = run('pkg-config', '--cflags', '--libs', 'osmem', env=environment).stdout.split()
    done = run('gcc', folder / 'program.c', '-o', folder / 'program', *flags)
    if case('a program builds with the installed package', done.returncode == 0, done.stdout):
        done = run(folder / 'program', env=environment)
        case('and runs with the installed library', done.stdout == 'works\n', done.stdout)
    done = run('/bin/true', env={**os.environ, 'LD_PRELOAD': f'{root}{lib}/libosmem-malloc.so', 'OSMEM_STATS': '1'})
    case('the drop-in takes the place of malloc', done.returncode == 0 and 'osmem: best-fit-lifo' in done.stdout, done.stdout)
    done = run(root / 'usr/bin/osmem-bench', '--list')
    case('the benchmark knows its policies', done.returncode == 0 and 'best-fit' in done.stdout, done.stdout)
    done = run(*dpkg, '--purge', *PACKAGES)
    left = [path for path in root.rglob('*') if not path.is_dir() and not path.is_relative_to(root / 'var')]
    case('removed, they leave nothing', done.returncode == 0 and not left, f'{left}\n{done.stdout}')


def main():
    title = 'the five Debian packages'
    if os.environ.get('OSM_SLOW') != '1':
        skip(title, 'take long; slow=1 builds them')
    elif lost := [name for name in ('dpkg-buildpackage', 'dh', 'lintian') if not shutil.which(name)]:
        if shutil.which('dpkg'):
            case(title, False, f'there is no {" ".join(lost)}: ./bootstrap test slow=1 installs them')
        else:
            skip(title, 'this is no Debian system')
    else:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            if built := build(folder):
                lib = check_contents(built)
                check_lintian(folder)
                check_installed(built, lib, folder)
    finish()


if __name__ == '__main__':
    main()
