#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Replays the corpora of the harnesses in tests/fuzz, and some inputs that are made up: run_fuzz.py --build FOLDER.

With --fuzz N it builds the harnesses for libFuzzer in FOLDER/fuzz, and lets each fuzz for its part of N seconds. An input
that ends one of them is left in FOLDER/fuzz/found; it becomes a file of the corpus, which every later test replays.
"""
import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from cases import case, finish

ROOT = Path(__file__).resolve().parent.parent
CORPORA = ROOT / 'tests/fuzz/corpus'
HARNESSES = sorted(path.stem for path in (ROOT / 'tests/fuzz').glob('fuzz_*.c'))
MADE_UP = {'fuzz_policies': 300, 'fuzz_dropin': 2000, 'fuzz_trace': 3000, 'fuzz_print': 5000}


def told(done):
    """What is known of a run that failed."""
    return f'exit status {done.returncode}\n' + (done.stdout + done.stderr)[-3000:]


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, errors='replace', check=False,
                          stdin=subprocess.DEVNULL, **options)


def replay(build):
    seed = os.environ.get('OSM_SEED', '1')
    for name in HARNESSES:
        program = build / 'bin/fuzz' / name
        files = sorted((CORPORA / name).iterdir())
        done = run(program, *files)
        case(f'{name}: the corpus of {len(files)}', files and done.returncode == 0, told(done))
        done = run(program, '--random', MADE_UP[name], seed)
        case(f'{name}: {MADE_UP[name]} inputs made up from the seed {seed}', done.returncode == 0, told(done))


def fuzz(build, seconds):
    folder = build / 'fuzz'
    scons = os.environ.get('OSM_SCONS', 'scons')
    done = run(sys.executable if scons.endswith('.py') else scons, '--silent', f'build={folder}', 'cc=clang',
               'sanitize=fuzzer', 'fuzzers', cwd=ROOT)
    if not case('the harnesses can be built for libFuzzer', done.returncode == 0, told(done)):
        return
    (folder / 'found').mkdir(exist_ok=True)
    for name in HARNESSES:
        new = folder / 'corpus' / name
        new.mkdir(parents=True, exist_ok=True)
        # An address sanitizer's own look for leaks stops threads, which takes longer than an input.
        done = run(folder / 'bin/fuzz' / name, f'-max_total_time={max(seconds // len(HARNESSES), 1)}', '-timeout=20',
                   '-detect_leaks=0', '-rss_limit_mb=3000', f'-artifact_prefix={folder}/found/{name}-', new,
                   CORPORA / name)
        runs = re.search(r'Done (\d+) runs in (\d+)', done.stderr)
        case(f'{name}: {runs.group(1)} runs in {runs.group(2)} seconds' if runs else name,
             done.returncode == 0 and runs, told(done))


def main():
    parser = argparse.ArgumentParser(description='Replay the corpora of the fuzz harnesses, or fuzz.')
    parser.add_argument('--build', type=Path, required=True)
    parser.add_argument('--fuzz', type=int, metavar='SECONDS')
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    if arguments.fuzz is None:
        replay(build)
    else:
        fuzz(build, arguments.fuzz)
    finish()


if __name__ == '__main__':
    sys.dont_write_bytecode = True
    main()
