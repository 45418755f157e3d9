#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run the reference programs of the classic profile and compare what they do with tests/ref.

Each program prints the calls it makes. It runs under strace, which shows the brk, mmap and munmap system calls between
the lines; here they are put under the call that made them, with addresses made relative, and the whole is compared with
the reference of the same name. Without strace, ltrace -S serves; without either only the calls' own lines are compared.
"""
import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True      # the tree stays as it is
import classic_model  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SOURCES = HERE / 'classic'
REFERENCES = HERE / 'ref'
TIMEOUT = 300       # seconds for one program, valgrind included
LEAK_EXIT = 99      # valgrind's exit code when it has found something

STRACE = ['strace', '-e', 'trace=brk,mmap,munmap,mremap,write', '-o']
LTRACE = ['ltrace', '-S', '-o']
VALGRIND = ['valgrind', '--quiet', '--leak-check=full', '--show-leak-kinds=all', '--errors-for-leak-kinds=all',
            f'--error-exitcode={LEAK_EXIT}']

# ltrace writes SYS_brk(0) or brk@SYS(0), and numbers for the flags.
TRACE_LINE = re.compile(r'(?P<before>SYS_)?(?P<call>brk|mmap|munmap|mremap|write)(?P<after>@SYS)?'
                        r'\((?P<arguments>.*)\)\s+= (?P<result>-?\w+)(?: (?P<errno>E\w+))?.*')
LTRACE_FLAGS = {'3': 'PROT_READ|PROT_WRITE', '34': 'MAP_PRIVATE|MAP_ANONYMOUS', '0x22': 'MAP_PRIVATE|MAP_ANONYMOUS'}
LTRACE_ERRNO = {'-12': 'ENOMEM', '-22': 'EINVAL'}


class Trace:
    """Turns a program's output and its trace into the lines of a reference."""

    def __init__(self, output, is_ltrace):
        self.output = output        # bytes that the program has written to fd 1
        self.is_ltrace = is_ltrace
        self.written = 0            # how many of them the trace has come to
        self.lines = []
        self.pending = []           # system calls since the last line
        self.heap = None            # where it starts: the first result of brk
        self.maps = {}              # address -> (name, length) of what is mapped now
        self.maps_so_far = 0

    def read(self, log):
        for line in log.splitlines():
            match = TRACE_LINE.fullmatch(line)
            if not match or self.is_ltrace and not (match['before'] or match['after']):
                continue            # ltrace also shows the library call around the system call
            arguments = [argument.strip() for argument in match['arguments'].split(',')]
            if match['call'] == 'write':
                if arguments[0] == '1':
                    self.wrote(int(match['result'], 0))
            elif self.lines:        # before a program's first line the loader is at work
                self.system_call(match, arguments)
        return self.lines

    def wrote(self, n):
        """n more bytes of the output: the lines that end in them, each with the system calls since the one before."""
        line_start = self.output.rfind(b'\n', 0, self.written) + 1
        self.written += max(n, 0)
        for line in self.output[line_start:self.written].split(b'\n')[:-1]:
            self.lines += [line.decode(errors='replace'), *self.pending]
            self.pending = []

    def address(self, text):
        try:
            value = int(text, 0)
        except ValueError:
            return text             # NULL
        if self.heap is not None and 0 <= value - self.heap < 1 << 30:
            return f'heap+{value - self.heap:#x}'
        for start, (name, length) in self.maps.items():
            if start <= value < start + length:
                return name if value == start else f'{name}+{value - start:#x}'
        return 'NULL' if value == 0 else text

    def system_call(self, match, arguments):
        call, result = match['call'], match['result']
        error = match['errno'] or self.is_ltrace and LTRACE_ERRNO.get(result)
        if call == 'brk':
            if self.heap is None and not error:
                self.heap = int(result, 0)
            arguments = ['0' if arguments[0] in ('0', 'NULL') else self.address(arguments[0])]
        elif call == 'mmap':
            if self.is_ltrace:      # it knows neither the names nor the last two arguments
                arguments = ['NULL' if arguments[0] == '0' else arguments[0], str(int(arguments[1], 0)),
                             *(LTRACE_FLAGS.get(flags, flags) for flags in arguments[2:4]), '-1', '0']
            if not error:
                self.maps_so_far += 1
                self.maps[int(result, 0)] = (f'map#{self.maps_so_far}', int(arguments[1], 0))
        elif call == 'munmap':
            start = int(arguments[0], 0)
            arguments = [self.address(arguments[0]), str(int(arguments[1], 0))]
            if not error and self.maps.get(start, (None, None))[1] == int(arguments[1]):
                del self.maps[start]
        result = error or (result if result == '0' else self.address(result))
        self.pending.append(f'    {call}({", ".join(arguments)}) = {result}')


def works(command):
    """Can this tracer run here? It may be missing, or not be allowed to trace."""
    if not shutil.which(command[0]):
        return False
    with tempfile.NamedTemporaryFile() as log:
        probe = subprocess.run([*command, log.name, 'true'], capture_output=True, stdin=subprocess.DEVNULL)
        return probe.returncode == 0 and b'exited' in Path(log.name).read_bytes()


def without_system_calls(lines):
    return [line for line in lines if not line.startswith('    ')]


