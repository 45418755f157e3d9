#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Records programs with the built osmem: what is in the trace, whatever ends the program; real programs, small."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True  # the tree stays as it is
from cases import case, finish, skip  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / 'tests/traces'))
import make  # noqa: E402

BUILD = Path(os.environ.get('OSM_BUILD', ROOT / 'build')).resolve()
OSMEM = BUILD / 'bin/osmem'
PLAIN = BUILD / 'bin/dropin/plain'
PYTHON = '/usr/bin/python3'
HAS_REPLAY = '(replay)' in (ROOT / 'tools/osmem/commands.def').read_text(encoding='utf-8')


def run(*arguments, **options):
    """Run osmem."""
    return subprocess.run([str(word) for word in (OSMEM, *arguments)], **{
        'stdin': subprocess.DEVNULL, 'capture_output': True, 'text': True, 'timeout': 120, 'check': False, **options})


def said(done):
    """What a run left, for a message."""
    return f'status {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}'


def text_of(path):
    """A trace as text; empty if it cannot be read."""
    return run('convert', path, '-').stdout


def figures_of(path):
    """What `osmem check` says of it."""
    return json.loads(run('check', '--json', path).stdout or '{}')


def check_plain(folder):
    """A program that asks for 2000 bytes twice."""
    done = run('record', '-o', 'plain.osmt.gz', '--', PLAIN, cwd=folder)
    text = text_of(folder / 'plain.osmt.gz')
    case('a recording does not show in the output', done.returncode == 0 and done.stdout == 'works\n', said(done))
    case('it has what the program asked for', len(re.findall(r'^a \d+ 2000$', text, flags=re.M)) == 2, text)
    case('blocks are numbered by birth', re.findall(r'^[acm] (\d+)', text, flags=re.M) ==
         [str(i) for i in range(len(re.findall('^[acm]', text, flags=re.M)))], text)
    case('what was recorded is told', re.fullmatch(r'osmem record: the program: [\d,]+ operations of 1 thread, .*\n', done.stderr),
         done.stderr)
    case('nothing else is left', [path.name for path in folder.iterdir()] == ['plain.osmt.gz'], list(folder.iterdir()))
    done = run('record', '--quiet', '--format=text', '-o', 'odd', PLAIN, cwd=folder)
    case('--quiet and --format', not done.stderr and
         re.search(r'^a \d+ 2000$', (folder / 'odd').read_text(encoding='ascii'), flags=re.M), said(done))
    done = run('record', '--cost', '-o', 'x.osmt', PLAIN, cwd=folder)
    case('--cost runs twice and tells', done.stdout == 'works\nworks\n' and
         re.search(r'recording took \d+ ns an operation', done.stderr), said(done))
    done = run('record', '--stack', '-o', 'stack.osmt', PLAIN, cwd=folder)
    told = run('check', folder / 'stack.osmt').stdout
    case('--stack tells who called', done.returncode == 0 and 
         len(re.findall(r'^ +1 +1\.95 KiB  main \(plain\.c:\d+\) < ', told, flags=re.M)) == 2, told)
    odd = folder / 'one é+0x2 two%41'
    odd.mkdir()
    shutil.copy(PLAIN, odd / 'plain')
    run('record', '--stack', '-o', 'odd.osmt', odd / 'plain', cwd=folder)
    told = run('check', folder / 'odd.osmt').stdout
    case('also of a program whose path has odd bytes', len(re.findall(r'  main \(plain\.c:\d+\) < ', told)) >= 2, told)


