# SPDX-License-Identifier: BSD-3-Clause
"""What script tests share: count cases, print those that fail, end with the line that summary.py reads; and wait until Ctrl-C
can be sent."""
import re
import signal
import sys
import time
from pathlib import Path

_counts = {'passed': 0, 'failed': 0, 'skipped': 0}


def case(name, ok, detail=''):
    """Report one case; `detail` says what is wrong and is printed only then. Returns whether it passed."""
    _counts['passed' if ok else 'failed'] += 1
    print(f'{"ok" if ok else "FAILED":7} {name}')
    if not ok and detail:
        print('        ' + str(detail).rstrip().replace('\n', '\n        '))
    return ok


def skip(name, reason):
    """Report a case that does not apply to the library at hand."""
    _counts['skipped'] += 1
    print(f'skipped {name}: {reason}')


def until_interruptible(process):
    """Wait until a process handles Ctrl-C itself, and a moment more."""
    for _ in range(600):
        caught = re.search(r'^SigCgt:\s*([0-9a-f]+)', Path(f'/proc/{process.pid}/status').read_text(encoding='utf-8'),
                           flags=re.MULTILINE)
        if int(caught[1], 16) >> (signal.SIGINT - 1) & 1:
            break
        time.sleep(0.1)
    time.sleep(0.5)


def finish():
    """Print the closing line and end the script."""
    print(', '.join(f'{n} {what}' for what, n in _counts.items()))
    sys.exit(1 if _counts['failed'] else 0)
