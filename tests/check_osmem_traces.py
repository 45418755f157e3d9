#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the built osmem where no other program is recorded: help, wrong usage, convert, check, generate, man pages,
completions."""
import gzip
import json
import os
import re
import resource
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree
from pathlib import Path

from cases import case, finish, skip, until_interruptible

ROOT = Path(__file__).resolve().parent.parent
OSMEM = Path(os.environ.get('OSM_BUILD', ROOT / 'build')).resolve() / 'bin/osmem'
TRACES = ROOT / 'tests/traces'
COMMANDS = re.findall(r'^COMMAND\((\w+)\)', (ROOT / 'tools/osmem/commands.def').read_text(encoding='utf-8'), flags=re.M)
TEXT = """s 1 main+0x10;_start+0x1
t 1 1000
a 5 100 @1
c 6 10 20
t 2 2500
m 7 64 5
r 5 200
r 6 300 8
f 8
f 5
a 5 0
"""


def run(*arguments, **options):
    """Run osmem; text in, text out."""
    return subprocess.run([str(word) for word in (OSMEM, *arguments)], **{
        'stdin': subprocess.DEVNULL, 'capture_output': True, 'text': True, 'timeout': 120, 'check': False, **options})


def said(done):
    """What a run left, for a message."""
    return f'status {done.returncode}\n{(done.stdout or "")[-2000:]}\n{(done.stderr or "")[-2000:]}'


# ---- The frame

def check_help():
    """Every command tells what it does, in each way it can be asked; every option has a text."""
    done = run('help')
    case('osmem help lists every command', done.returncode == 0 and
         all(re.search(rf'^    {name} ', done.stdout, flags=re.M) for name in COMMANDS), said(done))
    case('osmem alone lists them, and that is wrong usage', run().returncode == 2 and run().stdout == done.stdout)
    for name in COMMANDS:
        texts = {run('help', name).stdout, run(name, '--help').stdout, run(name, '-h').stdout}
        text = texts.pop()
        case(f'osmem help {name}, {name} --help and -h say the same', not texts and text.startswith(f'osmem {name}: '))
        case(f'the help of {name} fits a terminal', all(
            len(line) <= 80 for line in text.partition('\nExamples:')[0].splitlines()), text)
    done = run('--version')
    case('osmem --version', re.fullmatch(r'osmem \d+\.\d+\.\d+\n', done.stdout) and done.returncode == 0, said(done))


def check_usage():
    """Whatever is wrong is told in one line that names it; the status is 2."""
    for arguments, told in (
            (['convrt'], "osmem: there is no command 'convrt'; did you mean 'convert'?"),
            (['zzzzzzzz'], "osmem: there is no command 'zzzzzzzz'; `osmem help` lists all"),
            (['help', 'chekc'], "osmem: there is no command 'chekc'; did you mean 'check'?"),
            (['completion', 'tcsh'], 'osmem: completion takes a shell: bash, zsh or fish'),
            (['convert', '--frm=text', 'a', 'b'], 'osmem convert: there is no option --frm; did you mean --form?'),
            (['convert', '-x', 'a', 'b'], 'osmem convert: there is no option -x; `osmem convert --help` lists all'),
            (['convert', 'a', 'b', '--form'], 'osmem convert: --form takes a value: --form=FORM'),
            (['convert', '--renumber=1', 'a', 'b'], 'osmem convert: --renumber takes no value'),
            (['convert', '--form=txt', 'a', 'b'],
             'osmem convert: --form=txt: it is one of text, binary, rep; did you mean text?'),
            (['check', 'a', '--bogus'], 'osmem check: there is no option --bogus; `osmem check --help` lists all'),
            (['check', 'a', 'b', '--plto=5', 'c'], 'osmem check: there is no option --plto; did you mean --plot?'),
            (['check', 'a', '--leaks=5'], 'osmem check: --leaks takes no value'),
            (['check', 'a', '--help=5'], 'osmem check: --help takes no value'),
            (['check', 'a', '-lxj'], 'osmem check: there is no option -x; `osmem check --help` lists all'),
            (['check', 'a', '-lj', '-lx', 'b'], 'osmem check: there is no option -x; `osmem check --help` lists all'),
            (['check', 'a', '-lt'], 'osmem check: --top takes a value: --top=N'),
            (['generate', 'a', '--l=5'], 'osmem generate: --l may be --like, --live, --least: which one?'),
            (['generate', 'a', '--he=5'], 'osmem generate: --he may be --header, --help: which one?'),
            (['convert', 'a'], 'osmem convert: something is missing; usage: osmem convert [OPTION...] FILE OUT'),
            (['convert', 'a', 'b', 'c'], "osmem convert: 'c' is too much"),
            (['check', '--top=x', 'a'], 'osmem check: --top=x: a number is wanted'),
            (['check', '--top=-1', 'a'], 'osmem check: --top=-1: a number is wanted'),
            (['check', '--top=99999999999999999999', 'a'], 'osmem check: --top=99999999999999999999: a number is wanted'),
            (['check', '--plot=x', 'a', 'b'], 'osmem check: --plot takes one trace'),
            (['generate', 'x'], 'osmem generate: --model is missing'),
            (['generate', '--model=ramp', '--most=1T', 'x'], 'osmem generate: --most=1T: a number of bytes is wanted'),
            (['generate', '--model=ramp', '--most=99999999999999999G', 'x'],
             'osmem generate: --most=99999999999999999G: the number is too large'),
            (['generate', '--model=ramp', '--least=9', '--most=8', 'x'], 'osmem generate: --least is at least 1'),
            (['generate', '--model=fitted', 'x'], 'osmem generate: --model=fitted takes --like=TRACE'),
            (['generate', '--model=peak', '--like=y', 'x'], 'osmem generate: --like is for --model=fitted'),
            (['generate', '--model=robson-best-fit', '--header=64', 'x'], 'osmem generate: --header is at most 63'),
            (['generate', '--model=robson-best-fit', '--live=2K', '--most=1K', 'x'],
             'osmem generate: --live is at least three times --most'),
            (['generate', '--model=ramp', '--live=3', 'x'], 'osmem generate: --live is not for --model=ramp'),
            (['generate', '--model=peak', '--header=9', 'x'], 'osmem generate: --header is not for --model=peak'),
            (['generate', '--model=fitted', '--like=y', '--most=9', 'x'], 'osmem generate: --most is not for --model=fitted'),
            (['generate', '--model=robson-first-fit', '--blocks=9', 'x'],
             'osmem generate: --blocks is not for --model=robson-first-fit'),
            *((['generate', f'--model={model}', '--least=1G', '--most=4611686018427387903', 'x'],
               'osmem generate: so many blocks of --most bytes are more than an address space')
              for model in ('ramp', 'peak', 'plateau', 'fifty-percent')),
            (['record'], 'osmem record: something is missing')):
        done = run(*arguments)
        case(f'osmem {" ".join(arguments)}', done.returncode == 2 and not done.stdout and done.stderr.startswith(told) and
             done.stderr.count('\n') == 1, said(done))


def check_failures(folder):
    """Bad files name line or byte and reason; what cannot be written is told."""
    (folder / 'bad').write_text('a 1 5\n# c\nf 2\n', encoding='utf-8')
    (folder / 'cut.gz').write_bytes((TRACES / 'gitlog.rep.gz').read_bytes()[:5000])
    (folder / 'cut.osmt').write_bytes(b'\x89OSMT\x01\r\n\x10\x02')
    for name, status, told in (
            ('bad', 3, r'osmem convert: bad:3: block 2 is not live'),
            ('cut.gz', 3, r'osmem convert: cut\.gz:\d+: the compressed data ends early'),
            ('cut.osmt', 3, r'osmem convert: cut\.osmt: byte 10: the trace ends within a record'),
            ('none', 3, r'osmem convert: none: No such file or directory'),
            ('.', 3, r'osmem convert: \.: Is a directory')):
        done = run('convert', name, 'out', cwd=folder)
        case(f'osmem convert {name}: {told}', done.returncode == status and re.fullmatch(told + '\n', done.stderr) and
             not list(folder.glob('out*')), said(done))
    done = run('convert', TRACES / 'gitlog.rep.gz', 'no/such/folder', cwd=folder)
    case('an output that cannot be made', done.returncode == 4 and
         done.stderr == 'osmem convert: no/such/folder: No such file or directory\n', said(done))
    with open('/dev/full', 'w', encoding='utf-8') as full:
        done = run('convert', TRACES / 'gitlog.rep.gz', '-', stdout=full, stderr=subprocess.PIPE, capture_output=False)
        case('an output that is full', done.returncode == 4 and 'No space left on device' in done.stderr, said(done))
        done = run('check', TRACES / 'gitlog.rep.gz', stdout=full, stderr=subprocess.PIPE, capture_output=False)
        case('a table into what is full', done.returncode == 4 and 'standard output: No space left' in done.stderr, said(done))


def check_interrupt(folder):
    """Ctrl-C on a long conversion: no half a file is left."""
    done = run('generate', '--model=ramp', '--blocks=500000', '--most=16', 'long.osmt', cwd=folder)
    case('a long trace to be interrupted', done.returncode == 0, said(done))
    with subprocess.Popen([OSMEM, 'convert', 'long.osmt', 'long.gz'], cwd=folder, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 20
        while not (folder / 'long.gz.part').exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read()
    case('Ctrl-C ends with 130 and leaves no half a file', process.returncode == 130 and
         errors == b'osmem convert: interrupted\n' and not list(folder.glob('long.gz*')), (process.returncode, errors))


def check_interrupt_blocked(folder):
    """Ctrl-C while a pipe is waited for, at once and after some bytes: it is not waited out."""
    os.mkfifo(folder / 'silent')
    first = gzip.compress(b'a 1 2\n')[:12]
    for name, arguments, given in (
            ('standard input', ['convert', '-', 'out.osmt'], b''), ('text', ['convert', '-', 'out.rep.gz'], b'a 1 2\na 2 3\n'),
            ('gzip', ['convert', '-', 'out.zst'], first), ('a check', ['check', '-'], b'a 1 2\n'),
            ('a named pipe', ['convert', 'silent', 'out'], None), ('an output', ['generate', '--model=ramp', 'silent'], None),
            ('a full pipe', ['generate', '--model=ramp', '-'], None)):
        for number in (signal.SIGINT, signal.SIGTERM) if given == b'' else (signal.SIGINT,):
            with subprocess.Popen([OSMEM, *arguments], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as process:
                if given:
                    process.stdin.write(given)
                    process.stdin.flush()
                until_interruptible(process)
                process.send_signal(number)
                try:
                    status = process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    status = 'waits'
                errors = process.stderr.read()
            case(f'{number.name} while it waits for {name}', status == 130 and not list(folder.glob('out*')) and
                 errors == f'osmem {arguments[0]}: interrupted\n'.encode(), (status, errors))
            for path in folder.glob('out*'):
                path.unlink()


def check_rep_is_packed_as_it_is_read(folder):
    """The numbers at the head of rep are known at the end only: progress and Ctrl-C do not wait for that."""
    terminal, other = os.openpty()
    begin, shown = time.monotonic(), 0
    with subprocess.Popen([OSMEM, 'convert', 'long.osmt', 'progress.rep.gz'], cwd=folder, stderr=other) as process:
        os.close(other)
        while select.select([terminal], [], [], 60)[0]:
            try:
                shown = time.monotonic() if b'%' in os.read(terminal, 65536) else shown
            except OSError:
                break
    os.close(terminal)
    took = time.monotonic() - begin
    case('progress is shown as long as it takes', shown - begin > took / 2, (shown - begin, took))
    with subprocess.Popen([OSMEM, 'convert', 'long.osmt', 'stopped.rep.gz'], cwd=folder, stderr=subprocess.PIPE) as process:
        time.sleep(took / 4)
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read()
    case('Ctrl-C in the midst of it leaves no file', process.returncode == 130 and
         errors == b'osmem convert: interrupted\n' and not list(folder.glob('stopped*')), (process.returncode, errors))


def check_progress(folder):
    """A line on a terminal, none elsewhere."""
    terminal, other = os.openpty()
    done = run('convert', 'long.osmt', 'progress.zst', cwd=folder, capture_output=False, stderr=other)
    os.close(other)
    seen = os.read(terminal, 65536).decode()
    os.close(terminal)
    case('progress is shown on a terminal and taken away', done.returncode == 0 and
         re.search(r'long\.osmt: reading \d+%', seen) and seen.endswith('\r\033[K'), repr(seen[-300:]))
    done = run('convert', 'long.osmt', 'progress.zst', cwd=folder)
    case('and nowhere else', done.returncode == 0 and not done.stderr and not done.stdout, said(done))
    (folder / 'long.osmt').unlink()


# ---- convert

def check_convert(folder):
    """All forms into each other, through files and pipes."""
    (folder / 'text').write_text(TEXT, encoding='utf-8')
    names = [form + packing for form in ('all', 'all.osmt') for packing in ('', '.gz', '.zst')]
    before = 'text'
    for name in names:
        done = run('convert', before, name, cwd=folder)
        back = run('convert', name, '-', cwd=folder)
        case(f'{before} to {name} and to text is the same', done.returncode == back.returncode == 0 and back.stdout == TEXT,
             said(done) + said(back))
        before = name
    for trace in (TRACES / 'gitlog.rep.gz', TRACES / 'jq.rep.gz'):
        run('convert', trace, 'one.osmt.zst', cwd=folder)
        done = run('convert', 'one.osmt.zst', 'back.rep.gz', cwd=folder)
        with gzip.open(trace) as first, gzip.open(folder / 'back.rep.gz') as second:
            case(f'{trace.name} to binary and back to rep is the same', done.returncode == 0 and first.read() == second.read(),
                 said(done))
    with open(folder / 'all.osmt.zst', 'rb') as file:
        done = run('convert', '-', '-', stdin=file)
    case('from a pipe into a pipe', done.stdout == TEXT, said(done))
    done = run('convert', '--form=binary', '--compress=gzip', 'text', 'odd', cwd=folder)
    case('options stand above the name', done.returncode == 0 and
         gzip.open(folder / 'odd').read()[:5] == b'\x89OSMT', said(done))
    done = run('convert', '-n', 'text', '-', cwd=folder)
    case('--renumber numbers blocks by birth', re.findall(r'^[acmrf] (\d+)', done.stdout, flags=re.M) == list('01201103'),
         said(done))
    first, second = (run('convert', 'text', name, cwd=folder) and (folder / name).read_bytes() for name in ('1.gz', '2.gz'))
    case('the same trace gives the same bytes', first == second)


def from_fifo(name, *arguments, cwd):
    """What a run writes into a named pipe, which has to be one still; the reader ends by itself if none writes."""
    path = cwd / name
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    done = run(*arguments, cwd=cwd)
    text = os.read(reader, 65536) if stat.S_ISFIFO(path.stat().st_mode) else b''
    os.close(reader)
    return done, text


def check_outputs(folder):
    """What is there and no regular file stays what it is, and so do files of others."""
    (folder / 'text').write_text(TEXT, encoding='utf-8')
    done, text = from_fifo('fifo', 'convert', 'text', 'fifo', cwd=folder)
    case('into a named pipe', done.returncode == 0 and text == TEXT.encode(), said(done))
    if shutil.which('gnuplot'):
        (folder / 'lives').write_text('a 1 100\na 2 50\nf 1\nf 2\n', encoding='utf-8')
        done, text = from_fifo('plot', 'check', '--plot=plot', 'lives', cwd=folder)
        case('a plot into a named pipe', done.returncode == 0 and text.endswith(b'</svg>\n'), said(done))
    try:
        os.mknod(folder / 'null', 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        done = run('convert', 'text', 'null', cwd=folder)
        case('a device stays one', done.returncode in (0, 4) and stat.S_ISCHR((folder / 'null').stat().st_mode), said(done))
    except PermissionError:
        skip('a device stays one', 'only root makes one')
    (folder / 'beside').mkdir()
    (folder / 'beside/target').write_text('old', encoding='utf-8')
    (folder / 'link').symlink_to('beside/second')
    (folder / 'beside/second').symlink_to('target')
    (folder / 'dangling').symlink_to(folder / 'beside/new')
    for link, target in (('link', 'target'), ('dangling', 'new')):
        done = run('convert', 'text', link, cwd=folder)
        case(f'a link stays one, what it leads to is written: {link}', done.returncode == 0 and
             (folder / link).is_symlink() and (folder / 'beside' / target).read_text(encoding='utf-8') == TEXT, said(done))
    (folder / 'circle').symlink_to('circle')
    done = run('convert', 'text', 'circle', cwd=folder)
    case('a link to itself', done.returncode == 4 and 'circle: Too many levels of symbolic links' in done.stderr, said(done))
    done = run('convert', 'text', 'beside', cwd=folder)
    case('a folder', done.returncode == 4 and 'beside: Is a directory' in done.stderr, said(done))
    for name in ('mine.part', 'mine.part-1'):
        (folder / name).write_text('mine', encoding='utf-8')
    done = run('convert', 'text', 'mine', cwd=folder, umask=0o027)
    case('files of others beside it are left alone', done.returncode == 0 and
         [path.read_text(encoding='utf-8') for path in sorted(folder.glob('mine*'))] == [TEXT, 'mine', 'mine'], said(done))
    case('who may read it says the umask', stat.S_IMODE((folder / 'mine').stat().st_mode) == 0o640)


def check_memory(folder):
    """A trace may be longer than memory: what is read, checked and written in 48 MiB would not fit there."""
    if os.environ.get('OSM_SANITIZE', 'none') != 'none':
        skip('a long trace in little memory', 'a sanitizer takes memory of its own')
        return
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (48 << 20, 48 << 20))
    blocks = 20000000 if os.environ.get('OSM_SLOW') == '1' else 500000
    for arguments in (['generate', '--model=plateau', f'--blocks={blocks}', 'wide.osmt'], ['check', 'wide.osmt'],
                      ['convert', '--renumber', 'wide.osmt', 'wide.zst']):
        done = run(*arguments, cwd=folder, preexec_fn=limit, timeout=600)
        case(f'{arguments[0]}: {2 * blocks} operations in 48 MiB', done.returncode == 0, said(done))
    for path in folder.glob('wide*'):
        path.unlink()


# ---- check

def check_check(folder):
    """What is in a trace, mistakes, statuses."""
    (folder / 'odd').write_text('a 1 5\nf 1\nf 1\nf 9\na 2 3\na 2 4\nr 8 9\na 1 70\nr 1 10\nf 1\nr 1 3\n', encoding='utf-8')
    done = run('check', 'odd', cwd=folder)
    case('mistakes have names and places', done.returncode == 1 and done.stdout.endswith("""