def check_ends(folder):
    """The program's own end is passed on, and what it did until then is there."""
    for what, script, status in (('its exit status', 'exit 7', 7), ('a signal', 'kill -SEGV $$', 128 + signal.SIGSEGV),
                                 ('even the last one', 'kill -KILL $$', 128 + signal.SIGKILL)):
        done = run('record', '-o', 'end.osmt', '--', 'bash', '-c', script, cwd=folder)
        figures = figures_of(folder / 'end.osmt')
        case(f'{what} is passed on, with a whole trace', done.returncode == status and figures.get('blocks', 0) > 100,
             said(done) + str(figures))
    for command, status in ((['no-such-program'], 127), ([folder], 126)):
        done = run('record', '-o', 'none.osmt', '--', *command, cwd=folder)
        case(f'{status} where there is no program', done.returncode == status and not (folder / 'none.osmt').exists(),
             said(done))
    (folder / 'static.c').write_text('int main(void) { return 0; }', encoding='utf-8')
    subprocess.run(['gcc', '-static', 'static.c', '-o', 'static'], cwd=folder, check=True)
    done = run('record', '-o', 'none.osmt', './static', cwd=folder)
    case('a static program is told', done.returncode == 4 and 'nothing was recorded' in done.stderr, said(done))
    done = run('record', '-o', 'no/such/x.osmt', PLAIN, cwd=folder)
    case('a folder that is not there is told', done.returncode == 4, said(done))
    done = run('record', '-o', 'double.osmt', PLAIN, 'double', cwd=folder)
    told = run('check', folder / 'double.osmt')
    case("the program's double free is in its trace", done.returncode == 128 + signal.SIGABRT and
         'was not a live block' in done.stderr and told.returncode == 1 and ': double free: block' in told.stdout,
         said(done) + said(told))
    (folder / 'stale.c').write_text(STALE, encoding='utf-8')
    subprocess.run(['gcc', 'stale.c', '-o', 'stale'], cwd=folder, check=True)
    run('record', '-o', 'stale.osmt', './stale', cwd=folder)
    told = run('check', folder / 'stale.osmt')
    case('and so is its free of what a realloc moved', told.returncode == 1 and
         re.search(r': free of what a realloc gave up: block \d+, moved by operation', told.stdout), said(told))


# Asks for enough to fill more than the two megabytes that a file of it may have; python ignores the signal.
LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 21, 1 << 21))
for n in range(400000): bytes(700)
"""

STUBBORN = """
import signal, sys, time
seen = []
signal.signal(signal.SIGINT, lambda *_: seen.append(1))
print('ready', flush=True)
while len(seen) < 2: time.sleep(0.01)
"""


def check_nothing_is_lost(folder):
    """What was recorded is there whatever comes, and what is not the recorder's is left alone."""
    (folder / 'away').mkdir()
    notes = folder / 'away.osmt.raw-notes'
    notes.write_text('my notes', encoding='utf-8')
    done = run('record', '-o', 'away.osmt', 'sh', '-c', f'cd away; {PLAIN}; true', cwd=folder)
    case("a program's other folder does not matter", done.returncode == 0 and not list((folder / 'away').iterdir()) and
         len(list(folder.glob('away.*osmt'))) == 2, said(done) + str(list(folder.rglob('*'))))
    case('files that only look like its own are not touched', notes.read_text(encoding='utf-8') == 'my notes')
    deep = folder / ('x' * 100) / ('y' * 100) / ('z' * 100)
    deep.mkdir(parents=True)
    done = run('record', '-o', deep / 'deep.osmt', PLAIN)
    case('a long path is no obstacle', done.returncode == 0 and figures_of(deep / 'deep.osmt').get('blocks', 0) > 1, said(done))
    done = run('record', '-o', 'away', 'touch', 'ran', cwd=folder)
    case('where no trace can be made the program does not run', done.returncode == 4 and not (folder / 'ran').exists(), said(done))
    done = run('record', '-o', 'a%p', 'touch', 'ran', cwd=folder)
    case('nor where it could not be told where to', done.returncode == 4 and '%p' in done.stderr and
         not (folder / 'ran').exists(), said(done))
    done = run('record', '-o', 'taken.osmt', 'mkdir', 'taken.osmt', cwd=folder)
    left = list(folder.glob('taken.osmt.raw-*/*'))
    case('what cannot be converted stays, and is told', done.returncode == 4 and len(left) == 1 and str(left[0]) in done.stderr,
         said(done))
    done = run('convert', '--renumber', *left, 'saved.osmt', cwd=folder)
    case('and can be converted later', done.returncode == 0 and figures_of(folder / 'saved.osmt').get('blocks', 0) > 0, said(done))
    done = run('record', '-o', 'double.rep', PLAIN, 'double', cwd=folder)
    case('a double free is left out where it has no place', (folder / 'double.rep').exists() and
         'cannot hold' in done.stderr, said(done))
    done = run('record', '-o', 'limited.osmt', '--', PYTHON, '-S', '-c', LIMITED, cwd=folder,
               env={**os.environ, 'PYTHONMALLOC': 'malloc'})
    figures = figures_of(folder / 'limited.osmt')
    case('a trace that had to stop is told', done.returncode == 4 and 'the trace ends there' in done.stderr and
         'not all was recorded' in done.stderr, said(done))
    case('and whole until then', figures.get('mistakes') == 0 and figures['operations'] > 200000, figures)
    done = run('record', '--only', '-o', 'only.osmt', '--', 'sh', '-c', f"{PYTHON} -S -c '{LIMITED}'; true", cwd=folder,
               env={**os.environ, 'PYTHONMALLOC': 'malloc'})
    case('but not where it is not wanted', done.returncode == 0 and 'not all' not in done.stderr, said(done))
    reader, writer = os.pipe()
    os.close(reader)
    done = run('record', '-o', 'deaf.osmt', PLAIN, cwd=folder, capture_output=False, stdout=subprocess.PIPE, stderr=writer)
    os.close(writer)
    case('nobody has to read what is told', done.returncode == 0 and (folder / 'deaf.osmt').exists() and
         not list(folder.glob('deaf.osmt.raw*')), done.returncode)


