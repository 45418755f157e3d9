#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Replays the corpora of the harnesses in tests/fuzz, and some inputs that are made up: run_fuzz.py --build FOLDER.

With --fuzz N it builds the harnesses for libFuzzer in FOLDER/fuzz, and lets each fuzz for its part of N seconds. An input
that ends one of them is left in FOLDER/fuzz/found; it becomes a file of the corpus, which every later test replays.
With --engine afl it is AFL++ in FOLDER/fuzz-afl, on the same harnesses and corpora.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from cases import case, finish, skip

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


def built(folder, compiler):
    """Build the harnesses; whether that worked."""
    scons = os.environ.get('OSM_SCONS', 'scons')
    done = run(sys.executable if scons.endswith('.py') else scons, '--silent', f'build={folder}', f'cc={compiler}',
               'sanitize=fuzzer', 'fuzzers', cwd=ROOT)
    return case(f'the harnesses can be built with {compiler}', done.returncode == 0, told(done))


def fuzz(build, seconds):
    folder = build / 'fuzz'
    if not built(folder, 'clang'):
        return
    (folder / 'found').mkdir(exist_ok=True)
    results = {}
    for name in HARNESSES:
        new = folder / 'corpus' / name
        new.mkdir(parents=True, exist_ok=True)
        # An address sanitizer's own look for leaks stops threads, which takes longer than an input.
        done = run(folder / 'bin/fuzz' / name, f'-max_total_time={max(seconds // len(HARNESSES), 1)}', '-timeout=20',
                   '-detect_leaks=0', '-rss_limit_mb=3000', f'-artifact_prefix={folder}/found/{name}-', new,
                   CORPORA / name)
        runs = re.search(r'Done (\d+) runs in (\d+)', done.stderr)
        good = case(f'{name}: {runs.group(1)} runs in {runs.group(2)} seconds' if runs else name,
                    done.returncode == 0 and runs, told(done))
        results[name] = {'runs': int(runs.group(1)) if runs else 0, 'failed': not good}
    (folder / 'runs.json').write_text(json.dumps(results, indent=1) + '\n', encoding='utf-8')


# A container has no say in how its machine sets clocks and writes core files.
AFL = {'AFL_SKIP_CPUFREQ': '1', 'AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES': '1', 'AFL_NO_AFFINITY': '1', 'AFL_NO_UI': '1',
       'AFL_AUTORESUME': '1', 'AFL_TESTCACHE_SIZE': '2'}


def fuzz_with_afl(build, seconds):
    """What AFL++ found is in FOLDER/fuzz-afl/NAME/default, which a later run goes on from."""
    folder = build / 'fuzz-afl'
    if not shutil.which('afl-fuzz'):
        skip('AFL++', 'there is no afl-fuzz: `./bootstrap fuzz engine=afl` installs it')
        return
    if not built(folder, 'afl-clang-fast'):
        return
    for name in HARNESSES:
        done = run('afl-fuzz', '-i', CORPORA / name, '-o', folder / name, '-V', max(seconds // len(HARNESSES), 1), '-m', 'none',
                   '-t', '20000', '--', folder / 'bin/fuzz' / name, env={**os.environ, **AFL})
        try:
            stats = dict(re.findall(r'^(\w+) *: (.*)$', (folder / name / 'default/fuzzer_stats').read_text(encoding='utf-8'),
                                    flags=re.MULTILINE))
        except OSError:
            stats = {}
        bad = sorted((folder / name / 'default').glob('crashes*/id*')) + sorted((folder / name / 'default').glob('hangs/id*'))
        case(f'{name}: {stats.get("execs_done")} runs in {stats.get("run_time")} seconds',
             done.returncode == 0 and int(stats.get('execs_done', 0)) > 0 and not bad,
             '\n'.join(map(str, bad)) or told(done))


def main():
    parser = argparse.ArgumentParser(description='Replay the corpora of the fuzz harnesses, or fuzz.')
    parser.add_argument('--build', type=Path, required=True)
    parser.add_argument('--fuzz', type=int, metavar='SECONDS')
    parser.add_argument('--engine', choices=('libfuzzer', 'afl'), default='libfuzzer')
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    if arguments.fuzz is None:
        replay(build)
    elif arguments.engine == 'afl':
        fuzz_with_afl(build, arguments.fuzz)
    else:
        fuzz(build, arguments.fuzz)
    finish()


if __name__ == '__main__':
    sys.dont_write_bytecode = True
    main()
