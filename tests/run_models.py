#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Verifies the models of the drop-in's protocols between threads: run_models.py --build FOLDER [--small] [NAME...].

Each model of tests/models is searched completely by spin, and once for each bug that it can be given, which must be
found. Its head tells what it is about, a line an item:

    models   FILE: FUNCTION...   of the C source that the model follows; all must be there
    holds    PROPERTY
    bounds   how many threads, blocks and so on
    memory   why interleaved steps tell what the C code's orderings allow
    run      MACRO...            bounds of a search; all together are the verification, the first alone with --small
    bug      NAME: WHAT          -DNAME seeds it; at least one of the runs must find it

With --small only the models' heads are looked at, and the small run of those whose search takes no time. What was found
goes to FOLDER/models.json: {model: {"about", "models": {file: [function]}, "holds": [text], "bounds", "memory",
"runs": [{"macros", "states", "depth", "kind"}], "bugs": {name: {"what", "found": bool}}}}.
"""
import argparse
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from cases import case, finish, skip

ROOT = Path(__file__).resolve().parent.parent
SEARCHES = {  # what pan is compiled and called with
    'safety': (['-DSAFETY', '-DNOCLAIM'], ['-n', '-m4000000', '-w22']),
    'liveness': ([], ['-a', '-n', '-m4000000', '-w22']),
}
MEGABYTES = 6000
SECONDS = 600
EVERYDAY = ('rows', 'start', 'tape')


def head_of(path):
    """What a model's head tells: {item: [text]}, with what is about as 'about'."""
    comment = re.search(r'\*/\n/\*\n(.*?)\n \*/', path.read_text(encoding='utf-8'), flags=re.DOTALL).group(1)
    about, _, items = comment.partition('\n *\n')
    head = {'about': [' '.join(line.removeprefix(' *').strip() for line in about.splitlines())]}
    for line in items.splitlines():
        key, text = re.fullmatch(r' \* (\w+|) +(.*)', line).groups()
        if key:
            head.setdefault(key, []).append(text)
            last = key
        else:
            head[last][-1] += ' ' + text
    return head


def functions_of(head):
    """{C file: [function]} of the items `models`."""
    found = {}
    for item in head['models']:
        file, _, names = item.partition(': ')
        found.setdefault(file, []).extend(names.split())
    return found


def check_head(name, path, head):
    """The head is complete, and what it names is there, in the C file and in the model."""
    missing = [key for key in ('models', 'holds', 'bounds', 'memory', 'bug') if key not in head]
    case(f'{name}: the head is complete', not missing, f'without: {" ".join(missing)}')
    text = path.read_text(encoding='utf-8')
    for file, names in functions_of(head).items():
        source = (ROOT / file).read_text(encoding='utf-8') if (ROOT / file).exists() else ''
        gone = [function for function in names
                if not re.search(rf'^\S.*\b{function}\(.*\)\s*\{{?$', source, re.MULTILINE)]
        case(f'{name}: what it models is in {file}', source and not gone, f'not there: {" ".join(gone)}')
        case(f'{name}: {file} names the model', 'tests/models' in source and f'{name}.pml' in source)
    unused = [bug for bug in bugs_of(head) if f'def {bug}\n' not in text]
    case(f'{name}: each bug can be seeded', not unused, f'the model does not look at: {" ".join(unused)}')


def bugs_of(head):
    """{macro: what it is}."""
    return dict(item.split(': ', 1) for item in head['bug'])


def search(path, macros, kind):
    """All that a search prints: spin's, the compiler's and pan's output, as one text, and whether all of it ran."""
    compiled, called = SEARCHES[kind]
    with tempfile.TemporaryDirectory() as folder:
        output = ''
        for command in (['spin', *macros, '-a', str(path)],
                        ['gcc', '-O0', '-w', *compiled, f'-DMEMLIM={MEGABYTES}', '-o', 'pan', 'pan.c'],
                        ['./pan', *called]):
            try:
                done = subprocess.run(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      timeout=SECONDS, check=False)
            except subprocess.TimeoutExpired:
                return f'{output}{command[0]} takes more than {SECONDS} seconds', False
            output += done.stdout
            if done.returncode != 0:
                return output, False
    return output, True