def check_pipe(folder):
    """A trace can flow into a pipe; there is no place for files beside that."""
    (folder / 'flow').mkdir()
    (folder / 'temporary').mkdir()
    pipe = folder / 'flow/pipe.osmt'
    os.mkfifo(pipe)
    with subprocess.Popen(['cat', pipe], stdout=subprocess.PIPE) as reader:
        done = run('record', '-o', pipe, '--', 'sh', '-c', f'ls {folder}/flow; true', cwd=folder,
                   env={**os.environ, 'TMPDIR': str(folder / 'temporary')})
        if done.returncode != 0:
            reader.kill()
        trace = reader.communicate(timeout=60)[0]
    case('a pipe gets the trace, and nothing lies beside it', done.returncode == 0 and trace.startswith(b'\x89OSMT') and
         done.stdout == 'pipe.osmt\n' and os.listdir(folder / 'flow') == ['pipe.osmt'] and
         not os.listdir(folder / 'temporary'), said(done))


def check_late_interrupt(folder):
    """Ctrl-C when the program has ended ends the conversion, and what was recorded stays."""
    script = 'for n in range(1500000): bytes(700)'
    with subprocess.Popen([OSMEM, 'record', '-o', 'late.txt.gz', '--', PYTHON, '-S', '-c', script], cwd=folder,
                          env={**os.environ, 'PYTHONMALLOC': 'malloc'}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        while not any('late' in path.name and path.suffix == '.part' for path in folder.iterdir()) and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    left = list(folder.glob('late.txt.gz.raw-*/*'))
    case('Ctrl-C during the conversion leaves what was recorded, and tells where', process.returncode == 130 and
         len(left) == 1 and str(left[0]) in told and not (folder / 'late.txt.gz').exists(), (process.returncode, left, told))


def check_two_interrupts(folder):
    """Every Ctrl-C is the program's, not only the first."""
    with subprocess.Popen([OSMEM, 'record', '-o', 'twice.osmt', '--', PYTHON, '-S', '-c', STUBBORN], cwd=folder,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, text=True) as process:
        process.stdout.readline()
        for _ in range(2):
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.2)
        _, told = process.communicate(timeout=60)
    case('a program may catch Ctrl-C twice', process.returncode == 0 and figures_of(folder / 'twice.osmt').get('blocks', 0) > 100,
         (process.returncode, told))


STALE = """
#include <stdint.h>
#include <stdlib.h>
int main(void)
{
	void *block = malloc(3000), *other = malloc(3000);
	volatile uintptr_t old = (uintptr_t)block;
	block = realloc(block, 5000000);
	free((void *)old);
	return block == other;
}
"""
FORKING = """
import os, sys, threading
kept = [bytes(1000 + n) for n in range(100)]
def work():
    for n in range(2000): bytes(700 + n % 50)
threads = [threading.Thread(target=work) for n in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
children = []
for n in range(2):
    child = os.fork()
    if not child:
        del kept[::2]
        more = [bytes(5000 + n) for n in range(50)]
        os._exit(0)
    children.append(child)
for child in children: os.waitpid(child, 0)
os.system("true | cat; exec true")
"""


