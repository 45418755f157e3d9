#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Counts the instructions of malloc and free on their common ways: count.py --lib FOLDER --load PROGRAM.

callgrind runs a load of one thread on the library. Printed is what the functions themselves cost for each call, to two
places, so that calls which go the slow way show in the second; and what all of the library costs for a pair.
"""
import argparse
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path


def profile(library, load, name, times):
    """Self cost and calls of each function, from callgrind's file; functions of one address have one name."""
    with tempfile.NamedTemporaryFile('r') as out:
        subprocess.run(['valgrind', '--tool=callgrind', '--dump-line=no', f'--callgrind-out-file={out.name}',
                        '--soname-synonyms=somalloc=nouserintercepts', load, name, str(times)],
                       env={'LD_PRELOAD': str(library), 'PATH': '/usr/bin:/bin'}, check=True, capture_output=True)
        text = out.read()
    names, cost, calls, objects = {}, Counter(), Counter(), {}
    function = obj = called = None
    skip = False
    for line in text.splitlines():
        if match := re.match(r'(c?fn|c?ob)=\((\d+)\)(?: (.*))?', line):
            kind, number, full = match.groups()
            kind_key = (kind.removeprefix('c'), number)
            if full:
                names[kind_key] = full
            if kind == 'fn':
                function = names[kind_key]
                objects[function] = obj
            elif kind == 'cfn':
                called = names[kind_key]
            elif kind == 'ob':
                obj = names[kind_key]
        elif match := re.match(r'calls=(\d+)', line):
            calls[called] += int(match.group(1))
            skip = True
        elif re.match(r'[+*\d-]', line) and function:
            if not skip:
                cost[function] += int(line.split()[-1])
            skip = False
    own = sum(cost[name] for name in cost if 'osmem-malloc' in (objects[name] or ''))
    return cost, calls, own


def main():
    parser = argparse.ArgumentParser(description='Count the instructions of malloc and free.')
    parser.add_argument('--lib', type=Path, required=True)
    parser.add_argument('--load', type=Path, required=True)
    arguments = parser.parse_args()
    library = arguments.lib.resolve() / 'libosmem-malloc.so'
    cost, calls, own = profile(library, arguments.load.resolve(), 'algebra', 20)
    for names in (('malloc', '__libc_malloc'), ('free', '__libc_free')):
        name = next((name for name in names if cost[name]), names[0])
        print(f'{names[0]}: {cost[name] / calls[name]:.2f} instructions a call ({calls[name]} calls)')
    pairs = calls['free'] or calls['__libc_free']
    print(f'all of the library: {own / pairs:.2f} instructions a pair')


if __name__ == '__main__':
    main()
