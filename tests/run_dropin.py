#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Tests libosmem-malloc by programs of the project's own: preloaded, linked, linked statically, on every policy.

    run_dropin.py --lib FOLDER --bin FOLDER      the libraries; the programs of tests/dropin

OSM_SLOW=1 in the environment: the torture is on every policy, and longest on one, not some seconds on a few.
"""
import argparse
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
SLOW = os.environ.get('OSM_SLOW') == '1'
CLEAN = {key: value for key, value in os.environ.items() if not key.startswith(('OSMEM_', 'LD_'))}

FAMILY = {
    'malloc', 'calloc', 'realloc', 'reallocarray', 'free', 'free_sized', 'free_aligned_sized', 'aligned_alloc',
    'posix_memalign', 'memalign', 'valloc', 'pvalloc', 'malloc_usable_size', 'malloc_trim', 'mallinfo', 'mallinfo2',
    'malloc_info', 'malloc_stats', 'mallopt',
    '__libc_malloc', '__libc_calloc', '__libc_realloc', '__libc_reallocarray', '__libc_free', '__libc_memalign',
    '__libc_valloc', '__libc_pvalloc', '__libc_mallinfo', '__libc_mallopt',
}


def listed(path, *macros):
    """The names in a .def file, as people write them."""
    text = re.sub(r'/\*.*?\*/', '', (ROOT / path).read_text(encoding='utf-8'), flags=re.DOTALL)
    names = re.findall(r'^\s*(?:%s)\((?:policy,\s*)?(\w+)' % '|'.join(macros), text, flags=re.MULTILINE)
    return [name.replace('_', '-') for name in names]


POLICIES = [(policy, layout) for policy in listed('policies/policies.def', 'FIT_POLICY')
            for layout in listed('policies/layouts.def', 'LAYOUT')]
POLICIES += [(policy, '') for policy in listed('policies/policies.def', 'OWN_POLICY')]
BACKENDS = ['mmap', 'brk']


class Programs:
    """The programs, and how to run them on the library."""

    def __init__(self, lib, folder):
        self.library = lib / 'libosmem-malloc.so'
        self.folder = folder

    def run(self, name, *arguments, preload=True, seconds=100, **variables):
        """Run a program of tests/dropin, or one of the system."""
        program = self.folder / name
        environment = {**CLEAN, **variables, **({'LD_PRELOAD': str(self.library)} if preload else {})}
        return subprocess.run([program if program.exists() else name, *map(str, arguments)], env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False)


def told(done):
    """All that can be known of a run that failed."""
    return f'exit status {done.returncode}\n{done.stdout}{done.stderr}'


def check_exports(library):
    done = subprocess.run(['nm', '-D', '--defined-only', library], capture_output=True, text=True, check=True)
    names = set(re.findall(r'^\w+ \w (\w+)$', done.stdout, flags=re.MULTILINE))
    case('the library exports the family and nothing else', names == FAMILY,
         f'missing {sorted(FAMILY - names)}, too many {sorted(names - FAMILY)}')
    done = subprocess.run(['nm', '-D', '--undefined-only', library], capture_output=True, text=True, check=True)
    found = FAMILY.intersection(re.findall(r'^ +\w (\w+)', done.stdout, flags=re.MULTILINE))
    case('the library imports no allocator', not found, sorted(found))
    done = subprocess.run(['readelf', '-d', library], capture_output=True, text=True, check=True)
    case('all names are looked up when it is loaded', 'BIND_NOW' in done.stdout or 'NOW' in done.stdout)


def check_family(programs):
    for name, preload in (('family', True), ('family', False), ('family-static', False)):
        done = programs.run(name, preload=preload)
        case(f'{name}, preload={preload}: every call is as the standards say', done.returncode == 0, told(done))
    for policy, layout in POLICIES:
        for backend in BACKENDS:
            for front in '10':
                if not SLOW and (backend, front) not in {('mmap', '0'), ('brk', '1')}:
                    continue
                variables = {'OSMEM_POLICY': policy, 'OSMEM_BACKEND': backend, 'OSMEM_FRONT': front}
                variables.update({'OSMEM_LAYOUT': layout} if layout else {})
                done = programs.run('family', **variables)
                case(f'family on {policy} {layout} {backend} front={front}', done.returncode == 0 and not done.stderr,
                     told(done))


def check_hemmed_in(programs):
    for policy, layout in POLICIES:
        variables = {'OSMEM_POLICY': policy, 'OSMEM_BACKEND': 'brk', **({'OSMEM_LAYOUT': layout} if layout else {})}
        done = programs.run('hemmed', 'own', **variables)
        case(f'{policy} {layout} leaves alone what the program has at the break', done.stdout == 'works\n' and not done.stderr,
             told(done))
        if layout == 'tag':
            done = programs.run('hemmed', 'free', **variables)
            case(f'{policy} {layout}: without memory too a free leaves errno as it is', done.stdout == 'works\n', told(done))
            continue    # its regions lie within 4 GiB, and mappings are further from the break
        done = programs.run('hemmed', **variables)
        case(f'{policy} {layout} goes on where the break is hemmed in', done.stdout == 'works\n' and not done.stderr, told(done))


def check_options(programs):
    plain = programs.run('plain')
    case('a program says what it says, and nothing else', (plain.returncode, plain.stdout, plain.stderr) ==
         (0, 'works\n', ''), told(plain))
    done = programs.run('plain', OSMEM_STATS='1', OSMEM_POLICY='first-fit', OSMEM_BACKEND='brk', OSMEM_LAYOUT='meta')
    case('OSMEM_STATS=1 reports on fd 2 at the end, on the policy and backend that were chosen',
         done.stdout == 'works\n' and re.search(r'^osmem: first-fit in layout meta on brk$', done.stderr, re.MULTILINE)
         and re.search(r'^osmem: live \d+ bytes in \d+ blocks', done.stderr, re.MULTILINE), told(done))
    wrong = {'POLICY': 'worst-fit', 'LAYOUT': 'none', 'BACKEND': 'arena', 'STATS': '2', 'FRONT': 'x', 'CHECK': 'often',
             'ON_ERROR': 'cry', 'QUARANTINE': 'much', 'TRACE': 'x' * 1100, 'TYPO': '1'}
    for name, value in wrong.items():
        done = programs.run('plain', **{f'OSMEM_{name}': value})
        lines = done.stderr.splitlines()
        case(f'OSMEM_{name}={value[:10]}: one line says that it is wrong, the default is used',
             done.returncode == 0 and done.stdout == 'works\n' and len(lines) == 1 and
             lines[0].startswith(f'osmem: OSMEM_{name}={value}: ') and lines[0].endswith('the default is used'),
             told(done))
    done = programs.run('plain', OSMEM_CHECK='1')
    case('OSMEM_CHECK=1 finds nothing in a program without fault', done.returncode == 0 and not done.stderr, told(done))


def check_misuse(programs):
    expected = {'double': r'^osmem: free: double free at 0x\w+: ',
                'foreign': r'^osmem: free: foreign pointer at 0x\w+: '}
    small = {'twice': r'^osmem: \w+: double free at 0x\w+: ', 'written': r'^osmem: \w+: damaged block at 0x\w+: '}
    for misuse, line in small.items():
        done = programs.run('plain', misuse)
        case(f'{misuse}, in a slab: told, then aborted', done.returncode == -6 and re.match(line, done.stderr),
             told(done))
        done = programs.run('plain', misuse, OSMEM_ON_ERROR='report')
        case(f'{misuse}, in a slab, report: told, the program goes on', done.returncode == 0 and
             re.match(line, done.stderr), told(done))
    for misuse, line in expected.items():
        for variables in ({'OSMEM_FRONT': '0'}, {'OSMEM_CHECK': '1'}):
            name = f'{misuse}, {variables}'
            done = programs.run('plain', misuse, **variables)
            case(f'{name}: told, then aborted', done.returncode == -6 and re.match(line, done.stderr), told(done))
            done = programs.run('plain', misuse, OSMEM_ON_ERROR='report', **variables)
            case(f'{name}, report: told, the program goes on', done.returncode == 0 and re.match(line, done.stderr),
                 told(done))
            done = programs.run('plain', misuse, OSMEM_ON_ERROR='ignore', **variables)
            case(f'{name}, ignore: the program goes on', done.returncode == 0 and not done.stderr, told(done))


def check_privileged(programs, folder):
    """A set-user-id program must not obey its caller's environment."""
    title = 'a set-user-id program ignores the variables'
    if os.getuid() != 0:
        skip(title, 'only root can make such a program of another user')
        return
    os.chmod(folder, 0o755)
    program = Path(folder) / 'plain'
    shutil.copy(programs.folder / 'plain-static', program)
    os.chmod(program, 0o4755)
    command = [program]
    environment = {**CLEAN, 'OSMEM_STATS': '1', 'OSMEM_POLICY': 'nonsense'}
    other = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, user=65534, check=False)
    case(title, done.returncode == 0 and done.stdout == 'works\n' and not done.stderr and 'osmem: ' in other.stderr,
         told(done) + told(other))


