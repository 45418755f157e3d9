#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks the heap explorer: builds it, compares its WebAssembly module with the native library, asks of the module what
every heap promises (the project's test on 32 bits), and drives the page in a headless browser.

What needs a program that is missing is skipped by name; `./bootstrap test` installs all of them. OSM_BUILD names the
build folder (build). Screenshots go to its docs/screenshots. With OSM_SLOW=1 the module is also compared with a library
of 32 bits, letter by letter.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # the tree stays as it is
from cases import case, finish, skip  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / 'docs/explorer'))
import build as explorer  # noqa: E402

FOLDER = ROOT / os.environ.get('OSM_BUILD', 'build')
SECONDS = 240
# What each test is about, and the programs that it needs.
NEEDED = {'node': ('node',), 'clang-14 or clang': ('clang-14', 'clang'), 'wasm-ld-14 or wasm-ld': ('wasm-ld-14', 'wasm-ld'),
          'npm': ('npm',)}


def run_node(script, *arguments):
    """Run a test under node and pass its cases on."""
    command = [explorer.tool('node'), ROOT / 'tests/explorer' / script, *arguments]
    try:
        done = subprocess.run([str(word) for word in command], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        case(f'{script} ends', False, f'it takes more than {SECONDS} seconds')
        return
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{')]
    for line in lines:
        case(line['name'], line['ok'], line['detail'])
    case(f'{script} ran to its end', done.returncode == 0 and lines, f'exit status {done.returncode}\n{done.stderr}')


def main():
    missing = [what for what, names in NEEDED.items() if not explorer.tool(*names)]
    if missing:
        skip('the heap explorer', f'there is no {", no ".join(missing)}')
        finish()
    folder = FOLDER / 'explorer'
    try:
        page, twins = explorer.build(folder, (64, 32) if os.environ.get('OSM_SLOW') == '1' else (64,))
    except explorer.Failed as error:
        case('the explorer is built', False, error)
        finish()
    size = page.stat().st_size
    case('the page weighs less than 3 MB', size < 3_000_000, f'{size} bytes')
    for bits, twin in twins.items():
        if twin:
            run_node('states.mjs', folder / 'explorer.wasm', twin, bits)
        else:
            skip(f'the states of the native library of {bits} bits', 'gcc -m32 makes no program')
    run_node('conformance.mjs', folder / 'explorer.wasm')
    browser = explorer.tool('chromium', 'chromium-browser', 'google-chrome')
    if browser:
        run_node('browser.mjs', page, twins[64], folder / 'npm/node_modules', browser, FOLDER / 'docs/screenshots')
    else:
        skip('the explorer in a browser', 'there is no chromium')
    finish()


if __name__ == '__main__':
    main()