5 operations make no sense:
  line 3: double free: block 1, freed by operation 2, this is 3
  line 4: free of what is not a block: block 9
  line 6: a block that is live is allocated again: block 2
  line 7: realloc of what is not a block: block 8
  line 11: realloc of a freed block: block 1, freed by operation 10, this is 11
"""), said(done))
    (folder / 'moved').write_text('a 0 8\na 1 8\nr 0 16 1\nr 0 16 2\nf 0\nr 0 9\nf 1\na 1 5\na 1 6\n', encoding='utf-8')
    done = run('check', 'moved', cwd=folder)
    case('mistakes by a realloc, and after one that moved the block', done.returncode == 1 and done.stdout.endswith("""
4 operations make no sense:
  line 3: a realloc gives a block that is live: block 1
  line 5: free of what a realloc gave up: block 0, moved by operation 4, this is 5
  line 6: realloc of what a realloc gave up: block 0, moved by operation 4, this is 6
  line 9: a block that is live is allocated again: block 1
"""), said(done))
    figures = json.loads(run('check', '--json', 'odd', cwd=folder).stdout)
    expected = {'operations': 6, 'malloc': 3, 'realloc': 1, 'free': 2, 'blocks': 3, 'bytes': 78, 'peak_bytes': 73,
                'kept_blocks': 1, 'kept_bytes': 3, 'mistakes': 5, 'peak_blocks': 2, 'threads': 0, 'sites': 0}
    case('and figures', {key: figures[key] for key in expected} == expected, figures)
    (folder / 'lives').write_text('a 1 100\na 2 50\nf 1\na 3 7\nr 3 9\nf 2\nf 3\n', encoding='utf-8')
    figures = json.loads(run('check', '--json', 'lives', cwd=folder).stdout)
    # 1 lives while 50 bytes are allocated; 2 while 7 and 2 more are; 3 grows by 2 itself
    case('lifetimes are bytes allocated meanwhile', (figures['lifetime_half'], figures['lifetime_nine_tenths']) == (9, 50),
         figures)
    case('nothing wrong is 0', run('check', 'lives', cwd=folder).returncode == 0)
    case('nor is a leak', run('check', TRACES / 'cc1.rep.gz').returncode == 0)
    case('unless --leaks', run('check', '--leaks', TRACES / 'cc1.rep.gz').returncode == 1)
    large = (1 << 63) - 1
    (folder / 'large').write_text(''.join(f'm {i} 8 {large}\nf {i}\n' for i in range(3)), encoding='utf-8')
    told, figures = run('check', 'large', cwd=folder).stdout, json.loads(run('check', '--json', 'large', cwd=folder).stdout)
    case('a sum of bytes that is more than the largest number', '16 EiB or more in all, at most 8 EiB' in told and
         figures['bytes'] == (1 << 64) - 1, said(run('check', 'large', cwd=folder)))
    case('operations without a malloc', 'operations      6: aligned 3, free 3\n' in told, told)
    (folder / 'threads').write_text('t 7 0\na 1 1\nt 1000 0\na 2 1\nt 7 0\nf 2\nt 9 0\n', encoding='utf-8')
    told, figures = run('check', 'threads', cwd=folder).stdout, json.loads(run('check', '--json', 'threads', cwd=folder).stdout)
    case('threads that call are counted', '  threads         2\n' in told and figures['threads'] == 2, told)
    odd = os.fsdecode(b'caf\xe9"\n.rep')
    (folder / odd).write_text('a 1 1\n', encoding='utf-8')
    figures = json.loads(run('check', '--json', odd, cwd=folder).stdout)
    case('JSON of a file whose name is no UTF-8', figures['file'] == 'caf\ufffd"\n.rep', figures)
    figures = json.loads(run('replay', '--json', odd, cwd=folder).stdout)
    case('and of a replay of it', figures['traces'][0]['name'] == 'caf\ufffd"\n', figures)
    (folder / 'empty').write_text('', encoding='utf-8')
    case('an empty trace is sane', run('check', 'empty', cwd=folder).returncode == 0)
    done = run('check', 'empty', 'none', 'odd', cwd=folder)
    case('of several the worst counts, and all are told', done.returncode == 3 and 'none: No such file' in done.stderr and
         'double free' in done.stdout, said(done))
    for name in ('gitlog', 'sqlite'):
        with gzip.open(TRACES / f'{name}.rep.gz', 'rt') as file:
            _, blocks, operations, peak = [int(next(file)) for _ in range(4)]
        figures = json.loads(run('check', '--json', TRACES / f'{name}.rep.gz').stdout)
        case(f'{name}: the figures at its head', (figures['blocks'], figures['operations'], figures['peak_bytes']) ==
             (blocks, operations, peak), figures)
        case(f'{name}: classes add up', sum(row['blocks'] for row in figures['classes']) == blocks and
             sum(row['kept'] for row in figures['classes']) == figures['kept_blocks'], figures)


def check_frames(folder):
    """Call sites are decoded, and what is behind their last +0x is an offset."""
    (folder / 'sites').write_text('s 1 /no/li%20b%c3%a9%2b%2b+0x12;operator+;a+0x1+0x1f\na 0 1 @1\n', encoding='utf-8')
    told = run('check', 'sites', cwd=folder).stdout
    case('frames of modules that are not there', '  li bé+++0x12 < operator+ < a+0x1+0x1f\n' in told, told)


def check_control(folder):
    """What a trace or a file's name has in it neither ends a line nor steers a terminal."""
    name = 'na\033[31mme\nx'
    (folder / name).write_text('s 1 foo%1b[31mRED%0aline2%c2%9b\na 0 1 @1\nf 9 @1\n', encoding='utf-8')
    shown = 'na?[31mme?x'
    done = run('check', name, cwd=folder)
    case('check shows no control character', done.stdout.startswith(shown + '\n') and '\033' not in done.stdout and
         done.stdout.count('foo?[31mRED?line2??\n') == 3, said(done))
    done = run('convert', name, 'out', cwd=folder)
    case('nor does a message', done.stderr == f'osmem convert: {shown}:3: block 9 is not live\n', said(done))
    (folder / name).write_text('a 0 1\nf 0\n', encoding='utf-8')
    for arguments in (['replay'], ['compare', '-n', '-s', '-x', '-p', 'best-fit'], ['map', '-b', 'mock']):
        done = run(*arguments, name, cwd=folder)
        case(f'nor does {arguments[0]}', done.returncode == 0 and done.stdout.startswith(shown) and '\033' not in done.stdout,
             said(done))
    (folder / name).unlink()


