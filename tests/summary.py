#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Adds up what test programs reported.

    summary.py FOLDER NAME...

Reads FOLDER/NAME.log (everything the program printed) and FOLDER/NAME.status (exit status and seconds). Prints the logs
of those that failed in full, a line for each program, and at the very end `N passed, N failed, N skipped`, which count
test cases. Exit status 1 if anything failed.

A program tells its counts in its closing lines: cmocka's, or for scripts the same line as this one ends with. A program
that ends without them has failed, whatever its exit status says.
"""
import os
import re
import signal
import sys

CLOSING = re.compile(r'(\d+) passed, (\d+) failed, (\d+) skipped')


def count_script(log):
    """Counts from the last line of a script, or None."""
    lines = log.rstrip().splitlines()
    match = CLOSING.fullmatch(lines[-1]) if lines else None
    return tuple(int(n) for n in match.groups()) if match else None


def count_cmocka(log):
    """Counts from cmocka's closing lines, all groups together, or None if a group did not close."""
    def total(pattern):
        return sum(int(n) for n in re.findall(pattern, log, flags=re.MULTILINE))

    started = total(r'^\[=+\] Running (\d+) test\(s\)\.')
    passed = total(r'^\[  PASSED  \] (\d+) test\(s\)\.')
    failed = total(r'^ (\d+) FAILED TEST\(S\)')
    skipped = total(r'^ (\d+) SKIPPED TEST\(S\)')
    # A failing group setup closes the group too, with none of its tests run.
    return (passed, failed, skipped) if started and started == passed + failed + skipped else None


def describe(status):
    """An exit status in words: `exit status 1`, `SIGSEGV`, `timeout`."""
    if not status.lstrip('-').isdigit():
        return status
    code = int(status)
    return signal.Signals(-code).name if code < 0 else f'exit status {code}'


def judge(log, status):
    """Return passed, failed, skipped and a remark."""
    counts = count_script(log) or count_cmocka(log)
    if counts is None:
        passed = len(re.findall(r'^\[       OK \] ', log, flags=re.MULTILINE))
        return passed, 1, 0, f'ended without its closing lines: {describe(status)}'
    passed, failed, skipped = counts
    if status != '0' and failed == 0:
        return passed, 1, skipped, f'all cases passed, but: {describe(status)}'
    return passed, failed, skipped, ''


def main():
    folder, names = sys.argv[1], sys.argv[2:]
    totals, table = [0, 0, 0], []
    width = max(len(name) for name in names)
    for name in names:
        with open(os.path.join(folder, f'{name}.log'), encoding='utf-8', errors='replace') as file:
            log = file.read()
        with open(os.path.join(folder, f'{name}.status'), encoding='utf-8') as file:
            status, seconds = file.read().split()
        *counts, remark = judge(log, status)
        if counts[1]:
            print(f'==== {name}: {describe(status)} ====\n{log.rstrip()}\n')
        totals = [total + n for total, n in zip(totals, counts)]
        line = '{:{}} {:6} passed {:4} failed {:4} skipped {:7.1f} s  {}'
        table.append(line.format(name, width, *counts, float(seconds), remark).rstrip())
    print('\n'.join(table))
    print('{} passed, {} failed, {} skipped'.format(*totals))
    return 1 if totals[1] else 0


if __name__ == '__main__':
    sys.exit(main())