FORKING = """
import os, threading
kept = [bytes(1000 + n) for n in range(100)]
child = os.fork()
if not child:
    del kept[::2]
    more = [bytes(5000 + n) for n in range(50)]
    threads = [threading.Thread(target=lambda: [bytes(700) for n in range(100)]) for n in range(3)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    os.execv("/bin/bash", ["bash", "-c", "kill -KILL $$"])
os.waitpid(child, 0)
"""


def text_of(lab, path):
    """A recording as text; the reader refuses what makes no sense."""
    return subprocess.run([lab, 'convert', path, '-'], capture_output=True, text=True, check=False)


def check_trace(programs, folder, lab):
    path = Path(folder) / 'family.osmt'
    done = programs.run('plain', OSMEM_TRACE=str(path))
    text = text_of(lab, path)
    case('OSMEM_TRACE writes a trace', done.returncode == 0 and text.returncode == 0 and
         len(re.findall(r'^a \d+ 2000$', text.stdout, re.MULTILINE)) == 2 and
         re.search(r'^f \d+$', text.stdout, re.MULTILINE), told(done) + told(text)[:500])
    done = programs.run(lab.parent / 'osmem-demo', '--no-maps', '--quick', path, preload=False)
    case('osmem-demo replays it', done.returncode == 0, told(done))
    before = path.read_bytes()
    again = programs.run('plain', OSMEM_TRACE=str(path))
    case('a trace that is there is not written over', again.returncode == 0 and 'there is such a file' in again.stderr
         and path.read_bytes() == before, told(again))
    done = programs.run('plain', OSMEM_TRACE=f'{folder}/none/%p')
    case('a trace that cannot be written is told', done.returncode == 0 and 'it cannot be created' in done.stderr,
         told(done))
    path = Path(folder) / 'calloc.osmt'
    programs.run('/usr/bin/python3', '-c', 'import ctypes; ctypes.CDLL(None).calloc(1234, 321)', OSMEM_TRACE=str(path))
    text = text_of(lab, path)
    case('calloc is recorded with its elements', re.search(r'^c \d+ 1234 321$', text.stdout, re.MULTILINE), told(text)[:500])
    programs.run('/usr/bin/python3', '-c', FORKING, OSMEM_TRACE=f'{folder}/%p', PYTHONMALLOC='malloc')
    traces = sorted(path for path in Path(folder).iterdir() if path.name.partition('.')[0].isdigit())
    case('a fork and an exec begin traces of their own', len(traces) == 3 and traces[2].name == traces[1].name + '.1', traces)
    texts = [text_of(lab, path) for path in traces]
    case('all of them are whole, killed or not', all(text.returncode == 0 for text in texts), ''.join(map(told, texts))[:2000])
    inherited = re.findall(r'^a \d+ (\d+)$', texts[1].stdout, re.MULTILINE)
    case('a child has the blocks of its parent and frees some', len([n for n in inherited if 1000 <= int(n) < 1200]) >= 100,
         texts[1].stdout[:500])
    case('threads have numbers', len(set(re.findall(r'^t (\d+)', texts[1].stdout, re.MULTILINE))) == 4)
    path = Path(folder) / 'sites.osmt'
    programs.run('plain', OSMEM_TRACE=str(path), OSMEM_TRACE_SITES='1')
    text = text_of(lab, path).stdout
    here = re.search(r'^s (\d+) \S*/plain\+0x[0-9a-f]+;', text, re.MULTILINE)
    case('call sites name the caller first, and not the library', here and 'libosmem-malloc' not in text and
         re.search(rf'^a \d+ 2000 @{here[1]}$', text, re.MULTILINE), text[:1000])