def check_processes(folder):
    """Threads in one file, each process in its own."""
    done = run('record', '-o', 'fork.osmt.zst', '--', PYTHON, '-S', '-c', FORKING, cwd=folder,
               env={**os.environ, 'PYTHONMALLOC': 'malloc'})
    files = sorted(folder.glob('fork*'))
    case('a file for each process', done.returncode == 0 and len(files) >= 4 and folder / 'fork.osmt.zst' in files, files)
    figures = {path.name: figures_of(path) for path in files}
    case('all are sane', all(each.get('mistakes') == 0 for each in figures.values()), figures)
    case('the program has four threads', figures['fork.osmt.zst']['threads'] == 4, figures['fork.osmt.zst'])
    texts = [text_of(path) for path in files]
    children = [text for text in texts if len(re.findall(r'^[ac] \d+ (?:1 )?50\d\d$', text, flags=re.M)) >= 40]
    case('both children begin with what they inherit', len(children) == 2 and
         all(len(re.findall(r'^a \d+ 1[01]\d\d$', text, flags=re.M)) >= 100 for text in children))
    for path in files:
        path.unlink()
    run('record', '--only', '-o', 'fork.osmt.zst', '--', PYTHON, '-S', '-c', FORKING, cwd=folder)
    case("--only keeps the program's own", [path.name for path in folder.glob('fork*')] == ['fork.osmt.zst'])


def check_interrupt(folder):
    """Ctrl-C is the program's; what it did is kept."""
    script = 'import time; x = [bytes(3000) for n in range(1000)]; print("ready", flush=True); time.sleep(60)'
    with subprocess.Popen([OSMEM, 'record', '-o', 'cut.osmt', '--', PYTHON, '-S', '-c', script], cwd=folder,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        process.stdout.readline()
        begin = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        process.communicate()
    figures = figures_of(folder / 'cut.osmt')
    case('Ctrl-C ends the program, and its trace is whole', process.returncode in (1, 128 + signal.SIGINT) and
         figures.get('blocks', 0) >= 1000 and time.monotonic() - begin < 30, (process.returncode, figures))


def check_programs(folder):
    """Real programs at a tenth of the size of the committed traces."""
    for name in make.PROGRAMS:
        out = folder / f'{name}.osmt.zst'
        try:
            told, printed = make.record(OSMEM, name, out, 0.1)
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            case(f'{name} is recorded', False, error)
            continue
        figures = figures_of(out)
        case(f'{name} is recorded', figures.get('mistakes') == 0 and figures['blocks'] > 3000 and
             figures['operations'] > figures['blocks'] and (printed > 100 or name in ('python3', 'cc1', 'redis')),
             f'{told}{figures}')
        if HAS_REPLAY:
            done = run('replay', '--policy=best-fit', out)
            case(f'{name} is replayed', done.returncode == 0, said(done))


def check_corpus():
    """The committed traces are what README.md says they are."""
    readme = (ROOT / 'tests/traces/README.md').read_text(encoding='utf-8')
    total = sum(path.stat().st_size for path in (ROOT / 'tests/traces').iterdir())
    case('the traces have less than 5 MB', total < 5000000, total)
    for name in make.PROGRAMS:
        figures = figures_of(ROOT / f'tests/traces/{name}.osmt.zst')
        row = re.search(rf'^\| `{name}\.osmt\.zst` \|.*\| (\d+) \| (\d+) \| (\d+) \|$', readme, flags=re.M)
        case(f'{name}.osmt.zst is as README.md says', row and figures.get('mistakes') == 0 and
             [int(n) for n in row.groups()] == [figures['operations'], figures['blocks'], figures['peak_bytes']], figures)


def main():
    check_corpus()
    if os.environ.get('OSM_SANITIZE', 'none') != 'none' or os.environ.get('OSM_COVERAGE', '0') == '1':
        skip('recording', 'a sanitizer brings a malloc of its own')
        finish()
    if os.environ.get('OSM_PROFILE') == 'debug':
        skip('recording', 'looks at the whole heap in each call')
        finish()
    for check in (check_plain, check_ends, check_nothing_is_lost, check_processes, check_pipe, check_interrupt,
                  check_late_interrupt, check_two_interrupts, check_programs):
        with tempfile.TemporaryDirectory() as folder:
            check(Path(folder))
    finish()


if __name__ == '__main__':
    main()
