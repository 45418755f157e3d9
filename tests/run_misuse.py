#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the programs of tests/misuse and compares how each one ends with what its source announces.

    /* expect: SIGABRT */              the signal that ends it, or: exit 0
    /* message: osmem: os_free: ... */ a regular expression for its whole output on fd 2, without the newline

A program that ends with status 77 has found that it cannot run here: it is skipped.
"""
import argparse
import pathlib
import re
import signal
import subprocess
import sys

SKIPPED = 77


def announced(source, key):
    """What a line `/* key: ... */` of the source says."""
    found = re.search(r'^/\* %s: *(.*?) *\*/$' % key, source, flags=re.MULTILINE)
    if not found:
        sys.exit(f'there is no line /* {key}: ... */')
    return found.group(1)


def ending(returncode):
    """How a process ended, in the words of the sources."""
    return signal.Signals(-returncode).name if returncode < 0 else f'exit {returncode}'


def problem_of(program, source):
    """What is wrong with a program's run: None if nothing is, 'skipped' if it cannot run here."""
    expect, message = announced(source, 'expect'), announced(source, 'message')
    try:
        done = subprocess.run([program], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              check=False)
    except OSError as error:
        return f'cannot be run: {error.strerror}'
    except subprocess.TimeoutExpired:
        return 'did not end within 60 seconds'
    if done.returncode == SKIPPED:
        return 'skipped'
    if ending(done.returncode) != expect:
        return f'ended with {ending(done.returncode)}, expected {expect}; it said: {done.stderr!r}'
    if not re.fullmatch(message, done.stderr.removesuffix('\n')):
        return f'said {done.stderr!r}, expected {message!r}'
    if message and not done.stderr.endswith('\n'):
        return f'its message does not end with a newline: {done.stderr!r}'
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--bin', required=True, type=pathlib.Path, help='folder of the compiled programs')
    arguments = parser.parse_args()
    counts = {'passed': 0, 'failed': 0, 'skipped': 0}
    for source in sorted((pathlib.Path(__file__).parent / 'misuse').glob('*.c')):
        problem = problem_of(arguments.bin.resolve() / source.stem, source.read_text(encoding='utf-8'))
        result = problem if problem == 'skipped' else 'failed' if problem else 'passed'
        counts[result] += 1
        print(f'{result}: {source.stem}' + (f': {problem}' if result == 'failed' else ''))
    print(', '.join(f'{count} {result}' for result, count in counts.items()))
    return 1 if counts['failed'] or not counts['passed'] else 0


if __name__ == '__main__':
    sys.exit(main())
