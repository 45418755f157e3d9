#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run `osmem replay` and `osmem compare` as a user does: figures, JSON, the report, messages, exit statuses.

OSM_BUILD names the build folder (build). How fast anything is is not judged, but for the replay's own loop.
"""
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
from html.parser import HTMLParser
from pathlib import Path

from cases import case, finish, skip, until_interruptible

ROOT = Path(__file__).resolve().parent.parent
OSMEM = Path(os.environ.get('OSM_BUILD', ROOT / 'build')).resolve() / 'bin' / 'osmem'
TRACE = ROOT / 'tests/traces/gitlog.rep.gz'
PLAIN = os.environ.get('OSM_SANITIZE', 'none') == 'none' and os.environ.get('OSM_COVERAGE', '0') == '0'
DEBUG = os.environ.get('OSM_PROFILE') == 'debug'
LOOP_MOST = 15  # nanoseconds an operation beyond the allocator
PLOTS = 6

# Sizes that a heap without headers, in units of 16, wastes nothing of; the last frees count for no time.
TINY = 'a 0 32\na 1 64\nf 0\na 2 48\nf 1\na 3 16\nr 3 40\nf 2\nf 3\n'
# Requested and held, without headers, after each of them, on first fit: by hand, as in tests/test_lab.c.
TINY_HELD = [(32, 32), (96, 96), (64, 96), (112, 144), (48, 144), (64, 144), (88, 144), (40, 144), (0, 144)]


def run(*arguments, **options):
    """Run osmem from the project's root, without a terminal."""
    return subprocess.run([OSMEM, *map(str, arguments)], **{
        'cwd': ROOT, 'capture_output': True, 'text': True, 'timeout': 300, 'check': False, **options})


def parsed(done):
    """The JSON that a run printed, or nothing."""
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {}


def measures_of(samples):
    """The four measures by their definition, from (allocated, requested, held) after each operation."""
    peak = max(samples, key=lambda sample: sample[1])
    summit = max(samples, key=lambda sample: sample[2])
    return [sum(bytes_ * held / live for bytes_, live, held in samples if bytes_) / sum(s[0] for s in samples) - 1,
            peak[2] / peak[1] - 1, summit[2] / summit[1] - 1, summit[2] / peak[1] - 1]


# ---- replay

def check_replay(folder):
    """Text and JSON say the same, and what is known beforehand."""
    done = run('replay', '--policy=first-fit', '--layout=bitmap', TRACE)
    case('replay: exit status 0, nothing on stderr', (done.returncode, done.stderr) == (0, ''), done)
    case('replay: no colour in a pipe', '\033' not in done.stdout, done.stdout)
    found = parsed(run('replay', '--json', '--policy=first-fit', '--layout=bitmap', TRACE))
    if not case('replay: --json parses', found.get('command') == 'replay' and len(found['results']) == 1, found):
        return
    result, trace = found['results'][0], found['traces'][0]
    # what the trace says of itself in its head: weight, blocks, operations, payload
    case('replay: operations, blocks and peak as the trace has them',
         (trace['operations'], trace['blocks'], trace['peak_payload']) == (40580, 20118, 2817720), trace)
    case('replay: not cut, not failed', not result['cut'] and not result['failed'] and result['operations'] == 40580)
    whole, bare = result['fragmentation'], result['fragmentation_without_headers']
    case('replay: measure 4 is the most used by the most payload',
         abs(result['peak_used'] / trace['peak_payload'] - 1 - whole[3]) < 1e-9, result['fragmentation'])
    case('replay: without headers is never more', all(0 <= b <= w for b, w in zip(bare[::3], whole[::3])), (whole, bare))
    peak = [sample for sample in result['samples'] if sample['operation'] == trace['peak_at']]
    case('replay: the peak is among the samples', len(peak) == 1 and peak[0]['payload'] == trace['peak_payload'] and
         abs(peak[0]['used'] / peak[0]['payload'] - 1 - whole[1]) < 1e-9, peak)
    case('replay: the free blocks of each sample fit into its heap',
         all(s['largest_free'] <= s['free_bytes'] < s['used'] for s in result['samples']))
    case('replay: parts of the growth add up to the heap',
         0 < sum(result['grown']) <= result['peak_used'], (sum(result['grown']), result['peak_used']))
    table = re.search(r'with header cost +([\d.]+)% +([\d.]+)% +([\d.]+)% +([\d.]+)%', done.stdout)
    case('replay: the text shows the same measures', table and
         all(abs(float(table[i + 1]) - 100 * whole[i]) < 0.0051 for i in range(4)), (done.stdout, whole))
    loop = result['times']['loop_ns_per_op']
    if PLAIN:
        case(f'replay: its own loop takes at most {LOOP_MOST} ns an operation', 0 < loop <= LOOP_MOST, loop)
    else:
        skip('replay: its own loop is short', 'what counts lines or finds errors slows it down')


