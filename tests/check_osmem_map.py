#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run `osmem map` as a user does: the blocks against an independent model, every kind of picture, moments, messages.

OSM_BUILD names the build folder (build).
"""
import json
import os
import random
import re
import resource
import shutil
import signal
import struct
import subprocess
import tempfile
import xml.etree.ElementTree
import zlib
from pathlib import Path

from cases import case, finish, skip

ROOT = Path(__file__).resolve().parent.parent
OSMEM = Path(os.environ.get('OSM_BUILD', ROOT / 'build')).resolve() / 'bin' / 'osmem'
TRACE = ROOT / 'tests/traces/gitlog.rep.gz'
GRANULE = 16


def run(*arguments, **options):
    """Run osmem from the project's root, without a terminal."""
    return subprocess.run([OSMEM, *map(str, arguments)], **{
        'cwd': ROOT, 'capture_output': True, 'text': True, 'timeout': 300, 'check': False, **options})


def random_trace(operations=1500, live=120):
    """Allocations and frees in random order: (letter, id, size)."""
    chance = random.Random(7)
    held, steps = [], []
    for name in range(operations):
        if held and (len(held) >= live or chance.random() < 0.4):
            steps.append(('f', held.pop(chance.randrange(len(held))), 0))
        held.append(name)
        steps.append(('a', name, chance.choice([1, 16, 24, 100, 700, 5000])))
    return steps


