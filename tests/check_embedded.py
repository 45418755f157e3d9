#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks the library of profile=embedded: what it needs from outside, and the four calls in a static array."""
import os
import re
import signal
import subprocess
import tempfile
from pathlib import Path

from cases import case, finish

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / os.environ.get('OSM_BUILD', 'build') / 'lib' / 'libosmem.a'
COMPILER = os.environ.get('OSM_CC', 'gcc')

# A compiler calls these by itself, so programs without an operating system have them too. The last is the linker's.
NEEDED = {'memcpy', 'memmove', 'memset', '_GLOBAL_OFFSET_TABLE_'}

PROGRAM = r"""
#include <osmem/heap.h>
#include <osmem/mock.h>
#include <osmem/osmem.h>
#include <stdint.h>

static char memory[1 << 16];

static int is_inside(const char *p, size_t n)
{
	return (uintptr_t)p >= (uintptr_t)memory && (uintptr_t)p + n <= (uintptr_t)memory + sizeof memory;
}

/* Blocks until the arena is full; how many. */
static unsigned fill(void **last)
{
	unsigned n = 0;

	for (void **p; (p = os_malloc(1000)) != NULL; n++) {
		*p = *last;
		*last = p;
	}
	return n;
}

int main(int argc, char **argv)
{
	void *last = NULL;
	unsigned first_time;
	char *p;

	(void)argv;
	if (os_malloc(1))
		return 1; /* memory from nowhere */
	osm_arena_init(&osm_arena, memory, sizeof memory);
	p = os_calloc(100, 10);
	if (!p || !is_inside(p, 1000) || p[0] != 0 || p[999] != 0)
		return 2;
	p = os_realloc(p, 3000);
	if (!p || !is_inside(p, 3000))
		return 3;
	if (argc > 1)
		os_free(p + 16);
	os_free(p);
	first_time = fill(&last);
	while (last) {
		void *next = *(void **)last;

		os_free(last);
		last = next;
	}
	if (first_time < 50 || fill(&last) != first_time)
		return 4;
	return osm_heap_check(osm_default_heap(), NULL) ? 0 : 5;
}
"""


def run(*command):
    """Run a command and return what became of it, both outputs together."""
    return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)


def check_needs(folder):
    """What the whole archive leaves undefined."""
    whole = folder / 'whole.o'
    done = run('ld', '-r', '--whole-archive', LIBRARY, '-o', whole)
    case('all members of the archive link together', done.returncode == 0, done.stdout)
    needed = set(re.findall(r' U (\w+)', run('nm', '-u', whole).stdout))
    case('of a C library it needs memcpy, memmove and memset only', needed <= NEEDED, sorted(needed - NEEDED))


def check_program(folder):
    """A heap in a static array, full and emptied and full again; a misuse traps."""
    source, program = folder / 'program.c', folder / 'program'
    source.write_text(PROGRAM, encoding='utf-8')
    done = run(COMPILER, '-std=c11', '-Wall', '-Wextra', '-Werror', '-I', ROOT / 'framework/include', source, LIBRARY,
               '-o', program)
    if not case('a program links with the archive alone', done.returncode == 0, done.stdout):
        return
    done = run(program)
    case('the four calls live in a static array', done.returncode == 0, f'exit status {done.returncode}')
    done = run(program, 'misuse')
    case('a misuse ends in a trap', done.returncode in (-signal.SIGILL, -signal.SIGTRAP),
         f'exit status {done.returncode}')


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_needs(Path(folder))
        check_program(Path(folder))
    finish()


if __name__ == '__main__':
    main()
