#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs real programs on libosmem-malloc and compares what they print with the same run on the C library's malloc.

    run_programs.py --lib FOLDER

Each program does fixed work with an output that depends on nothing else. OSM_SLOW=1 in the environment: on every policy
and both backends, not on the default with a glance at others. A program that is not installed is skipped.
"""
import argparse
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from cases import case, finish, skip
from run_dropin import CLEAN, POLICIES

ROOT = Path(__file__).resolve().parent.parent
SLOW = os.environ.get('OSM_SLOW') == '1'
SECONDS = 300

BASH = r'''
declare -A count; for ((i = 0; i < 3000; i++)); do
key="k$((i * 7919 % 613))"; count[$key]=$((${count[$key]:-0} + i)); done
for key in "${!count[@]}"; do echo "$key ${count[$key]}"; done | sort | md5sum
f() { local a=("$@"); echo "${a[*]}" | tr ' ' '\n' | wc -l; }; f $(seq 2000); x=$(printf '%s,' {1..5000}); echo ${#x}
'''
PYTHON = r'''
import collections, hashlib, json, re, threading, zlib
words = [hashlib.md5(str(i).encode()).hexdigest()[:i % 30 + 2] for i in range(20000)]
tree = collections.defaultdict(list)
for w in words: tree[w[:2]].append(w)
def work(n, out): out[n] = sum(len(json.loads(json.dumps({w: list(w)}))) for w in words[n::4])
out = {}
threads = [threading.Thread(target=work, args=(n, out)) for n in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
print(len(tree), sorted(out.items()), zlib.crc32(zlib.compress('\n'.join(sorted(words)).encode())))
print(len(re.sub('[aeiou]', lambda m: m.group() * 3, ''.join(words))), sum(x ** 50 % 97 for x in range(5000)))
'''
PERL = r'''
my %h; for my $i (0 .. 30000) { my $k = join ":", map { ($i * $_) % 101 } 1 .. 4; push @{$h{$k}}, "v$i" x ($i % 9) }
my $n = 0; $n += length join ",", sort @{$h{$_}} for sort keys %h; print scalar(keys %h), " $n\n";
my $s = "x" x 100000; $s =~ s/x/yz/g; print length $s, "\n";
my @s = sort { $a <=> $b } map { ($_ * 7919) % 10007 } 1 .. 20000;
print "$s[0] $s[-1] $s[9999]\n";
'''
SQL = r'''
create table t(a integer primary key, b text, c real); create index i on t(b);
with recursive n(x) as (select 1 union all select x+1 from n where x < 20000)
insert into t select x, hex(x * 7919 % 10007) || substr('abcdefghijklmnopqrstuvwxyz', 1, x % 26), x / 3.0 from n;
select count(*), sum(length(b)), round(sum(c), 3) from t;
select substr(b, 1, 3) k, count(*), group_concat(a, '.') from t where a < 3000 group by k order by k;
update t set b = b || 'longer' where a % 3 = 0; delete from t where a % 7 = 0; vacuum;
select count(*), sum(length(b)) from t; select count(*) from t x join t y on x.b = y.b; pragma integrity_check;
'''
NODE = r'''
const m = new Map(); for (let i = 0; i < 60000; i++) m.set('k' + i % 5003, [i, String(i).repeat(i % 5)]);
const b = []; for (let i = 1; i < 300; i++) b.push(Buffer.alloc(i * 777, i & 255));
console.log(m.size, JSON.stringify([...m].slice(0, 50)).length, b.reduce((s, x) => s + x[x.length - 1], 0));
const z = require('zlib'); console.log(z.gunzipSync(z.gzipSync(Buffer.alloc(3e6, 'osmem'))).length);
'''


class Runner:
    """Runs commands with or without the library."""

    def __init__(self, library, folder):
        self.library = library
        self.folder = Path(folder)

    def environment(self, choice):
        """choice None: the C library's malloc."""
        preload = {} if choice is None else {'LD_PRELOAD': str(self.library), **choice}
        return {**CLEAN, 'PYTHONMALLOC': 'malloc', 'PYTHONHASHSEED': '0', 'LC_ALL': 'C', 'HOME': str(self.folder),
                'PERL_HASH_SEED': '0', 'GIT_CONFIG_NOSYSTEM': '1', 'PYTHONDONTWRITEBYTECODE': '1', **preload}

    def output(self, choice, command, text=''):
        """All that a command did, as one text."""
        done = subprocess.run(command, input=text, env=self.environment(choice), cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
        return f'exit status {done.returncode}\n{done.stdout}'


def git(runner, choice):
    shutil.rmtree(runner.folder / 'repository', ignore_errors=True)
    script = r'''git init -q repository; cd repository; git config user.name n; git config user.email e@x
export GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'
for i in 1 2 3 4 5 6; do seq $((i * 500)) > f$i; seq $i 3 4000 > g; git add .; git commit -q -m "commit $i"; done
git gc -q --aggressive; git fsck 2>/dev/null; git log --stat | md5sum; git diff HEAD~4 | wc
git blame g | md5sum; git status'''
    return runner.output(choice, ['bash', '-c', script])


def compiler(runner, choice):
    command = ['gcc', '-O2', '-std=c11', f'-I{ROOT}', f'-I{ROOT}/framework/include', '-S', '-o', '-',
               f'{ROOT}/framework/heap.c']
    return runner.output(choice, command)


def cmake(runner, choice):
    project = runner.folder / 'project'
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir()
    (project / 'CMakeLists.txt').write_text(
        'cmake_minimum_required(VERSION 3.10)\nproject(p C)\nforeach(i RANGE 300)\nlist(APPEND l "item${i}")\n'
        'string(SHA256 h "${l}")\nendforeach()\nmessage("${h}")\nadd_executable(p p.c)\n', encoding='ascii')
    (project / 'p.c').write_text('#include <stdio.h>\nint main(void) { puts("built"); return 0; }\n', encoding='ascii')
    script = ('cmake -S project -B project/b 2>&1 | grep -v seconds | sed "s/([0-9.]*s)//"; '
              'cmake --build project/b >/dev/null && project/b/p')
    return runner.output(choice, ['bash', '-c', script])


def redis(runner, choice):
    """A server under load in several connections, with a background save, which forks; then loaded again."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = str(probe.getsockname()[1])
    server_line = ['redis-server', '--port', port, '--bind', '127.0.0.1', '--save', '', '--dir', str(runner.folder),
                   '--dbfilename', 'dump.rdb', '--daemonize', 'no', '--logfile', str(runner.folder / 'redis.log')]
    client = ['redis-cli', '-p', port]
    (runner.folder / 'dump.rdb').unlink(missing_ok=True)

    def ask(*words):
        done = subprocess.run([*client, *words], env=runner.environment(None), capture_output=True, text=True,
                              timeout=60, check=False)
        return (done.stdout + done.stderr).strip()

    def started():
        server = subprocess.Popen(server_line, env=runner.environment(choice), stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        for _ in range(200):
            if ask('ping') == 'PONG':
                break
            time.sleep(0.05)
        return server

    server = started()
    results = []
    try:
        load = ['redis-benchmark', '-p', port, '-q', '-n', '10000', '-c', '20', '-P', '16', '-d', '300']
        for extra in (['-r', '3000', '-t', 'set,lpush,hset,sadd'], ['-t', 'get,incr,lrange_100']):
            done = subprocess.run([*load, *extra], env=runner.environment(choice), stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
            results.append(f'{done.returncode} {len(re.findall("requests per second", done.stdout))}')
        ask('eval', "for i = 1, 5000 do redis.call('set', 'fixed' .. i, string.rep('v', i % 700)) end", '0')
        results.append(ask('bgsave'))
        for _ in range(200):
            if 'rdb_bgsave_in_progress:0' in ask('info', 'persistence'):
                break
            time.sleep(0.05)
        results.append(re.search('rdb_last_bgsave_status:(.*)', ask('info', 'persistence')).group(1).strip())
        count = "local n = 0 for i = 1, 5000 do n = n + redis.call('strlen', 'fixed' .. i) end return n"
        results.append(ask('eval', count, '0'))
        ask('shutdown', 'nosave')
        results.append(str(server.wait(60)))
        server = started()
        results.append(ask('eval', count, '0'))
        ask('shutdown', 'nosave')
        results.append(str(server.wait(60)))
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()
    return '\n'.join(results)


def python_suite(runner, choice):
    """A part of python's own tests: which were run and how it ended, without the times."""
    output = runner.output(choice, ['/usr/bin/python3', '-m', 'test', '-w', *PYTHON_SUITE])
    return '\n'.join(re.findall(r'exit status \d+|\[\d+/\d+\] \w+|Tests result: \w+', output))


def is_missing(name):
    """A program that is not installed, or python's tests, which are a package of their own."""
    if name == 'python3 -m test':
        return subprocess.run(['/usr/bin/python3', '-c', 'import test.test_dict'], capture_output=True,
                              check=False).returncode != 0
    return not shutil.which(name)


def command(*words, text=''):
    """A program that is one command."""
    return lambda runner, choice: runner.output(choice, list(words), text)


PROGRAMS = {
    'bash': command('bash', '-c', BASH),
    'python3': command('/usr/bin/python3', '-c', PYTHON),
    'perl': command('perl', '-e', PERL),
    'git': git,
    'sqlite3': command('sqlite3', ':memory:', text=SQL),
    'gcc': compiler,
    'cmake': cmake,
    'node': command('node', '-e', NODE),
    'redis-server': redis,
}
# Of those that Debian ships, each touches another part of the allocator's life: small blocks, threads, buffers, forks.
PYTHON_SUITE = ['test_dict', 'test_list', 'test_json', 'test_re', 'test_threading', 'test_zlib', 'test_fork1']
if SLOW:
    PROGRAMS['python3 -m test'] = python_suite


def choices():
    """The choices of policy, backend and front end to run on: everyday and slow."""
    default = {}
    yield 'default', default, list(PROGRAMS)
    if not SLOW:
        quick = ['bash', 'perl', 'sqlite3']
        yield 'buddy on brk', {'OSMEM_POLICY': 'buddy', 'OSMEM_BACKEND': 'brk'}, quick
        yield 'first-fit, all by the policy', {'OSMEM_POLICY': 'first-fit', 'OSMEM_FRONT': '0'}, quick
        return
    for policy, layout in POLICIES:
        for backend, front in (('mmap', '1'), ('brk', '1'), ('mmap', '0')):
            choice = {'OSMEM_POLICY': policy, 'OSMEM_BACKEND': backend, 'OSMEM_FRONT': front}
            choice.update({'OSMEM_LAYOUT': layout} if layout else {})
            yield f'{policy} {layout} on {backend}, front={front}', choice, [
                name for name in PROGRAMS if name != 'python3 -m test']


def main():
    parser = argparse.ArgumentParser(description='Run real programs on the drop-in malloc.')
    parser.add_argument('--lib', type=Path, required=True)
    library = parser.parse_args().lib.resolve() / 'libosmem-malloc.so'
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(library, folder)
        expected = {}
        for title, choice, names in choices():
            for name in names:
                if is_missing(name):
                    skip(f'{name} on {title}', 'it is not installed')
                    continue
                try:
                    if name not in expected:
                        expected[name] = PROGRAMS[name](runner, None)
                        case(f'{name} works at all', re.match(r'exit status 0\n|0 4\n', expected[name]), expected[name])
                    got = PROGRAMS[name](runner, choice)
                except subprocess.TimeoutExpired:
                    got = 'it hangs'
                case(f'{name} on {title} prints what it prints without', got == expected[name], got[-3000:])
    finish()


if __name__ == '__main__':
    main()