class FirstFit:
    """The heap of first fit with no headers: [size, name or None] in address order; the specification in a few lines."""

    def __init__(self):
        self.blocks = []

    def alloc(self, name, size):
        size = -(-size // GRANULE) * GRANULE
        place = next((i for i, (room, owner) in enumerate(self.blocks) if owner is None and room >= size), None)
        if place is None:  # the last block, if it is free, grows by what is missing
            if not self.blocks or self.blocks[-1][1] is not None:
                self.blocks.append([0, None])
            place = len(self.blocks) - 1
            self.blocks[place][0] = size
        rest = self.blocks[place][0] - size
        self.blocks[place:place + 1] = [[size, name], *([[rest, None]] if rest else [])]

    def free(self, name):
        place = next(i for i, (_, owner) in enumerate(self.blocks) if owner == name)
        self.blocks[place][1] = None
        for first in (place, place - 1):
            if 0 <= first < len(self.blocks) - 1 and self.blocks[first][1] is None and self.blocks[first + 1][1] is None:
                self.blocks[first][0] += self.blocks.pop(first + 1)[0]

    def listed(self):
        at, result = 0, []
        for size, owner in self.blocks:
            result.append((at, 0, size, owner is None))
            at += size
        return result


def model_at(steps, count):
    """The blocks after so many operations."""
    heap = FirstFit()
    for letter, name, size in steps[:count]:
        if letter == 'a':
            heap.alloc(name, size)
        else:
            heap.free(name)
    return heap.listed()


def peak_of(steps):
    """After which operation most bytes are live."""
    sizes, most, at = {}, 0, 0
    for count, (letter, name, size) in enumerate(steps, 1):
        if letter == 'a':
            sizes[name] = size
        else:
            del sizes[name]
        if sum(sizes.values()) > most:
            most, at = sum(sizes.values()), count
    return at


def blocks_of(done):
    """The blocks that --json lists."""
    found = json.loads(done.stdout)
    return found['operation'], [(b['at'], b['header'], b['payload'], b['free']) for section in found['sections']
                                for b in section['blocks']]


def check_blocks(folder):
    """The map is what an independent model says, at each moment."""
    steps = random_trace()
    path = folder / 'random.rep'
    path.write_text(''.join(f'a {name} {size}\n' if letter == 'a' else f'f {name}\n' for letter, name, size in steps),
                    encoding='utf-8')
    line = ['map', '--json', '--policy=first-fit', '--layout=bitmap', '--backend=mock']
    for moment, count in (('peak', peak_of(steps)), ('end', len(steps)), ('1', 1), ('777', 777)):
        done = run(*line, f'--at={moment}', path)
        if case(f'map: --at={moment}: exit status 0', (done.returncode, done.stderr) == (0, ''), done):
            at, blocks = blocks_of(done)
            case(f'map: --at={moment}: the operation', at == count, (at, count))
            case(f'map: --at={moment}: each block as the model has it', blocks == model_at(steps, count),
                 (blocks[:5], model_at(steps, count)[:5]))
    timed = folder / 'timed.trace'
    timed.write_text('t 1 0\n' + ''.join(f't 1 {1000 * name}\na {name} 16\n' for name in range(1, 41)), encoding='utf-8')
    for moment, count in (('20us', 20), ('0.0205ms', 20), ('999ns', 0), ('1s', 40)):
        done = run(*line, f'--at={moment}', timed)
        case(f'map: --at={moment}: what was done by then', done.returncode == 0 and blocks_of(done)[0] == count, done)
    done = run(*line, '--at=0', path)
    case('map: before the first operation there is nothing', done.returncode == 0 and blocks_of(done) == (0, []), done)
    for policy in ('next-fit', 'best-fit', 'buddy'):
        done = run('map', '--json', f'--policy={policy}', path)
        _, blocks = blocks_of(done)
        live = sum(payload for _, _, payload, free in blocks if not free)
        case(f'map: {policy}: blocks lie one behind the other', all(
            a[0] + a[1] + a[2] <= b[0] for a, b in zip(blocks, blocks[1:])), blocks[:5])
        case(f'map: {policy}: what is live is what was asked for, and rounding',
             sum(size for _, _, size in _live(steps)) <= live, live)


def _live(steps):
    """What is live at the peak."""
    held = {}
    for letter, name, size in steps[:peak_of(steps)]:
        if letter == 'a':
            held[name] = (letter, name, size)
        else:
            del held[name]
    return held.values()


# ---- Pictures

def pixels(path):
    """Width, height and the bytes of its pixels that a PNG file has; it is decoded as the standard says."""
    data = path.read_bytes()
    assert data[:8] == b'\x89PNG\r\n\x1a\n', 'a PNG begins with its signature'
    at, packed = 8, b''
    while at < len(data):
        length, kind = struct.unpack('>I4s', data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        assert struct.unpack('>I', data[at + 8 + length:at + 12 + length])[0] == zlib.crc32(kind + body), kind
        if kind == b'IHDR':
            width, height = struct.unpack('>II', body[:8])
        packed += body if kind == b'IDAT' else b''
        at += 12 + length
    return width, height, len(zlib.decompress(packed))


def check_pictures(folder):
    """SVG, PNG, text and the page."""
    svg, png, page = folder / 'map.svg', folder / 'map.png', folder / 'movie.html'
    done = run('map', '--policy=next-fit', f'--out={svg}', TRACE)
    case('map: SVG', (done.returncode, done.stdout, done.stderr) == (0, '', ''), done)
    root = xml.etree.ElementTree.fromstring(svg.read_text(encoding='utf-8'))
    titles = [title.text for title in root.iter('{http://www.w3.org/2000/svg}title')]
    case('map: the SVG names trace, policy and layout', titles[0] == 'gitlog: next-fit, tag layout', titles[:1])
    case('map: the SVG shows blocks with their sizes', any(re.match(r'live: \S+ \S+ at \+0x', title) for title in titles))
    if shutil.which('gnuplot'):
        done = run('map', f'--out={png}', TRACE)
        case('map: PNG', (done.returncode, done.stdout, done.stderr) == (0, '', ''), done)
        width, height, size = pixels(png)
        case('map: the PNG is whole', width > 1000 and height > 200 and size > width * height, (width, height, size))
        done = run('map', f'--out={png}', '--at=0', TRACE)
        case('map: PNG of an empty heap', done.returncode == 0 and pixels(png)[0] == width, done)
    else:
        skip('map: PNG', 'there is no gnuplot')
    done = run('map', f'--movie={page}', TRACE)
    case('map: movie', (done.returncode, done.stdout, done.stderr) == (0, '', ''), done)
    check_movie(page.read_text(encoding='utf-8'))
    case('map: nothing is left beside what was written', not list(folder.glob('*.part*')))
    text = run('map', TRACE).stdout
    rows = re.findall(r'^(?:\+0x[0-9a-f]+|mapped) +([#.+]+ *)$', text, flags=re.MULTILINE)
    case('map: in a pipe it is drawn with letters, without colour', '\033' not in text and len(rows) > 10 and
         all(len(row.rstrip()) <= 64 for row in rows), text)
    case('map: most of a heap at its peak is live', sum(row.count('#') for row in rows) > 9 * sum(
        row.count('.') for row in rows), text)


def check_movie(text):
    """The frames of a movie: each as large as the last, more or less, and all in the page."""
    frames = re.findall(r'\{op:(\d+),live:(\d+),held:(\d+),free:(\d+),largest:(\d+),cells:"([^"]*)"\}', text)
    width, rows = int(re.search(r'const width = (\d+)', text)[1]), int(re.search(r'const rows = (\d+)', text)[1])
    case('map: the movie goes from near the beginning to the end', len(frames) == 160 and
         int(frames[-1][0]) == 40580 and all(int(a[0]) < int(b[0]) for a, b in zip(frames, frames[1:])), len(frames))
    cells = [sum(int(count or 1) for _, count in re.findall(r'([afh ])(\d*)', frame[5])) for frame in frames]
    case('map: frames are whole rows, and the most rows are the page\'s', all(n % width == 0 for n in cells) and
         max(cells) == width * rows, (width, rows, cells[-1]))
    case('map: the page names no other host', not re.search(r'(?:https?:)?//[\w.-]+\.\w+', re.sub(r'^\s*//.*$', '', text)))
    case('map: who cannot see the movie is told what it is', 'aria-label="the heap' in text and '<noscript>' in text)


def check_messages(folder):
    """What makes no sense is refused."""
    for words, status, message in (
            (['--at=noon', TRACE], 2, 'neither peak nor end'),
            (['--at=40581', TRACE], 2, 'has 40580 operations'),
            (['--at=3ms', TRACE], 2, 'times were not recorded'),
            (['--out=map.gif', TRACE], 2, 'neither with .svg nor with .png'),
            ([f'--out={folder}/no/such.svg', TRACE], 4, 'No such file'),
            ([f'--movie={folder}/no/such.html', TRACE], 4, 'No such file'),
            ([TRACE, TRACE], 2, 'too much')):
        done = run('map', *words)
        case(f'map {" ".join(map(str, words)).replace(str(folder), "FOLDER")}: refused', done.returncode == status and
             message in done.stderr and done.stdout == '', done)
    large = folder / 'large'
    large.write_text('a 0 100\na 1 900000000000000\n', encoding='ascii')
    for words in (['--at=end'], [f'--movie={folder}/x.html']):
        done = run('map', *words, large)
        case(f'map {words[0].partition("=")[0]}: a heap that runs out of memory is 1', done.returncode == 1 and
             'operation 2: out of memory' in done.stderr and not list(folder.glob('x.html*')), done)
    done = run('map', f'--out={folder}/x.png', TRACE, env={'PATH': '/nowhere'})
    case('map: without gnuplot a PNG is refused', done.returncode == 4 and 'gnuplot-nox' in done.stderr, done)


def check_whole(folder):
    """On a disk that is full a picture stays as it was; what is no regular file is written to."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    for option, name in (('out', 'old.svg'), ('movie', 'old.html'), *([('out', 'old.png')] if shutil.which('gnuplot') else [])):
        path, link = folder / name, folder / f'link-{name}'
        path.write_text('old', encoding='ascii')
        done = run('map', f'--{option}={path}', TRACE, preexec_fn=limit, restore_signals=False)
        case(f'map: {name} is as it was when the disk is full', done.returncode == 4 and done.stderr and
             path.read_text(encoding='ascii') == 'old' and not list(folder.glob('*.part')), done)
        link.symlink_to(path)
        done = run('map', f'--{option}={link}', TRACE)
        case(f'map: {name} behind a link is written to', done.returncode == 0 and link.is_symlink() and
             path.stat().st_size > 1000, done)
        link.unlink()
        link.symlink_to('/dev/full')
        done = run('map', f'--{option}={link}', TRACE)
        case(f'map: a device in place of {name} is told when it is full', done.returncode == 4 and
             'No space left' in done.stderr and link.is_symlink(), done)
        link.unlink()
        link.symlink_to('/dev/stdout')
        done = run('map', f'--{option}={link}', TRACE, text=False)
        case(f'map: {name} into a pipe', done.returncode == 0 and len(done.stdout) > 1000 and link.is_symlink(), done.stderr)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        check_blocks(folder)
        check_pictures(folder)
        check_messages(folder)
        check_whole(folder)
    finish()


if __name__ == '__main__':
    main()