def check_plot(folder):
    """The plot is SVG with fields; without gnuplot it is told."""
    if not shutil.which('gnuplot'):
        skip('the size-lifetime plot', 'there is no gnuplot')
        return
    done = run('check', '--plot=lives.svg', TRACES / 'gitlog.rep.gz', cwd=folder)
    case('--plot draws', done.returncode == 0 and not done.stderr and 'bytes allocated while it lived' in
         ''.join(xml.etree.ElementTree.parse(folder / 'lives.svg').getroot().itertext()), said(done))
    done = run('check', '--plot=no/lives.svg', TRACES / 'gitlog.rep.gz', cwd=folder)
    case('a plot that cannot be written', done.returncode == 4 and 'no/lives.svg: No such file' in done.stderr, said(done))
    done = run('check', '--plot=x.svg', TRACES / 'gitlog.rep.gz', cwd=folder, env={'PATH': '/nowhere'})
    case('without gnuplot', done.returncode == 4 and 'gnuplot-nox' in done.stderr and not (folder / 'x.svg').exists(),
         said(done))


# ---- generate

def figures_of(folder, name):
    """What `osmem check` says of a trace; it has to be sane."""
    done = run('check', '--json', name, cwd=folder)
    case(f'{name} is sane', done.returncode == 0, said(done))
    return json.loads(done.stdout)