AFTER_FREE = """
import ctypes
c = ctypes.CDLL(None)
c.malloc.restype = ctypes.c_void_p
c.free.argtypes = c.malloc_usable_size.argtypes = [ctypes.c_void_p]
for n in range(200000, 200005): c.free(c.malloc(n))
p = c.malloc(654321)
c.free(p)
c.malloc_usable_size(p)
"""


def check_told_origin(programs, folder, lab):
    """A report says where the block was allocated, as the trace does that is being written."""
    for sites in '01':
        path = Path(folder) / f'after-free-{sites}.osmt'
        done = programs.run('/usr/bin/python3', '-c', AFTER_FREE, OSMEM_TRACE=str(path), OSMEM_TRACE_SITES=sites)
        told_of = re.search(r'allocated by operation (\d+) of the trace(?: at (\S+))?$', done.stderr, re.MULTILINE)
        text = text_of(lab, path).stdout.splitlines()
        operations = [line for line in text if line[:1] in set('acmrf')]
        line = operations[int(told_of[1]) - 1] if told_of else ''
        named = dict(line.split()[1:] for line in text if line.startswith('s '))
        origin = re.fullmatch(r'a \d+ 654321(?: @(\d+))?', line)
        case(f'what is told of a freed block says who allocated it, OSMEM_TRACE_SITES={sites}', done.returncode < 0 and origin and
             bool(told_of[2]) == (sites == '1') and told_of[2] == named.get(origin[1]), told(done) + line)