def errors_in(output):
    """How many errors pan reports; None: it did not come to that."""
    found = re.search(r'errors: (\d+)$', output, flags=re.MULTILINE)
    return int(found.group(1)) if found else None


def is_complete(output):
    """Nothing was left out for want of depth, memory or bits."""
    return not re.search(r'max search depth too small|out of memory|memory limit|Search not completed|hash-?compact|'
                         r'bit-?state', output, flags=re.IGNORECASE)


def verify(name, path, macros, kinds):
    """The model as it is: no error, and no state left out. What was searched, for the report."""
    found = []
    for kind in kinds:
        output, ran = search(path, macros, kind)
        title = ' '.join([name, *macros]).replace(' -D', ' ')
        case(f'{title}: {kind}, completely', ran and errors_in(output) == 0 and is_complete(output), output[-2000:])
        states = re.search(r'(\d+) states, stored', output)
        depth = re.search(r'depth reached (\d+)', output)
        found.append({'macros': macros, 'kind': kind, 'states': int(states.group(1)) if states else 0,
                      'depth': int(depth.group(1)) if depth else 0})
    return found


def find_bug(name, path, runs, kinds, bug, what):
    """Does one of the searches tell of an error in the model with a bug?"""
    outputs = []
    for macros in runs:
        for kind in kinds:
            outputs.append(search(path, [*macros, f'-D{bug}'], kind)[0])
            if errors_in(outputs[-1]):
                return case(f'{name} finds {bug}: {what}', True)
    return case(f'{name} finds {bug}: {what}', False, '\n'.join(output[-800:] for output in outputs))


def look_at(path, is_small):
    """A model: its head, its searches, its bugs. What models.json tells of it."""
    name, head = path.stem, head_of(path)
    check_head(name, path, head)
    runs = [macros.split() for macros in head.get('run', [''])]
    kinds = ['safety'] + (['liveness'] if re.search(r'^ltl ', path.read_text(encoding='utf-8'), re.MULTILINE) else [])
    if is_small:
        runs, kinds = runs[:1], kinds[:1]
    report = {'about': head['about'][0], 'models': functions_of(head), 'holds': head['holds'],
              'bounds': ' '.join(head['bounds']), 'memory': ' '.join(head['memory']), 'runs': [], 'bugs': {}}
    if is_small and name not in EVERYDAY:
        return report
    for macros in runs:
        report['runs'] += verify(name, path, macros, kinds)
    for bug, what in bugs_of(head).items():
        report['bugs'][bug] = {'what': what, 'found': bool(find_bug(name, path, runs, kinds, bug, what))}
        if is_small:
            break
    return report


def table(reports):
    """A line for each model."""
    rows = [('model', 'states', 'bugs found', 'what it is about')]
    for name, report in reports.items():
        found = [bug['found'] for bug in report['bugs'].values()]
        states = sum(run['states'] for run in report['runs'])
        rows.append((name, str(states), f'{sum(found)} of {len(found)}', report['about']))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return '\n'.join(f'{row[0]:{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}' for row in rows)


def main():
    parser = argparse.ArgumentParser(description='Verify the models of the protocols between threads.')
    parser.add_argument('--build', type=Path, required=True)
    parser.add_argument('--small', action='store_true', help='what takes seconds')
    parser.add_argument('names', nargs='*', help='these models only')
    arguments = parser.parse_args()
    paths = [path for path in sorted((ROOT / 'tests/models').glob('*.pml'))
             if not arguments.names or path.stem in arguments.names]
    if not shutil.which('spin'):
        for path in paths:
            check_head(path.stem, path, head_of(path))
            skip(f'{path.stem}: searched', 'there is no spin; `./bootstrap model` installs it')
        finish()
    reports = {path.stem: look_at(path, arguments.small) for path in paths}
    if not arguments.small:
        (arguments.build / 'models.json').write_text(json.dumps(reports, indent=1) + '\n', encoding='utf-8')
        print(table(reports))
    finish()


if __name__ == '__main__':
    main()
