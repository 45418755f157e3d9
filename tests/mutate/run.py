#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Mutation testing: changes the library's sources a little, one change at a time, and looks whether a test notices.

    run.py --build FOLDER [--mutants N|all|survivors] [--seed S] [--jobs N] [--only TEXT]
           --objects OBJECT,... ARCHIVE...

At least nine in ten must be noticed, and those that are not must have a reason in survivors.txt. What an earlier run
with the same sources and tests found is not tried again. --only takes the points of files with that text in their names,
`survivors` those that the last run's report has.
"""
import argparse
import hashlib
import json
import queue
import sys
import threading
import time
from pathlib import Path

import build
import points
import report
import survivors
import suite

FOUND = 'found.jsonl'


def fingerprint():
    """Of all that decides what becomes of a change."""
    digest = hashlib.sha256()
    for folder in ('framework', 'policies', 'backends', 'tests'):
        for path in sorted(Path(folder).rglob('*')):
            if path.suffix in ('.c', '.h', '.def'):
                digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()


class Found:
    """What became of each point: in memory, and in a file from which an ended run goes on."""

    def __init__(self, path, mark):
        self.path, self.lock, self.results = path, threading.Lock(), {}
        lines = path.read_text(encoding='utf-8').splitlines() if path.exists() else []
        if lines and json.loads(lines[0]) == mark:
            for line in lines[1:]:
                key, result = json.loads(line)
                self.results[tuple(key)] = result
        else:
            path.write_text(json.dumps(mark) + '\n', encoding='utf-8')

    def add(self, point, result):
        with self.lock:
            self.results[point.key()] = result
            with open(self.path, 'a', encoding='utf-8') as file:
                file.write(json.dumps([point.key(), result]) + '\n')


def try_point(shop, tests, point, source):
    """What becomes of one change."""
    try:
        with shop.changed(point, source):
            for wanted in shop.libraries(point.file):
                caught = tests.catch(shop.library, point.file, wanted)
                if caught:
                    break
            caught = caught or tests.catch_inside(shop, point.file)
            if caught:
                return {'outcome': 'caught', 'by': caught[0], 'how': caught[1]}
            return {'outcome': 'same code' if shop.is_same(point.file) else 'survived'}
    except build.Mutated:
        return {'outcome': 'not compiled'}


def work(base, name, tests, waiting, texts, found, tell):
    shop = build.Workshop(base, name)
    while True:
        try:
            point = waiting.get_nowait()
        except queue.Empty:
            return
        found.add(point, try_point(shop, tests, point, texts[point.file]))
        tell()


def try_all(base, tests, chosen, texts, found, jobs):
    """Try what was not found earlier, until all is done or Ctrl-C."""
    waiting = queue.SimpleQueue()
    left = [point for point in chosen if point.key() not in found.results]
    for point in left:
        waiting.put(point)
    progress = report.Progress(len(left), len(chosen) - len(left))
    workers = [threading.Thread(target=work, daemon=True,
                                args=(base, f'worker-{i}', tests, waiting, texts, found, progress.step))
               for i in range(jobs)]
    for worker in workers:
        worker.start()
    try:
        while any(worker.is_alive() for worker in workers):
            time.sleep(0.2)
            progress.show()
    except KeyboardInterrupt:
        while not waiting.empty():
            waiting.get()
        print('\ninterrupted: the report is of what was tried', file=sys.stderr)
    progress.close()


def choose(arguments, everything):
    """The points to try."""
    if arguments.mutants == 'survivors':
        path = Path(arguments.build, 'mutate.json')
        if not path.exists():
            sys.exit(f'mutants=survivors: there is no {path}; `scons mutate` writes it')
        last = json.loads(path.read_text(encoding='utf-8'))
        keys = {tuple(item['key']) for item in last['survivors']}
        return [point for point in everything if point.key() in keys]
    pool = [point for point in everything if arguments.only in point.file]
    if not pool:
        files = sorted({point.file for point in everything})
        sys.exit(f'only={arguments.only}: there is no such file; there are: {" ".join(files)}')
    # By hash, so that a source that changes leaves most of the choice as it was.
    pool.sort(key=lambda point: hashlib.sha256(repr((arguments.seed, point.key())).encode()).digest())
    return pool if arguments.mutants == 'all' else pool[:int(arguments.mutants)]


def main():
    parser = argparse.ArgumentParser(description='Mutation testing of the policies and of the heap.')
    parser.add_argument('--build', required=True)
    parser.add_argument('--mutants', default='75')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--only', default='')
    parser.add_argument('--objects', required=True, help='of the library, with commas')
    parser.add_argument('archives', nargs='*')
    arguments = parser.parse_args()

    texts = points.texts(Path('.'))
    everything = points.find_all(texts)
    chosen = choose(arguments, everything)
    folder = Path(arguments.build, 'mutate')
    commands = build.commands_from(Path(arguments.build, 'compile_commands.json'))
    mark = fingerprint()

    print(f'{len(chosen)} of {len(everything)} changes; compiling the library and the tests', flush=True)
    base = build.Base(folder, commands, arguments.objects.split(','))
    base.compile(arguments.jobs)
    tests = suite.Suite(folder / 'tests', commands, arguments.archives, base.library, arguments.jobs)
    found = Found(folder / FOUND, mark)
    if not tests.tests[0].run(folder / 'no-library', build.EVERYWHERE, 60)[0]:
        sys.exit('the tests do not use the library that they are given')
    failing = tests.measure(build.EVERYWHERE)
    if failing:
        sys.exit(f'these tests fail without any change: {" ".join(failing)}')
    try_all(base, tests, chosen, texts, found, min(arguments.jobs, 2))
    tried = [(point, found.results[point.key()]) for point in chosen if point.key() in found.results]
    sys.exit(report.write(Path(arguments.build, 'mutate.json'), tried, everything, survivors.read()))


if __name__ == '__main__':
    sys.dont_write_bytecode = True
    main()
