# SPDX-License-Identifier: BSD-3-Clause
"""What mutation testing found: a table, the survivors, a file for other reports, and the exit status."""
import collections
import json
import sys
import time

import survivors

LEAST = 0.9  # of the changes that count must be caught


class Progress:
    """A line that says how far it is: over and over on a terminal, else now and then."""

    def __init__(self, count, earlier):
        self.count, self.done, self.begin, self.shown = count, 0, time.monotonic(), 0.0
        self.pause = 0.5 if sys.stderr.isatty() else 60
        if earlier:
            print(f'{earlier} were tried earlier', flush=True)

    def step(self):
        self.done += 1

    def show(self):
        now = time.monotonic()
        if now - self.shown < self.pause or not self.done:
            return
        self.shown = now
        left = (now - self.begin) / self.done * (self.count - self.done)
        begin, end = ('\r', '  ') if sys.stderr.isatty() else ('', '\n')
        print(f'{begin}{self.done} of {self.count}, {left / 60:.0f} minutes to go', end=end, file=sys.stderr, flush=True)

    def close(self):
        if sys.stderr.isatty():
            print(file=sys.stderr)


def rate(caught, counted):
    return f'{100 * caught / counted:.1f} %' if counted else '-'


def table(tried):
    """Lines: each file's mutants, how many were caught and how many not."""
    by_file = collections.defaultdict(collections.Counter)
    for point, result in tried:
        by_file[point.file][result['outcome']] += 1
    rows = [(file, count['caught'], count['survived']) for file, count in sorted(by_file.items())]
    rows.append(('all', sum(row[1] for row in rows), sum(row[2] for row in rows)))
    width = max(len(row[0]) for row in rows)
    yield f'{"":{width}}  mutants  caught  survived     rate'
    for file, caught, survived in rows:
        yield f'{file:{width}}  {caught + survived:7}  {caught:6}  {survived:8}  {rate(caught, caught + survived):>7}'


def write(path, tried, everything, accepted):
    """Prints the report and writes it as JSON; returns the exit status."""
    outcomes = collections.Counter(result['outcome'] for point, result in tried)
    caught, counted = outcomes['caught'], outcomes['caught'] + outcomes['survived']
    killers = collections.Counter(result['by'] for point, result in tried if result['outcome'] == 'caught')
    left = [point for point, result in tried if result['outcome'] == 'survived']
    unexplained = [point for point in left if point.key() not in accepted]
    keys = {point.key() for point in everything}
    stale = [key for key in accepted if key not in keys]
    beaten = [point for point, result in tried if result['outcome'] == 'caught' and point.key() in accepted]

    for point in left:
        print(f'\n{point.file}:{point.line}: {point.function}: {point.change}\n    {point.text}\n'
              f'    {accepted.get(point.key(), "NO REASON")}')
    print()
    print('\n'.join(table(tried)))
    by_time = sum(result.get('how') == 'time' for point, result in tried)
    print(f'\nnot counted: {outcomes["same code"]} that give the same code, {outcomes["not compiled"]} that do not compile'
          f'; of the caught, {by_time} ran out of time')
    print('caught by: ' + ', '.join(f'{name} {count}' for name, count in killers.most_common()))
    for point in beaten:
        print(f'in survivors.txt, but caught: {point.file}:{point.line}: {point.change}')
    for key in stale:
        print(f'in survivors.txt, but not in the sources:\n{survivors.entry(key, accepted[key])}')
    if unexplained:
        print(f'{len(unexplained)} survivors without a reason; entries to be filled in:\n')
        print('\n'.join(survivors.entry(point.key()) for point in unexplained))
    is_enough = caught >= LEAST * counted
    print(f'{caught} of {counted} caught: {rate(caught, counted)}; '
          f'{len(left) - len(unexplained)} of {len(left)} survivors have a reason')

    path.write_text(json.dumps({
        'points': len(everything), 'tried': len(tried), 'mutants': counted, 'caught': caught, 'by_time': by_time,
        'survived': len(left), 'unexplained': len(unexplained), 'same_code': outcomes['same code'],
        'not_compiled': outcomes['not compiled'], 'killers': killers, 'stale': len(stale),
        'survivors': [{'key': point.key(), 'line': point.line, 'reason': accepted.get(point.key())} for point in left],
    }, indent=1) + '\n', encoding='utf-8')
    return 0 if is_enough and not unexplained and not stale else 1