def generate(folder, model, name, *options):
    """Make a trace; its figures."""
    done = run('generate', f'--model={model}', *options, name, cwd=folder)
    case(f'generate {model} {" ".join(map(str, options))}', done.returncode == 0 and not done.stderr, said(done))
    return figures_of(folder, name)


def check_models(folder):
    """Each model is what it says."""
    figures = generate(folder, 'ramp', 'ramp', '--blocks=20000', '--least=8', '--most=1000')
    case('ramp: what is kept is three quarters, and the peak is at the end', abs(figures['kept_blocks'] / 20000 - 0.75) < 0.02
         and figures['peak_bytes'] - figures['kept_bytes'] < 2000, figures)
    case('sizes are within bounds', min(row['from'] for row in figures['classes']) == 8 and
         max(row['from'] for row in figures['classes']) == 512, figures)
    figures = generate(folder, 'peak', 'peak', '--blocks=20000')
    case('peak: each tenth is kept by a twentieth', figures['kept_blocks'] == 10 * 100 and
         2000 <= figures['peak_blocks'] <= 3000, figures)
    for blocks in (0, 9, 105):
        figures = generate(folder, 'peak', 'few', f'--blocks={blocks}')
        case(f'peak: {blocks} blocks are {blocks}', figures['blocks'] == blocks, figures)
    generate(folder, 'plateau', 'large', '--blocks=9', '--live=2', '--least=1G', '--most=4611686018427387903')
    figures = generate(folder, 'plateau', 'plateau', '--blocks=20000', '--live=3000')
    case('plateau: so many are live, and nothing in the end', (figures['peak_blocks'], figures['kept_blocks'],
         figures['free']) == (3000, 0, 20000), figures)
    figures = generate(folder, 'fifty-percent', 'fifty', '--blocks=20000', '--live=500')
    case('fifty-percent: it ends in its equilibrium', (figures['peak_blocks'], figures['kept_blocks']) == (500, 500), figures)
    figures = generate(folder, 'robson-first-fit', 'worst-first', '--live=64K', '--most=1K')
    case('first fit: never more live than asked for', figures['peak_bytes'] <= 65536 - 8 * figures['kept_blocks'], figures)
    figures = generate(folder, 'robson-best-fit', 'worst-best', '--live=64K', '--most=4K')
    case('best fit: never more live than asked for', 60000 < figures['peak_bytes'] <= 65536, figures)
    first, again, other = (run('generate', '--model=plateau', '--blocks=5000', f'--seed={seed}', '-').stdout
                           for seed in (7, 7, 8))
    case('the same seed is the same trace, another is another', first == again and first != other and first)


