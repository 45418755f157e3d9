#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks tools/python/osmem.py on the library under test (OSM_BUILD): its structures are those of the headers, its heaps
do what their own walk and a model of live blocks say, and what goes wrong is an exception.
"""
import doctest
import os
import random
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path

sys.dont_write_bytecode = True  # the tree stays as it is
from cases import case, finish, skip  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get('OSM_BUILD', 'build')
os.environ['OSMEM_LIBRARY'] = str(BUILD / 'lib/libosmem.so')
sys.path.insert(0, str(ROOT / 'tools/python'))

# A structure of the module, the one in C, and whether it is a beginning only.
STRUCTURES = (('Config', 'osm_config', True), ('Stats', 'osm_stats', True), ('Plan', 'osm_mock_plan', True),
              ('_Entry', 'osm_mock_entry', True), ('_Backend', 'osm_backend', True), ('_Arena', 'osm_arena', True),
              ('_Mock', 'osm_mock', True), ('_Policy', 'osm_policy', False), ('_Block', 'osm_block', True),
              ('_Fault', 'osm_fault', True))


def check_structures(osmem):
    """Size and places are what a C compiler makes of the headers."""
    lines = ['#include <osmem/heap.h>', '#include <osmem/mock.h>', '#include <stdio.h>', 'int main(void) {']
    for name, in_c, _ in STRUCTURES:
        lines.append(f'printf("{name} %zu\\n", sizeof(struct {in_c}));')
        lines += [f'printf("{name}.{field[0]} %zu\\n", offsetof(struct {in_c}, {field[0]}));'
                  for field in getattr(osmem, name)._fields_]
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder) / 'places.c', Path(folder) / 'places'
        source.write_text('\n'.join([*lines, '}']), encoding='utf-8')
        done = subprocess.run(['gcc', f'-I{ROOT}/framework/include', source, '-o', program], capture_output=True, text=True,
                              check=False)
        if not case('the headers have all members that the module names', done.returncode == 0, done.stderr):
            return
        places = dict(line.split() for line in subprocess.run([program], capture_output=True, text=True,
                                                             check=True).stdout.splitlines())
    for name, in_c, is_whole in STRUCTURES:
        mirror = getattr(osmem, name)
        wrong = [field[0] for field in mirror._fields_
                 if getattr(mirror, field[0]).offset != int(places[f'{name}.{field[0]}'])]
        size = int(places[name])
        case(f'{name} is struct {in_c}', not wrong and (osmem.ctypes.sizeof(mirror) == size or not is_whole),
             f'in other places: {wrong}; {osmem.ctypes.sizeof(mirror)} bytes, in C {size}')


def check_heap(osmem, policy, layout):
    """A random stream: contents, addresses, counts and the walk are as a model says."""
    heap, live, choose = osmem.Heap(policy, layout, memory=1 << 20), {}, random.Random(1)
    for step in range(400):
        if live and choose.random() < .45:
            address = choose.choice(list(live))
            data = live.pop(address)
            if choose.random() < .3:
                n = choose.randrange(1, 2000)
                moved = heap.realloc(address, n)
                if heap.read(moved, min(n, len(data))) != data[:n]:
                    return f'step {step}: realloc lost contents'
                address, data = moved, bytes([step % 251]) * n
                heap.write(address, data)
                live[address] = data
            else:
                heap.free(address)
        else:
            data = bytes([step % 251]) * choose.randrange(1, 1000)
            address = heap.alloc(len(data))
            heap.write(address, data)
            live[address] = data
        if any(heap.read(address, len(data)) != data for address, data in live.items()):
            return f'step {step}: contents are lost'
    heap.check()
    walked = {block.address: block.size for block in heap.walk() if not block.free}
    if walked.keys() != live.keys():
        return f'walk and model differ: {walked.keys() ^ live.keys()}'
    if any(walked[address] < len(data) or walked[address] != heap.usable_size(address) for address, data in live.items()):
        return 'a block is too small'
    stats = heap.stats()
    if (stats.live_blocks, stats.live_bytes) != (len(live), sum(walked.values())):
        return f'{stats} is not {len(live)} blocks of {sum(walked.values())} bytes'
    for address in live:
        heap.free(address)
    return '' if heap.stats().live_blocks == 0 else 'blocks are left'


def raised(kind, call, *arguments):
    """What an exception of this kind says; '' if there is none."""
    try:
        call(*arguments)
    except kind as error:
        return str(error) or kind.__name__
    return ''


def check_errors(osmem):
    """Memory that runs out, misuse, and names that there are not."""
    heap = osmem.Heap('first-fit', 'tag', memory=8192)
    a, b = heap.alloc(100), heap.alloc(100)
    heap.plan(osmem.Plan(fail_from=1))
    case('a plan refuses memory', raised(MemoryError, heap.alloc, 4000))
    case('and the heap is as before', heap.stats().live_blocks == 2 and heap.check() is None)
    heap.plan()
    case('without a plan there is memory again', heap.alloc(4000))
    case('a full arena is told of', raised(MemoryError, heap.alloc, 8000))
    heap.free(a)
    case('a double free is told of, with its place', f'double free at {heap.at(a)}' in raised(osmem.Misuse, heap.free, a))
    case('a pointer into a block is told of', 'interior pointer' in raised(osmem.Misuse, heap.free, b + 16),
         raised(osmem.Misuse, heap.free, b + 16))
    case('a pointer of another heap is told of',
         'foreign pointer' in raised(osmem.Misuse, heap.free, osmem.Heap('buddy').alloc(10)))
    meta = osmem.Heap('best-fit', 'meta')
    a, b = meta.alloc(64), meta.alloc(64)
    meta.write(a, b'x' * 80)
    case('an overrun is told of, with the block that it hit', f'at {meta.at(b)}' in raised(osmem.Misuse, meta.check),
         raised(osmem.Misuse, meta.check))
    case('no write leaves the arena', raised(IndexError, meta.write, a, b'x' * 100000))
    case('an unknown policy is told of', 'worst-fit' in raised(ValueError, osmem.Heap, 'worst-fit'))
    case('an unknown setting is told of', 'granul' in raised(TypeError, lambda: osmem.Heap('buddy', granul=16)))
    case('a granule that a policy has not is told of', raised(ValueError, lambda: osmem.Heap('buddy', granule=8)))
    case('an arena that holds no heap is told of', raised(MemoryError, lambda: osmem.Heap('buddy', memory=100)))


def check_pictures(osmem):
    """Text, line and picture of one heap; sizes as the layout has them."""
    heap = osmem.Heap('first-fit', 'meta', memory=16384, granule=16)
    blocks = [heap.alloc(n) for n in (96, 32, 352)]
    heap.free(blocks[1])
    case('text tells every block', heap.text() == 'A96 F32 A352', heap.text())
    # With headers 128, 64 and 384 bytes: of 36 characters 8, 4 and 24.
    case('a line shows them in proportion', heap.draw(36).splitlines()[0] == '|' + '#' * 8 + '.' * 4 + '#' * 24 + '|',
         heap.draw(36))
    picture = xml.etree.ElementTree.fromstring(heap._repr_svg_())
    widths = [float(part.get('width')) for part in picture]
    case('a picture has a box for each header and payload, as wide as the heap',
         len(widths) == 6 and abs(sum(widths) - 800) < .1 and abs(widths[1] / widths[3] - 3) < .01, widths)
    case('an empty heap has a picture too', raised(Exception, osmem.Heap('buddy').draw) == ''
         and xml.etree.ElementTree.fromstring(osmem.Heap('buddy').svg()).tag.endswith('svg'))
    mapped = osmem.Heap('first-fit', 'tag', memory=1 << 20)
    mapped.alloc(200000)
    case('a mapped block is told of', mapped.text() == 'M200000', mapped.text())
    case('the log has its call', re.search(r"Call\(name='map', at=None, n=200032, result=\d+\)", str(mapped.log())),
         mapped.log())


def main():
    if os.environ.get('OSM_SANITIZE', 'none') != 'none':
        skip('osmem.py', 'a sanitizer cannot be loaded into python')
        finish()
    import osmem  # only now is it known which library it is to load
    result = doctest.testmod(osmem, optionflags=doctest.ELLIPSIS)
    case('the examples in its text are true', result.failed == 0 and result.attempted > 5, f'{result}; see above')
    check_structures(osmem)
    listed = osmem.policies()
    case('it lists every policy', len(listed) > 30 and ('best-fit', 'tag') in {entry[:2] for entry in listed}, listed)
    for policy, layout, _ in listed:
        wrong = check_heap(osmem, policy, layout)
        case(f'{policy}/{layout} does what a model says', not wrong, wrong)
    check_errors(osmem)
    check_pictures(osmem)
    finish()


if __name__ == '__main__':
    main()
