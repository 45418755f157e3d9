#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compares the binary interface of the library under test (OSM_BUILD) with the one in packaging/libosmem.abi.

    check_abi.py            is it the same? If not: what has changed, and what is to be done
    check_abi.py --write    take the present one, which `scons abi` does

The interface is what a compiled program has built in of the library: symbols, sizes and layouts of what the public
headers declare. abigail-tools reads it out of the debug information.
"""
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cases import case, finish, skip

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / os.environ.get('OSM_BUILD', 'build') / 'lib/libosmem.so'
HEADERS = ROOT / 'framework/include'
WRITTEN = ROOT / 'packaging/libosmem.abi'
FROM_DUMP = ('--drop-private-types', '--no-architecture', '--no-corpus-path')
FROM_LIBRARY = (*FROM_DUMP, '--headers-dir', HEADERS, '--no-comp-dir-path', '--no-show-locs', '--type-id-style', 'hash')

# The bits of abidiff's exit status.
ERROR, USAGE, CHANGED = 1, 2, 4

ADDED = """The interface has grown. Programs that are built already go on working; those built from now on may need what is new.
To do, in the same commit:
  - raise the second number of VERSION in SConstruct;
  - run `scons abi`, which writes packaging/libosmem.abi anew, and look at its difference."""
BROKEN = """The interface is another one. A program that was built before may crash with this library.
If that is not meant, change it back: a new member goes into memory that was reserved or behind a new call.
If it is, in the same commit:
  - raise the first number of VERSION in SConstruct, which is the one in the soname;
  - rename libosmem1 in debian/ by that number;
  - say in CHANGELOG.md what a program has to change;
  - run `scons abi`, which writes packaging/libosmem.abi anew, and look at its difference."""


def dump(to):
    """Write the interface of the library under test; what went wrong, or nothing."""
    done = subprocess.run(['abidw', *FROM_LIBRARY, '--out-file', to, LIBRARY], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout if done.returncode else ''


def compare(old, new):
    """abidiff's exit status and words on two dumps."""
    done = subprocess.run(['abidiff', *FROM_DUMP, old, new], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    return done.returncode, done.stdout


def has_only_grown(said):
    """Do abidiff's totals name additions alone? Its exit status leaves open what a changed structure means."""
    totals = re.findall(r'(\d+) (Removed|Changed|Added)', said)
    return any(kind == 'Added' and n != '0' for n, kind in totals) and \
        all(kind == 'Added' or n == '0' for n, kind in totals)


def advice(status, said):
    """What is to be done."""
    if status & (ERROR | USAGE):
        return 'abidiff could not compare them'
    return ADDED if has_only_grown(said) else BROKEN


def check_sight(now, folder):
    """The comparison sees what it is there for: dumps with one change each, which a test can make and a compiler need not."""
    text = now.read_text(encoding='utf-8')
    changes = {
        'a function that is gone': (r'^.*<elf-symbol name=.osm_heap_trim. .*\n', ''),
        'a structure of another size': (r"(<class-decl name='osm_stats' size-in-bits=)'\d+'", r"\1'64'"),
        'a member in another place': (r"(<class-decl name='osm_config'.*\n(?:.*\n){3}.*layout-offset-in-bits=)'64'",
                                      r"\1'72'"),
        'another soname': (r"soname='[^']*'", "soname='libosmem.so.999'"),
    }
    changed = folder / 'changed.abi'
    for name, (pattern, replacement) in changes.items():
        other, count = re.subn(pattern, replacement, text, count=1, flags=re.MULTILINE)
        changed.write_text(other, encoding='utf-8')
        status, said = compare(now, changed)
        case(f'{name} is seen, and is a break', count == 1 and status & CHANGED and advice(status, said) == BROKEN,
             f'{count} replaced, exit status {status}\n{said}')
        if not replacement:
            status, said = compare(changed, now)
            case('a function that is new is seen, and is none', advice(status, said) == ADDED,
                 f'exit status {status}\n{said}')


def main():
    if '--write' in sys.argv[1:]:
        sys.exit(dump(WRITTEN) or 0)
    title = f'the binary interface is that of {WRITTEN.relative_to(ROOT)}'
    if not shutil.which('abidiff'):
        skip(title, 'there is no abidiff; ./bootstrap test installs abigail-tools')
    elif os.environ.get('OSM_SANITIZE', 'none') != 'none' or os.environ.get('OSM_COVERAGE', '0') == '1':
        skip(title, 'an instrumented library is no release')
    elif os.path.basename(os.environ.get('OSM_CC', 'gcc')) != 'gcc' or platform.machine() != 'x86_64':
        skip(title, 'the one that is written down is what gcc makes on x86-64')
    else:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            now = folder / 'now.abi'
            if case('abidw reads the library', not (wrong := dump(now)), wrong):
                status, said = compare(WRITTEN, now)
                case(title, status == 0, f'{said}\n{advice(status, said)}')
                check_sight(now, folder)
    finish()


if __name__ == '__main__':
    main()