def check_fitted(folder):
    """Sizes and lifetimes as in the trace: shares of blocks, of bytes, of what is kept."""
    like = figures_of(folder, TRACES / 'cc1.rep.gz')
    made = generate(folder, 'fitted', 'fitted.osmt', f'--like={TRACES / "cc1.rep.gz"}')
    case('as many blocks', made['blocks'] == like['blocks'], made)
    far = max(abs(a - b) for a, b in zip(shares(like, 'blocks'), shares(made, 'blocks')))
    case('the share of each power of two is within half a percent of all', far < 0.005, far)
    for key, most in (('kept_blocks', 0.05), ('realloc', 0.25), ('bytes', 0.1), ('peak_blocks', 0.05), ('free', 0.01)):
        case(f'{key} is within {most:.0%}', abs(made[key] / like[key] - 1) < most, (made[key], like[key]))
    longer = generate(folder, 'fitted', 'longer.osmt', f'--like={TRACES / "gitlog.rep.gz"}', '--blocks=100000')
    case('as long as is asked for', longer['blocks'] == 100000, longer)
    (folder / 'huge').write_text('a 0 4611686018427387903\nf 0\na 1 4611686018427387903\n', encoding='utf-8')
    done = run('generate', '--model=fitted', '--like=huge', '--blocks=99', 'out', cwd=folder)
    case('a trace whose blocks would not fit together', done.returncode == 4 and 'huge: blocks like these' in done.stderr and
         not list(folder.glob('out*')), said(done))
    done = run('generate', '--model=fitted', '--like=bad', 'out', cwd=folder)
    case('a bad trace to be like', done.returncode == 3 and 'bad:3: block 2 is not live' in done.stderr and
         not list(folder.glob('out*')), said(done))


