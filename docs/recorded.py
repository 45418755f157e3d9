# SPDX-License-Identifier: BSD-3-Clause
"""What the recorded programs are made of, and what recording costs: figures of `osmem check` and `osmem record`."""
import html
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PLOTTED = {'cc1': 'gcc compiling a file', 'redis': 'redis under load'}
COST = re.compile(r'processor time ([\d.]+) s, without recording ([\d.]+) s: recording took (\d+) ns an operation')
ROUNDS = 3


def told(*command):
    """What a command prints; RuntimeError if it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f'{" ".join(map(str, command))}: exit status {done.returncode}\n{done.stderr}')
    return done.stdout


def bytes_text(count):
    """A number of bytes as people read it."""
    for unit in ('B', 'KiB', 'MiB', 'GiB'):
        if count < 1024 or unit == 'GiB':
            return f'{count:.3g} {unit}' if count < 1000 else f'{count:.0f} {unit}'
        count /= 1024
    return ''


def table(osmem, traces):
    """A row for each recorded program."""
    heads = ('program', 'operations', 'realloc', 'blocks', 'most live', 'never freed', 'half of the blocks live while',
             'nine tenths while')
    rows = []
    for path in traces:
        figures = json.loads(told(osmem, 'check', '--json', path))
        rows.append((path.name.partition('.')[0], f'{figures["operations"]:,}', f'{figures["realloc"]:,}',
                     f'{figures["blocks"]:,}', bytes_text(figures['peak_bytes']), bytes_text(figures['kept_bytes']),
                     *(bytes_text(figures[key]) + ' are allocated' for key in ('lifetime_half', 'lifetime_nine_tenths'))))
    body = '\n'.join(f'<tr>{"".join(f"<td>{html.escape(cell)}</td>" for cell in row)}</tr>' for row in rows)
    return f"<table class='doxtable' data-table='recorded'>\n<tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>\n" \
           f'{body}\n</table>\n'


def cost(osmem, root):
    """What recording adds to the compiler's run: the median of some rounds."""
    sys.path.append(str(root / 'tests/traces'))
    import make  # noqa: E402, the corpus's own recorder
    with tempfile.TemporaryDirectory() as folder:
        rounds = [COST.search(make.record(osmem, 'cc1', Path(folder) / 'cc1.osmt.zst', 1, ['--cost'])[0])
                  for _ in range(ROUNDS)]
    if not all(rounds):
        raise RuntimeError('osmem record --cost tells no cost')
    middle = sorted(rounds, key=lambda match: int(match[3]))[ROUNDS // 2]
    return f"<p data-table='recorded_cost'>On the machine that made this page, gcc's cc1 took {middle[2]} s of processor time, " \
           f'and {middle[1]} s while it was recorded: {middle[3]} ns more for each operation, the median of {ROUNDS} runs.</p>\n'


def write(osmem, root, folder):
    """The tables and the plots."""
    traces = sorted((root / 'tests/traces').glob('*.osmt.zst'))
    (folder / 'recorded.html').write_text(table(osmem, traces), encoding='utf-8')
    (folder / 'recorded_cost.html').write_text(cost(osmem, root), encoding='utf-8')
    for name, what in PLOTTED.items():
        picture = folder / f'lives_{name}.svg'
        told(osmem, 'check', f'--plot={picture}', root / f'tests/traces/{name}.osmt.zst')
        text = picture.read_text(encoding='utf-8').replace('lives_', f'lives_{name}_')
        text = text.replace('Lifetimes of blocks by size', f'Lifetimes of blocks by size: {what}', 1)
        picture.write_text(text.replace('<svg ', f"<svg class='osm-picture' data-picture='lives_{name}' ", 1), encoding='utf-8')
