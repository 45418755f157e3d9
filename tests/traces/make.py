#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Records today's programs: makes the traces NAME.osmt.zst in this folder anew.

    make.py [--osmem build/bin/osmem] [--out tests/traces] [--scale 1] [NAME...]

Each program does a piece of its ordinary work on input that is made here, from nothing but a seed. What it asks of malloc
still depends on its version and on the machine a little, so that two recordings differ in some blocks. `scons traces`
calls this; README.md tells what came out.
"""
import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WORDS = ('heap block free list page tree node word line text data time name size path file user list table index order key '
         'value large small first next best fit split merge').split()

PYTHON = """
import collections, json, re, sys
scale = float(sys.argv[1])
text = open(sys.argv[2], encoding='utf-8').read()
counts = collections.Counter(re.findall(r'\\w+', text))
records = [{'id': i, 'word': word, 'tags': word.split('e'), 'row': list(range(i % 17))}
           for i, word in enumerate(list(counts.elements())[:int(2500 * scale)])]
for turn in range(2):
    again = json.loads(json.dumps(records))
    index = collections.defaultdict(list)
    for record in again:
        index[record['word'], len(record['tags'])].append(record)
    records = sorted(again, key=lambda record: record['word'])[:int(len(again) * 0.9)]
print(len(records), len(index))
"""

PERL = r"""
use strict; use warnings;
my ($scale, $file) = @ARGV;
my (%count, %lines, @kept);
open my $in, '<', $file or die;
while (my $line = <$in>) {
    chomp $line;
    my @words = split /\s+/, $line;
    $count{$_}++ for @words;
    push @{ $lines{ $words[0] . ($. % 200) } }, join ' ', reverse @words;
    push @kept, { line => $., words => \@words } if $. % 4 == 0;
    shift @kept if @kept > 500;
}
print join("\n", map { "$_ $count{$_}" } sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count), "\n";
print scalar(keys %lines), "\n";
"""


def write_text(path, lines):
    """Lines of words, some more frequent than others, and now and then a number."""
    chance = random.Random(1)
    with open(path, 'w', encoding='utf-8') as file:
        for _ in range(lines):
            words = [WORDS[min(int(chance.expovariate(0.12)), len(WORDS) - 1)] for _ in range(chance.randrange(3, 14))]
            if chance.random() < 0.3:
                words.append(str(chance.randrange(100000)))
            print(*words, file=file)


def python(folder, scale):
    """python3 counts words, and packs and unpacks records as JSON; each object comes from malloc."""
    write_text(folder / 'text', int(4000 * scale))
    return ['/usr/bin/python3', '-S', '-c', PYTHON, str(scale), 'text'], {'PYTHONMALLOC': 'malloc', 'PYTHONHASHSEED': '0'}


def perl(folder, scale):
    """perl splits a text into words and keeps them in hashes and lists."""
    write_text(folder / 'text', int(9000 * scale))
    return ['perl', '-e', PERL, str(scale), 'text'], {'PERL_HASH_SEED': '0'}


def git(folder, scale):
    """git log -p over a repository of some hundred commits."""
    environment = {**os.environ, 'HOME': str(folder), 'GIT_CONFIG_NOSYSTEM': '1'}
    for who in ('AUTHOR', 'COMMITTER'):
        environment.update({f'GIT_{who}_NAME': 'A', f'GIT_{who}_EMAIL': 'a@b.c', f'GIT_{who}_DATE': '2020-02-02T02:02:02Z'})
    chance = random.Random(2)
    stream = []
    files = [[f'line {i} of {name}' for i in range(150)] for name in range(12)]
    for commit in range(int(300 * scale)):
        changes = []
        for number in chance.sample(range(len(files)), 3):
            lines = files[number]
            for _ in range(6):
                lines[chance.randrange(len(lines))] = ' '.join(chance.choices(WORDS, k=8))
            text = '\n'.join(lines) + '\n'
            changes.append(f'M 644 inline file{number}\ndata {len(text)}\n{text}\n')
        stream.append(f'commit refs/heads/main\ncommitter A <a@b.c> {1580000000 + commit} +0000\ndata 7\nchange\n\n' +
                      ''.join(changes))
    for command, text in ((['git', 'init', '-q', '-b', 'main', '.'], None), (['git', 'fast-import', '--quiet'], ''.join(stream))):
        subprocess.run(command, cwd=folder, env=environment, input=text, text=True, check=True)
    return ['git', '--no-pager', 'log', '-p', '--stat'], {'HOME': str(folder), 'GIT_CONFIG_NOSYSTEM': '1'}


def sqlite(folder, scale):
    """sqlite3 fills a table in memory, with two indexes, joins, groups, updates and deletes."""
    rows = int(16000 * scale)
    (folder / 'script.sql').write_text(f"""
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, kind INTEGER, price REAL);
CREATE TABLE sale(id INTEGER PRIMARY KEY, item INTEGER, amount INTEGER, note TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
INSERT INTO item SELECT i, 'item ' || (i * 7919 % {rows}), i % 13, i * 0.25 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {3 * rows})
INSERT INTO sale SELECT i, i * 31 % {rows} + 1, i % 9, hex(i * 2654435761) FROM n;
CREATE INDEX item_name ON item(name);
CREATE INDEX sale_item ON sale(item, amount);
SELECT kind, count(*), sum(amount * price) FROM item JOIN sale ON sale.item = item.id GROUP BY kind ORDER BY 3;
SELECT group_concat(name, ',') FROM (SELECT name FROM item WHERE name LIKE '%99%' ORDER BY name);
UPDATE item SET price = price * 1.5 WHERE kind = 5;
DELETE FROM sale WHERE amount = 3;
SELECT json_group_array(json_object('n', name, 'p', price)) FROM item WHERE kind < 4;
""", encoding='utf-8')
    return ['sqlite3', ':memory:', '.read script.sql'], {}


def cc1(folder, scale):
    """gcc's compiler proper, -O2, on one of this project's files."""
    compiler = subprocess.run(['gcc', '-print-prog-name=cc1'], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    source = 'framework/heap.c' if scale >= 1 else 'backends/arena.c'
    # garbage is collected as on a machine of any size, not of this one
    return [compiler, '-quiet', '-std=c11', '-O2', '-I', ROOT, '-I', ROOT / 'framework/include', ROOT / source, '-o', 'out.s',
            '-imultiarch', 'x86_64-linux-gnu', '--param', 'ggc-min-expand=30', '--param', 'ggc-min-heapsize=4096'], {}


REDIS = """
trap 'kill $server 2>/dev/null' EXIT
redis-server --port 0 --unixsocket redis.sock --save '' --daemonize no --logfile log &
server=$!
for i in $(seq 200); do [ -S redis.sock ] && break; sleep 0.05; done
run() { env -u LD_PRELOAD "$@"; }
run redis-benchmark -s redis.sock -q -c 8 -n "$1" -r 2000 -d 60 -t set,get,incr,lpush,rpush,lpop,sadd,hset,zadd,lrange_100 >/dev/null
run redis-benchmark -s redis.sock -q -c 8 -n "$1" -r 500 -d 700 -t set,lpush >/dev/null
run redis-cli -s redis.sock shutdown nosave >/dev/null 2>&1
trap - EXIT
wait $server
"""


def redis(folder, scale):
    """redis-server under load from redis-benchmark: strings, lists, sets, hashes, sorted sets, of two sizes."""
    return ['bash', '-c', REDIS, 'redis', str(int(2500 * scale))], {}


PROGRAMS = {'python3': python, 'perl': perl, 'git': git, 'sqlite3': sqlite, 'cc1': cc1, 'redis': redis}
# Where another process than the first is meant: what its trace is known by is that it has the most operations.
BIGGEST = {'redis'}


def record(osmem, name, out, scale=1, options=()):
    """Record a program into the file `out`. Returns what osmem said; raises RuntimeError if anything failed."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        command, variables = PROGRAMS[name](folder, scale)
        trace = folder / f'recorded{"".join(out.suffixes[-2:])}'
        done = subprocess.run([osmem, 'record', *options, *([] if name in BIGGEST else ['--only']), '-o', trace, '--', *command],
                              cwd=folder, env={**os.environ, 'LC_ALL': 'C', 'TZ': 'UTC', **variables}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=600)
        errors = done.stderr.decode(errors='replace')
        if done.returncode != 0:
            raise RuntimeError(f'{name}: exit status {done.returncode}\n{errors}')
        found = sorted(folder.glob('recorded*.osmt*'), key=lambda path: path.stat().st_size)
        shutil.copyfile(found[-1] if name in BIGGEST else trace, out)
        return errors, len(done.stdout)


def main():
    parser = argparse.ArgumentParser(description='Record programs.')
    parser.add_argument('--osmem', type=Path, default=ROOT / 'build/bin/osmem')
    parser.add_argument('--out', type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument('--scale', type=float, default=1, help='how much each program does (1)')
    parser.add_argument('names', nargs='*', metavar='NAME', help=f'of {", ".join(PROGRAMS)} (all)')
    arguments = parser.parse_args()
    if wrong := set(arguments.names) - set(PROGRAMS):
        parser.error(f'no such program: {", ".join(sorted(wrong))}')
    for name in arguments.names or PROGRAMS:
        out, begin = arguments.out / f'{name}.osmt.zst', time.monotonic()
        record(arguments.osmem.resolve(), name, out, arguments.scale)
        print(f'{out}: {out.stat().st_size} bytes, in {time.monotonic() - begin:.1f} s', flush=True)


if __name__ == '__main__':
    sys.dont_write_bytecode = True
    main()
