#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Adding a policy takes one file and one line: adds those of examples/policies to a copy of the project.

The copy is then built and tested by `scons`: the new policies must be found by name, pass the conformance suite in each
layout on each backend, place blocks as the oracle says if it knows them, and serve the default heap.
"""
import os
import re
import shutil
import tempfile

from cases import case, finish, skip
from copied import SCONS, Copy

COMPILER = os.environ.get('OSM_CC', 'gcc')
CHOSEN = f'cc={COMPILER}'

# The file, the line, and the names and layouts that come of them.
NEW = (
    ('worst_fit.c', 'FIT_POLICY(worst_fit)', (('worst-fit', 'meta'), ('worst-fit', 'tag'))),
    ('bump.c', 'OWN_POLICY(bump)', (('bump', 'header'),)),
)

PROGRAM = """
#include <osmem/heap.h>
#include <stdio.h>
int main(void)
{
	const struct osm_policy *policy = osm_policy_find("%s", "%s");

	printf("%%s/%%s\\n", policy ? policy->name : "no", policy ? policy->layout : "such policy");
	return 0;
}
"""


class Project(Copy):
    """A copy that policies are added to."""

    def add(self, file, line):
        """One file and one line."""
        shutil.copy(self.root / 'examples/policies' / file, self.root / 'policies' / file)
        names = self.root / 'policies/policies.def'
        before, undef, after = names.read_text(encoding='utf-8').partition('#undef')
        names.write_text(f'{before}{line}\n{undef}{after}', encoding='utf-8')

    def test(self, only):
        """Run one suite; return what scons said, and the suite's own log."""
        done = self.scons(CHOSEN, 'test', f'only={only}')
        log = self.root / f'{self.build}/test/{only}.log'
        return done, log.read_text(encoding='utf-8', errors='replace') if log.exists() else ''

    def find(self, name, layout):
        """What a program prints that looks for a policy."""
        (self.root / 'find.c').write_text(PROGRAM % (name, layout), encoding='utf-8')
        built = self.run(COMPILER, '-Iframework/include', 'find.c', f'{self.build}/lib/libosmem.a', '-lpthread', '-o', 'find')
        return self.run('./find').stdout if built.returncode == 0 else built.stdout


def check_suites(copy):
    """The suites that go over all policies take the new ones in."""
    done, log = copy.test('test_conformance')
    case('the conformance suite passes with the new policies', done.returncode == 0, done.stdout)
    for _, _, faces in NEW:
        for name, layout in faces:
            for backend in ('brk', 'mmap', 'mock', 'arena'):
                found = re.findall(rf'^\[       OK \] .*: {name}/{layout} on {backend}$', log, flags=re.MULTILINE)
                case(f'{name}/{layout} on {backend} is in it', len(found) > 10, f'{len(found)} cases')
    done, log = copy.test('test_oracle')
    case('the oracle suite passes with the new policies', done.returncode == 0, done.stdout)
    case('the oracle has judged worst fit', '[       OK ] worst-fit/tag' in log, log)


def check_default_heap(copy):
    """The build offers the new policies for the default heap, and the four calls work on them."""
    for name in ('worst-fit', 'bump'):
        done = copy.scons(CHOSEN, f'policy={name}', 'layout=tag')
        if case(f'scons policy={name} builds', done.returncode == 0, done.stdout):
            copy.run(COMPILER, '-Iframework/include', 'examples/four_calls.c', f'{copy.build}/lib/libosmem.a', '-lpthread',
                     '-o', 'four_calls')
            done = copy.run('./four_calls')
            works = done.returncode == 0 and 'primes: 2 3 5 7' in done.stdout
            case(f'the four calls work on {name}', works, done.stdout)


def main():
    if not shutil.which(SCONS[0]):
        skip('adding policies to a copy of the project', 'there is no scons')
        finish()
    with tempfile.TemporaryDirectory() as folder:
        copy = Project(folder)
        for file, line, _ in NEW:
            copy.add(file, line)
        check_suites(copy)
        for _, _, faces in NEW:
            for name, layout in faces:
                found = copy.find(name, layout).strip()
                case(f'osm_policy_find("{name}", "{layout}")', found == f'{name}/{layout}', found)
        check_default_heap(copy)
    finish()


if __name__ == '__main__':
    main()