def check_crossing(programs):
    expected = programs.run('crossing', preload=False).stdout
    case('the C++ program works without the library', re.match(r'\d+ \d+ 1$', expected), expected)
    for policy, layout in POLICIES:
        for front in '10':
            variables = {'OSMEM_POLICY': policy, 'OSMEM_FRONT': front, **({'OSMEM_LAYOUT': layout} if layout else {})}
            done = programs.run('crossing', **variables)
            case(f'threads and exceptions in C++ on {policy} {layout} front={front}',
                 done.returncode == 0 and done.stdout == expected and not done.stderr, told(done))


LOADED = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
library.malloc.restype = ctypes.c_void_p
library.malloc.argtypes = library.free.argtypes = [ctypes.c_size_t]
blocks = {library.malloc(n % 3000) for n in range(5000)}
assert len(blocks) == 5000 and None not in blocks
for block in blocks: library.free(block)
print("fine")
"""


def check_surroundings(programs):
    done = programs.run('/usr/bin/python3', '-c', LOADED, programs.library, preload=False)
    case('the library can be loaded with dlopen', done.stdout == 'fine\n', told(done))
    for kilobytes in (1000000, 100000, 30000):
        script = f'ulimit -v {kilobytes} || exit 9; exec {programs.folder}/plain'
        done = programs.run('bash', '-c', script)
        case(f'a program lives on {kilobytes} KiB of addresses', (done.returncode, done.stdout, done.stderr) ==
             (0, 'works\n', ''), told(done))


def check_counts(programs, loads):
    """What the documentation says of the fast paths."""
    built = [os.environ.get(f'OSM_{key}', value) for key, value in (('CC', 'gcc'), ('PROFILE', 'classic'))]
    expected = {'0': [12, 18], '1': [24, 34]}
    title = 'malloc takes 12 instructions and free 18, at hardening level 1 24 and 34'
    if built != ['gcc', 'classic'] or platform.machine() != 'x86_64' or not shutil.which('valgrind'):
        skip(title, 'looks at what gcc makes of a release on x86-64, by valgrind')
        return
    for level, counts in expected.items():
        folder = programs.library.parent.parent / 'hardening' / level
        done = subprocess.run([sys.executable, ROOT / 'tools/bench_malloc/count.py', '--lib', folder, '--load', loads],
                              env=CLEAN, capture_output=True, text=True, check=False)
        found = [round(float(n)) for n in re.findall(r'([\d.]+) instructions a call', done.stdout)]
        case(f'level {level}: malloc takes {counts[0]} instructions and free {counts[1]}', found == counts, told(done))


def check_torture(programs):
    chosen = POLICIES if SLOW else [('best-fit-lifo', 'tag'), ('buddy', '')]
    for policy, layout in chosen:
        for front in '10':
            if policy == 'buddy' and front == '1' and not SLOW:
                continue
            first = (policy, layout, front) == ('best-fit-lifo', 'tag', '1')
            seconds = (40 if SLOW else 5) if first else (4 if SLOW else 2)
            variables = {'OSMEM_POLICY': policy, 'OSMEM_FRONT': front, **({'OSMEM_LAYOUT': layout} if layout else {})}
            try:
                done = programs.run('torture', seconds, programs.folder / 'plugin.so', seconds=seconds + 90,
                                    **variables)
                wrong = '' if done.returncode == 0 and not done.stderr else told(done)
            except subprocess.TimeoutExpired:
                wrong = 'it hangs'
            case(f'torture on {policy} {layout} front={front}', not wrong, wrong)


def main():
    parser = argparse.ArgumentParser(description='Test the drop-in malloc.')
    parser.add_argument('--lib', type=Path, required=True)
    parser.add_argument('--bin', type=Path, required=True)
    arguments = parser.parse_args()
    programs = Programs(arguments.lib.resolve(), arguments.bin.resolve())
    check_exports(programs.library)
    check_family(programs)
    check_hemmed_in(programs)
    check_options(programs)
    check_misuse(programs)
    check_crossing(programs)
    with tempfile.TemporaryDirectory() as folder:
        check_privileged(programs, folder)
        check_trace(programs, folder, arguments.lib.resolve().parent / 'bin/osmem')
        check_told_origin(programs, folder, arguments.lib.resolve().parent / 'bin/osmem')
    check_surroundings(programs)
    check_counts(programs, arguments.lib.resolve().parent / 'bin/osmem-loads')
    check_torture(programs)
    finish()


if __name__ == '__main__':
    sys.dont_write_bytecode = True
    main()