def check_by_hand(folder):
    """Measures over a tiny trace, by their definition."""
    path = folder / 'tiny.rep'
    path.write_text(TINY, encoding='utf-8')
    done = run('replay', '--json', '--policy=first-fit', '--layout=bitmap', '--backend=mock', path)
    found = parsed(done)
    if not case('replay: a tiny trace', done.returncode == 0 and found, done):
        return
    allocated = [32, 64, 0, 48, 0, 16, 24, 0, 0]
    expected = measures_of([(a, live, held) for a, (live, held) in zip(allocated, TINY_HELD)])
    result = found['results'][0]
    case('replay: measures without headers by hand', all(abs(a - b) < 1e-9 for a, b in zip(
        expected, result['fragmentation_without_headers'])), (expected, result['fragmentation_without_headers']))
    held = [(s['payload'], s['used_without_headers']) for s in result['samples']]
    case('replay: each moment by hand', held == TINY_HELD, held)
    done = run('replay', '--backend=arena', '--granule=8', '--map-threshold=never', path)
    case('replay: other backends, granules and thresholds', done.returncode == 0 and 'backend arena' in done.stdout, done)


def check_messages(folder):
    """What makes no sense names itself, and the exit status tells which kind it is."""
    bad, empty = folder / 'bad.rep', folder / 'empty.rep'
    bad.write_text('a 0 16\n# nothing\nf 1\n', encoding='utf-8')
    empty.write_text('', encoding='utf-8')
    for command in ('replay', 'compare', 'map'):
        done = run(command, bad)
        case(f'{command}: a bad trace names line and reason', (done.returncode, done.stderr) ==
             (3, f'osmem {command}: {bad}:3: block 1 is not live\n'), done)
        for words, status, message in (
                (['--policy=worst-fit', TRACE] if command != 'compare' else ['--policy=first-fit,worst-fit', TRACE],
                 2, 'worst-fit'),
                (['--backend=tape', TRACE], 2, 'there are brk, mmap, mock, arena'),
                (['--map-threshold=some', TRACE], 2, 'neither a number of bytes nor never'),
                (['--polcy=buddy', TRACE], 2, 'did you mean --policy'),
                ([], 2, 'usage'),
                (['/nowhere.rep'], 3, '/nowhere.rep: No such file'),
                (['-'], 3, 'read several times')):
            done = run(command, *words, stdin=subprocess.DEVNULL)
            case(f'{command} {" ".join(map(str, words))}: refused', done.returncode == status and
                 message in done.stderr and done.stdout == '', done)
    done = run('replay', '--layout=stamp', TRACE)
    case('replay: a layout that a policy lacks is refused with those it has',
         done.returncode == 2 and 'meta, tag, wide, bitmap' in done.stderr, done)
    done = run('replay', '--granule=24', TRACE)
    case('replay: a granule that a policy lacks is refused', done.returncode == 2 and '--granule=24' in done.stderr, done)
    done = run('replay', bad, TRACE)
    case('replay: all traces are read before the first is replayed', (done.returncode, done.stdout) == (3, ''), done)
    done = run('replay', empty)
    case('replay: an empty trace', done.returncode == 0 and '0 operations' in done.stdout, done)
    huge = folder / 'huge.rep'
    huge.write_text('a 0 4000000000000000000\n', encoding='utf-8')
    done = run('replay', huge)
    case('replay: a trace that does not fit into memory', done.returncode == 1 and 'out of memory' in done.stderr, done)