def shares(figures, key):
    """Which part of all each power of two has."""
    rows = {row['from']: row[key] for row in figures['classes']}
    return [rows.get(0, 0) / figures['blocks'], *(rows.get(1 << i, 0) / figures['blocks'] for i in range(40))]


# ---- Man pages and completions

def check_man(folder):
    """Each page is good troff and has every option."""
    for name in [None, *COMMANDS]:
        page = run('help', '--man', *([name] if name else [])).stdout
        wanted = re.findall(r'^    (?:-\S, )?(--[\w-]+)', run('help', *([name] if name else [])).stdout, flags=re.M)
        if not shutil.which('groff'):
            skip(f'the man page of {name}', 'there is no groff')
            continue
        done = subprocess.run(['groff', '-man', '-ww', '-Tascii', '-P-c'], input=page, capture_output=True, text=True,
                              check=False)
        lost = [option for option in wanted if option not in re.sub(r'.\x08', '', done.stdout)]
        case(f'the man page of osmem {name or ""}', done.returncode == 0 and not done.stderr and not lost, said(done) + str(lost))


BASH = """
source {script}
COMP_WORDS=({words}) COMP_CWORD={at}
_osmem
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def check_completions(folder):
    """What shells propose."""
    for shell in ('bash', 'zsh', 'fish'):
        (folder / f'osmem.{shell}').write_text(run('completion', shell).stdout, encoding='utf-8')
        if not shutil.which(shell):
            skip(f'completion in {shell}', f'there is no {shell}')
            continue
        done = subprocess.run([shell, '-n', folder / f'osmem.{shell}'], capture_output=True, text=True, check=False)
        case(f'the completion is good {shell}', done.returncode == 0 and not done.stderr, said(done))
    for words, at, proposed in (('osmem con', 1, {'convert'}), ('osmem convert --fo', 2, {'--form='}),
                                ('osmem convert --form = b', 4, {'binary'}), ('osmem convert --form =', 3, {'text', 'binary', 'rep'}),
                                ('osmem check od', 2, {'odd'})):
        script = BASH.format(script=folder / 'osmem.bash', words=words, at=at)
        done = subprocess.run(['bash', '-c', script], capture_output=True, text=True, cwd=folder, check=False)
        case(f'bash: {words}', set(done.stdout.split()) == proposed, said(done))
    if shutil.which('fish'):
        for line, proposed in (('osmem con', {'convert'}), ('osmem convert --form=b', {'--form=binary'})):
            command = f'source {folder}/osmem.fish; complete -C "{line}"'
            done = subprocess.run(['fish', '-N', '-c', command], capture_output=True, text=True, cwd=folder,
                                  env={**os.environ, 'HOME': str(folder)}, check=False)
            case(f'fish: {line}', {word.split('\t')[0] for word in done.stdout.splitlines()} == proposed, said(done))


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        check_help()
        check_usage()
        check_failures(folder)
        check_interrupt(folder)
        check_interrupt_blocked(folder)
        check_rep_is_packed_as_it_is_read(folder)
        check_progress(folder)
        check_convert(folder)
        check_outputs(folder)
        check_memory(folder)
        check_check(folder)
        check_frames(folder)
        check_control(folder)
        check_plot(folder)
        check_models(folder)
        check_fitted(folder)
        check_man(folder)
        check_completions(folder)
    finish()


if __name__ == '__main__':
    sys.dont_write_bytecode = True
    main()
