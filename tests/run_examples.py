#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs every example: it must exit with 0 and, where its source ends in a comment that says so, print just that.

    run_examples.py --bin FOLDER [--sources FOLDER]      a program for each of the sources (examples/*.c and *.cc)

The comment holds the expected standard output, line by line:

    /* output:
    first line
    second line
    */
"""
import argparse
import difflib
import re
import subprocess
import textwrap
from pathlib import Path

from cases import case, finish

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 30


def lines_of(text):
    """Lines without what nobody sees: blanks at their ends, empty lines around all."""
    return [line.rstrip() for line in text.strip('\n').splitlines()]


def expected_output(source):
    """The lines of the `output:` comment, or None. An indent or a column of stars that all lines share is no output."""
    match = re.search(r'/\*\s*output:[ \t]*\n?(.*?)\n?[ \t]*\*/', source.read_text(encoding='utf-8'), flags=re.DOTALL)
    if not match:
        return None
    lines = match.group(1).splitlines()
    if lines and all(re.match(r'\s*\*( |$)', line) for line in lines):
        lines = [re.sub(r'^\s*\* ?', '', line) for line in lines]
    return lines_of(textwrap.dedent('\n'.join(lines)))


def run_example(source, program):
    """What is wrong with one example, or an empty text."""
    try:
        done = subprocess.run([program], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS,
                              check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode != 0:
        return f'exit status {done.returncode}\n{done.stdout}{done.stderr}'
    expected = expected_output(source)
    if expected is None:
        return ''
    return '\n'.join(difflib.unified_diff(expected, lines_of(done.stdout), 'expected', 'printed', lineterm=''))


def main():
    parser = argparse.ArgumentParser(description='Run every example.')
    parser.add_argument('--bin', type=Path, required=True, help='folder with the programs')
    parser.add_argument('--sources', default='examples', help='folder with their sources, from the root (examples)')
    options = parser.parse_args()
    folder = options.bin.resolve()
    sources = ROOT / options.sources
    for source in sorted([*sources.glob('*.c'), *sources.glob('*.cc')]):
        wrong = run_example(source, folder / source.stem)
        case(source.stem, not wrong, wrong)
    finish()


if __name__ == '__main__':
    main()