# ---- compare

class Report(HTMLParser):
    """What a report is made of."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.ids, self.links, self.labels, self.rows = [], [], [], 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if given.get('id'):
            self.ids.append(given['id'])
        self.links += [given[key] for key in ('href', 'src', 'xlink:href', 'data') if key in given]
        self.rows += tag == 'tr'
        if tag == 'svg':
            self.labels.append(given.get('aria-label'))


def check_compare(folder):
    """Two traces, some policies: table, JSON and report."""
    tiny, html = folder / 'tiny.rep', folder / 'report.html'
    tiny.write_text(TINY, encoding='utf-8')
    some = ['--policy=first-fit,best-fit,best-fit-scan,buddy', '--layout=tag,bitmap,out-of-band']
    with_report = ['--html', html] if shutil.which('gnuplot') else []
    done = run('compare', *some, '--json', *with_report, TRACE, tiny)
    found = parsed(done)
    if not case('compare: exit status 0, nothing on stderr, JSON', (done.returncode, done.stderr) == (0, '') and found, done):
        return
    rows = {(r['trace'], r['allocator'], r['layout']): r for r in found['results']}
    wanted = {(policy, layout) for policy in ('first-fit', 'best-fit', 'best-fit-scan') for layout in ('tag', 'bitmap')}
    wanted |= {('buddy', 'out-of-band')}
    case('compare: each policy and layout that was asked for, on each trace',
         {key[1:] for key in rows if key[2]} == wanted and len([key for key in rows if key[2]]) == 2 * len(wanted), rows.keys())
    for trace in ('gitlog', 'tiny'):
        one = parsed(run('replay', '--json', '--policy=best-fit', '--layout=tag', TRACE if trace == 'gitlog' else tiny))
        case(f'compare: memory on {trace} as replay has it',
             rows[trace, 'best-fit', 'tag']['fragmentation'] == one['results'][0]['fragmentation'], one)
    fast, scan = rows['tiny', 'best-fit', 'bitmap'], rows['tiny', 'best-fit-scan', 'bitmap']
    case('compare: a policy that scans decides as the one with an index',
         [s['used_without_headers'] for s in fast['samples']] == [s['used_without_headers'] for s in scan['samples']])
    means = {(s['allocator'], s['layout']): s['fragmentation'][3] for s in found['summary']}
    case('compare: means over the traces', all(abs(sum(rows[t, *key]['fragmentation'][3] for t in ('gitlog', 'tiny')) / 2 -
                                                   mean) < 1e-9 for key, mean in means.items() if mean is not None), means)
    best = found['recommendation']
    case('compare: a policy is recommended with a reason', (best['policy'], best['layout']) in wanted and
         best['policy'] in best['reason'] and 'ns an operation' in best['reason'], best)
    least = min(mean for key, mean in means.items() if key[1] and mean is not None)
    case('compare: it takes at most 2% more than the leanest',
         1 + means[best['policy'], best['layout']] <= 1.02 * (1 + least), (best, means))
    peers = [key for key in rows if not key[2]]
    if PLAIN:
        case('compare: glibc is there, with memory and time', all(rows[t, 'glibc', None]['fragmentation'][3] is not None and
                                                                  rows[t, 'glibc', None]['times']['warm_ns_per_op'] > 0
                                                                  for t in ('gitlog', 'tiny')), peers)
    if with_report:
        check_report(html)
    else:
        skip('compare: the report', 'there is no gnuplot')


def check_corpus():
    """The recorded programs of today, each on two policies: known beforehand is who wins."""
    text = (ROOT / 'tests/traces/README.md').read_text(encoding='utf-8')
    told = {name: (int(operations), int(blocks), int(peak)) for name, operations, blocks, peak in re.findall(
        r'^\| `(\w+)\.osmt\.zst` \|.*\| (\d+) \| (\d+) \| (\d+) \|$', text, flags=re.MULTILINE)}
    files = sorted((ROOT / 'tests/traces').glob('*.osmt.zst'))
    found = parsed(run('compare', '--json', '--no-scan', '--no-peers', '--no-times', '--map-threshold=never',
                       '--policy=best-fit,next-fit', '--layout=wide', *files))
    traces = {t['name']: (t['operations'], t['blocks'], t['peak_payload']) for t in found.get('traces', [])}
    case('compare: the recorded programs are what their list says', traces == told and len(told) >= 6, (traces, told))
    means = {s['allocator']: s['fragmentation'][3] for s in found.get('summary', [])}
    case('compare: best fit wastes less than half of what next fit does on them',
         0 < 2 * means.get('best-fit', 0) < means.get('next-fit', 0), means)
    case('compare: without times there is no recommendation', found.get('recommendation', 0) is None)


def check_report(path):
    """One file that is whole and needs no other."""
    text = path.read_text(encoding='utf-8')
    report = Report(text)
    case('compare: the report has each plot of each trace, with a text in its place',
         len(report.labels) == 2 * PLOTS and all(report.labels), report.labels)
    case('compare: no id of the report is there twice', len(set(report.ids)) == len(report.ids))
    case('compare: the report links to nothing outside', all(link[1:] in report.ids for link in report.links), report.links)
    hosts = re.findall(r'(?:https?:)?//[\w.-]+\.\w+[^\s"\'<]*', re.sub(r'xmlns(:\w+)?="[^"]*"', '', text))
    case('compare: the report names no other host', not hosts, hosts[:3])
    case('compare: the report has a row for each allocator, on each trace and over all', report.rows >= 3 * 8, report.rows)
    case('compare: nothing of the report is left beside it', not list(path.parent.glob('*.part*')))


def check_table(folder):
    """The table on a terminal has colour, and none if it is not wanted or not a terminal."""
    line = ['compare', '--policy=best-fit-lifo,buddy', '--no-scan', '--no-peers', folder / 'tiny.rep']
    done = run(*line[:-1], '--no-times', TRACE)
    case('compare: no colour in a pipe', done.returncode == 0 and '\033' not in done.stdout, done)
    order = [float(m) for m in re.findall(r'^(?:best-fit-lifo|buddy), .*?iB +[\d.]+% +[\d.]+% +[\d.]+% +([\d.]+)%',
                                          done.stdout, flags=re.MULTILINE)]
    case('compare: the least fragmentation stands first', len(order) == 5 and order == sorted(order), done.stdout)
    for name, extra, wanted in (('in colour', {'TERM': 'xterm'}, True), ('NO_COLOR', {'TERM': 'xterm', 'NO_COLOR': '1'}, False)):
        text = in_terminal(line, {**os.environ, **extra})
        case(f'compare: a terminal, {name}', ('\033[1;32m' in text) == wanted and 'buddy, out-of-band' in text, text)


def in_terminal(line, environment):
    """What osmem writes to a terminal."""
    ours, theirs = os.openpty()
    process = subprocess.Popen([OSMEM, *map(str, line)], cwd=ROOT, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL,
                               env={key: value for key, value in environment.items() if value})
    os.close(theirs)
    text = b''
    while select.select([ours], [], [], 120)[0]:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    os.close(ours)
    process.wait()
    return text.decode()


def measuring_child(process):
    """The process that measures another malloc, once it has operations to do; or nothing."""
    for _ in range(3000):
        for child in Path(f'/proc/{process.pid}/task/{process.pid}/children').read_text(encoding='ascii').split():
            try:
                words = Path(f'/proc/{child}/cmdline').read_bytes().split(b'\0')
            except OSError:
                continue
            if b'--measure-malloc' in words and words[2] == b'1':  # PEER_MEMORY
                return int(child)
        time.sleep(0.002)
    return None


def check_peer_memory():
    """The processes that measure get no more memory than the machine has, and what ends one is told."""
    with subprocess.Popen([OSMEM, 'compare', '-x', '-s', '-p', 'buddy', '--json', ROOT / 'tests/traces/sqlite3.osmt.zst'],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        child = measuring_child(process)
        limits = Path(f'/proc/{child}/limits').read_text(encoding='ascii') if child else ''
        if child:
            os.kill(child, signal.SIGKILL)
        output, errors = process.communicate(timeout=300)
    most = re.search(r'^Max data size +(\d+)', limits, flags=re.M)
    total = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
    case('compare: a measuring process may not have more memory than there is', most and int(most[1]) <= 1.1 * total, limits)
    case('compare: the signal that ended it is told', process.returncode == 1 and
         'its process was ended by signal 9: Killed' in errors and 'its process was ended by signal 9' in output, errors)


def check_interrupt(folder):
    """Ctrl-C ends it at once, with its exit status, and leaves no half file."""
    html = folder / 'interrupted.html'
    process = subprocess.Popen([OSMEM, 'compare', '--html', html, ROOT / 'tests/traces/sqlite.rep.gz'], cwd=ROOT,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until_interruptible(process)
    process.send_signal(signal.SIGINT)
    begin = time.monotonic()
    output, errors = process.communicate(timeout=60)
    case('compare: Ctrl-C ends it', (process.returncode, output, errors) == (130, '', 'osmem compare: interrupted\n'),
         (process.returncode, output, errors))
    case('compare: Ctrl-C ends it soon', time.monotonic() - begin < 10)
    case('compare: Ctrl-C leaves no half file', not list(folder.glob('interrupted*')))
    done = run('compare', '--html', folder / 'no/such/report.html', '--policy=buddy', '--no-peers', folder / 'tiny.rep')
    case('compare: a report that cannot be written is told before it begins', done.returncode == 4 and
         'No such file' in done.stderr and done.stdout == '', done)
    if shutil.which('gnuplot'):
        reader, writer = os.pipe()
        os.close(reader)
        run('compare', '--html', folder / 'alone.html', '--policy=buddy', '--no-peers', folder / 'tiny.rep',
            capture_output=False, stdout=writer, stderr=subprocess.DEVNULL)
        os.close(writer)
        case('compare: the report is there though nobody reads the table', (folder / 'alone.html').exists())
        for text in ('a 0 8\nf 0\n', 'a 0 100\na 1 100\nf 0\n', 'a 0 0\n'):
            (folder / 'least').write_text(text, encoding='utf-8')
            done = run('compare', '--html', folder / 'least.html', '--policy=buddy,best-fit', '--no-peers', folder / 'least')
            case(f'compare: a report of {text!r}', done.returncode == 0 and (folder / 'least.html').exists(), done)
            (folder / 'least.html').unlink(missing_ok=True)
    (folder / 'empty').write_text('', encoding='utf-8')
    done = run('compare', '--policy=buddy', '--json', folder / 'empty')
    case('compare: an empty trace is no failure', done.returncode == 0 and not done.stderr and
         not any(result['note'] for result in parsed(done)['results']), done)
    done = run('compare', '--html', html, folder / 'tiny.rep', env={'PATH': '/nowhere'})
    case('compare: without gnuplot it says what is missing before it begins',
         done.returncode == 4 and 'gnuplot-nox' in done.stderr and done.stdout == '', done)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        check_replay(folder)
        check_by_hand(folder)
        check_messages(folder)
        check_compare(folder)
        if DEBUG:
            skip('compare: table and Ctrl-C', 'the debug profile looks at the whole heap in each call')
        else:
            check_corpus()
            check_table(folder)
            check_interrupt(folder)
        if PLAIN and not DEBUG:
            check_peer_memory()
    finish()


if __name__ == '__main__':
    main()
