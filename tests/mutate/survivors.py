# SPDX-License-Identifier: BSD-3-Clause
"""The changes that no test need notice, each with a reason: survivors.txt.

An entry is three lines, and holds wherever its line moves:

    FILE | FUNCTION | CHANGE | NTH
        the line of the source
        KIND: why no test need notice
"""
import re
from pathlib import Path

LIST = Path(__file__).resolve().parent / 'survivors.txt'

KINDS = {
    'equivalent': 'no caller can tell the difference',
    'unreachable': 'no heap gets there while the invariants hold',
    'performance': 'the same results, at another cost',
}


def read(path=LIST):
    """{key of a point: reason}."""
    lines = [line for line in path.read_text(encoding='utf-8').splitlines() if line and not line.startswith('#')]
    if len(lines) % 3:
        raise ValueError(f'{path}: an entry has three lines')
    entries = {}
    for head, text, reason in zip(*[iter(lines)] * 3):
        fields = head.split(' | ')
        # A change may have the sign itself in its words.
        file, function, change, nth = fields[0], fields[1], ' | '.join(fields[2:-1]), int(fields[-1])
        key = (file, function, change, text.strip(), nth)
        if key in entries:
            raise ValueError(f'{path}: twice: {head}')
        if not re.match(rf'({"|".join(KINDS)}): \S', reason.strip()):
            raise ValueError(f'{path}: no reason, or of no known kind: {head}')
        entries[key] = reason.strip()
    return entries


def entry(key, reason='equivalent: '):
    """An entry as the list has it."""
    file, function, change, text, nth = key
    return f'{file} | {function} | {change} | {nth}\n    {text}\n    {reason}\n'