class Runner:
    def __init__(self, options):
        self.options = options
        self.environment = dict(os.environ, LC_ALL='C', LD_LIBRARY_PATH=str(options.lib.resolve()))
        self.tracer = next((tracer for tracer in (STRACE, LTRACE) if works(tracer)), None)
        self.counts = {'passed': 0, 'failed': 0, 'skipped': 0}
        self.colours = sys.stdout.isatty() and 'NO_COLOR' not in os.environ

    def report(self, name, verdict, note=''):
        self.counts[verdict] += 1
        colour = {'passed': '32', 'failed': '31', 'skipped': '33'}[verdict]
        shown = f'\033[{colour}m{verdict}\033[0m' if self.colours else verdict
        print(f'{name:.<32} {shown}{": " + note if note else ""}', flush=True)

    def run(self, name, wrapper):
        """Run a program. Gives its output and what is wrong with how it ended, or None."""
        program = self.options.bin / name
        try:
            done = subprocess.run([*wrapper, str(program.resolve())], env=self.environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return b'', f'still running after {TIMEOUT} seconds'
        trouble = None
        if done.returncode:
            trouble = f'signal {-done.returncode}' if done.returncode < 0 else f'exit status {done.returncode}'
        if done.stderr:
            trouble = f'{trouble or "messages"}\n' + done.stderr.decode(errors='replace').rstrip()
        return done.stdout, trouble

    def compare(self, name):
        """One program against its reference."""
        if not (self.options.bin / name).is_file():
            self.report(name, 'failed', f'not compiled: it is not in {self.options.bin}')
            return
        reference = REFERENCES / f'{name}.ref'
        expected = reference.read_text() if reference.exists() else ''
        if expected != classic_model.derive(SOURCES / f'{name}.c'):
            self.report(name, 'failed', f'tests/ref/{name}.ref is not what the model derives: see --derive')
            return
        expected = expected.splitlines()
        with tempfile.NamedTemporaryFile() as log:
            output, trouble = self.run(name, [*self.tracer, log.name] if self.tracer else [])
            if self.tracer:
                lines = Trace(output, self.tracer is LTRACE).read(Path(log.name).read_text(errors='replace'))
            else:
                lines = output.decode(errors='replace').splitlines()
                expected = without_system_calls(expected)
        if self.options.verbose:
            print('\n'.join(lines))
        self.judge(name, f'{name}.ref', trouble, lines, expected)

    def judge(self, name, reference, trouble, lines, expected):
        if lines == expected:
            self.report(name, 'failed' if trouble else 'passed', trouble or '')
            return
        difference = list(difflib.unified_diff(expected, lines, f'tests/ref/{reference}', 'this run', lineterm=''))
        count = sum(line[0] in '+-' for line in difference) - 2
        self.report(name, 'failed', trouble or f'{count} lines differ from tests/ref/{reference}')
        if self.options.diff:
            print('\n'.join(difference))

    def memory(self, name):
        """One program under valgrind. Addresses are relative, so its lines are the same there."""
        output, trouble = self.run(name, VALGRIND)
        expected = without_system_calls((REFERENCES / f'{name}.ref').read_text().splitlines())
        self.judge(f'{name} (memory)', f'{name}.ref', trouble, output.decode(errors='replace').splitlines(), expected)

    def all(self, names):
        check_memory = self.options.memory and bool(shutil.which('valgrind'))
        for name in names:
            self.compare(name)
            if check_memory and (self.options.bin / name).is_file():
                self.memory(name)
        if not self.tracer:
            self.counts['skipped'] += len(names)
            print('system calls not compared: strace is missing, or not allowed to trace')
        if self.options.memory and not check_memory:
            self.counts['skipped'] += len(names)
            print('memory not checked: valgrind is missing')
        print(', '.join(f'{count} {verdict}' for verdict, count in self.counts.items()))
        return 1 if self.counts['failed'] else 0


def derive(names):
    REFERENCES.mkdir(exist_ok=True)
    for name in names:
        (REFERENCES / f'{name}.ref').write_text(classic_model.derive(SOURCES / f'{name}.c'))
    print(f'{len(names)} references derived from the model')
    return 0


def main():
    known = sorted(source.stem for source in SOURCES.glob('*.c'))
    parser = argparse.ArgumentParser(
        formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__,
        epilog='exit status: 0 if nothing failed, 1 if something did, 2 for wrong arguments\n\nprograms:\n  '
               + '\n  '.join(known))
    parser.add_argument('names', nargs='*', metavar='NAME', help='a program, e.g. malloc-reuse; none: all of them')
    parser.add_argument('-v', '--verbose', action='store_true', help="show each program's calls and system calls")
    parser.add_argument('-d', '--diff', action='store_true', help='show how a run differs from its reference')
    parser.add_argument('-m', '--memory', action='store_true', help='run each program under valgrind as well')
    parser.add_argument('--lib', type=Path, default=ROOT / 'build/lib', metavar='DIR',
                        help='where libosmem.so is (default: build/lib)')
    parser.add_argument('--bin', type=Path, default=ROOT / 'build/bin/classic', metavar='DIR',
                        help='where the compiled programs are (default: build/bin/classic)')
    parser.add_argument('--derive', action='store_true',
                        help='run nothing, write the references anew: from tests/classic_model.py, never from a run')
    options = parser.parse_args()
    names = [Path(name).stem for name in options.names] or known
    for name in names:
        if name not in known:
            parser.error(f'there is no program {name}; see --help')
    if options.derive:
        return derive(names)
    if not list(options.lib.glob('libosmem.so*')):
        parser.error(f'there is no libosmem.so in {options.lib}: run scons first, or give --lib')
    return Runner(options).all(names)


if __name__ == '__main__':
    sys.exit(main())
