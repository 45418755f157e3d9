# SPDX-License-Identifier: BSD-3-Clause
"""osmem in gdb: heaps and blocks of a program that runs or that has left a core file.

    osmem heaps             every heap, with what it holds
    osmem walk [HEAP]       its blocks in address order
    osmem map [HEAP] [/N]   its regions as a picture, N characters to a line
    osmem block ADDRESS     whose block an address lies in, its state and its neighbours

HEAP is an expression (`my_heap`, `0x7ffff7fc0000`) or `#N`, the number that `osmem heaps` gives; it may be left out where
there is one heap only. Nothing is called in the program and nothing is written to it: memory is read, with the names
that the library's debug information gives. What a layout keeps where is known here again (see policies/layout_*.h).

Heaps have no list in the library. They are found by their form: a structure at a multiple of 64 bytes, whose policy is
one in the library's table, whose state stands directly behind it.
"""
import re
import struct

import gdb
import gdb.printing

MEGABYTES_MOST = 2048  # of memory that is searched for heaps
LINE = 64              # a heap is aligned to this
FREE, LIVE, MAPPED = 'free', 'live', 'mapped'


class Trouble(gdb.GdbError):
    """What a command cannot do, in one line."""


# ---- Memory

def read(address, size):
    """Bytes of the program."""
    return bytes(gdb.selected_inferior().read_memory(address, size))


def pointer_bytes():
    """4 or 8."""
    return gdb.lookup_type('void').pointer().sizeof


def word(address, size=None):
    """An unsigned number in the program's byte order, here little endian."""
    return int.from_bytes(read(address, size or pointer_bytes()), 'little')


def text(value):
    """What a char pointer leads to, for names."""
    return value.string(errors='replace') if int(value) else '?'


def number(value):
    """A pointer's address."""
    return int(value.cast(gdb.lookup_type('unsigned long')))


def round_up(n, unit):
    return (n + unit - 1) // unit * unit


def writable_ranges():
    """(start, end) of memory that may hold a heap: of the process as the system lists it, or of the core file."""
    connection = gdb.selected_inferior().connection
    if not connection:
        raise Trouble('there is no program: run it, or give a core file')
    if connection.type != 'core':
        try:
            listed = gdb.execute('info proc mappings', to_string=True)
        except gdb.error as error:
            raise Trouble(f'the mappings of the process are not to be had: {error}') from error
        for line in listed.splitlines():
            fields = line.split()
            if len(fields) >= 5 and fields[0].startswith('0x') and fields[4].startswith('rw'):
                yield int(fields[0], 16), int(fields[1], 16)
        return
    for start, end in re.findall(r'(0x[0-9a-f]+) - (0x[0-9a-f]+) is load', gdb.execute('info files', to_string=True)):
        yield int(start, 16), int(end, 16)


# ---- Blocks

class Block:
    """A block: where its payload is, how large, what state, how many bytes of header stand before it."""

    def __init__(self, payload, size, state, header):
        self.payload, self.size, self.state, self.header = payload, size, state, header

    def start(self):
        """The first byte that is the block's."""
        return self.payload - self.header

    def end(self):
        """Behind its last byte."""
        return self.payload + self.size

    def __str__(self):
        return f'{self.payload:#x}  {self.size:10} bytes  {self.state}'


def walk_meta(region, granule):
    """The layout `meta`: size and status stand in the 32 bytes before the payload."""
    header = gdb.lookup_type('struct block_meta')
    payload = round_up(number(region['start']) + header.sizeof, granule)
    while payload - header.sizeof < number(region['top']):
        meta = gdb.Value(payload - header.sizeof).cast(header.pointer()).dereference()
        block = Block(payload, int(meta['size']), LIVE if int(meta['status']) else FREE, header.sizeof)
        yield block
        payload = block.end() + header.sizeof


def walk_tags(region, granule, tag_bytes):
    """The layouts `tag` and `wide`: a word before the payload, with the total and two flags."""
    payload = round_up(number(region['start']) + tag_bytes, granule)
    while payload - tag_bytes < number(region['top']):
        tag = word(payload - tag_bytes, tag_bytes)
        yield Block(payload, (tag & ~3) - tag_bytes, FREE if tag & 1 else LIVE, tag_bytes)
        payload += tag & ~3


class Maps:
    """Two words a stretch of granules, where the layout `bitmap` and the buddy system keep starts and states."""

    def __init__(self, base, stretches, granule):
        self.base, self.stretches, self.granule = base, stretches, granule
        self.size = pointer_bytes()
        self.bits = 8 * self.size

    def stretch(self, i):
        """The words of the i-th stretch: starts, and states."""
        form = '<QQ' if self.size == 8 else '<II'
        return struct.unpack(form, read(self.stretches + 2 * self.size * i, 2 * self.size))

    def place(self, address):
        """The granule of an address."""
        return (address - self.base) // self.granule


def lowest(bits):
    """The position of the lowest bit."""
    return (bits & -bits).bit_length() - 1


def walk_bitmap(region, granule):
    """A block ends where the next one starts, in its own stretch or the next; else the next one holds its size."""
    at, size = number(region['ledger']), pointer_bytes()
    maps, end = Maps(word(at), at + 3 * size, granule), word(at + 2 * size)
    payload = maps.base
    while payload < end:
        i = maps.place(payload)
        starts, frees = maps.stretch(i // maps.bits)
        behind = starts >> i % maps.bits >> 1
        if behind:
            blocks_end = i + 1 + lowest(behind)
        else:
            next_starts, next_frees = maps.stretch(i // maps.bits + 1)
            blocks_end = (i // maps.bits + 1) * maps.bits + lowest(next_starts) if next_starts else i + next_frees
        yield Block(payload, (blocks_end - i) * granule, FREE if frees >> i % maps.bits & 1 else LIVE, 0)
        payload += (blocks_end - i) * granule


def walk_buddy(region, granule):
    """A block reaches to the next start, a power of two away, or its stretch's end; a large one says its rank itself."""
    at, size = number(region['index']), pointer_bytes()
    maps = Maps(word(at), at + round_up(3 * size, 2 * size), granule)
    payload, end = word(at + size), word(at + 2 * size)
    while payload < end:
        i = maps.place(payload)
        bit = i % maps.bits
        starts, free = maps.stretch(i // maps.bits)
        rank = lowest(lowest(starts >> bit >> 1 | 1 << (maps.bits - 1) >> bit) + 1)
        if 1 << rank >= maps.bits:
            rank = free >> 1
        yield Block(payload, granule << rank, FREE if free >> bit & 1 else LIVE, 0)
        payload += granule << rank


WALKS = {
    'meta': walk_meta,
    'tag': lambda region, granule: walk_tags(region, granule, 4),
    'wide': lambda region, granule: walk_tags(region, granule, pointer_bytes()),
    'bitmap': walk_bitmap,
    'out-of-band': walk_buddy,
}


# ---- Heaps

class Heap:
    """A heap of the program."""

    def __init__(self, value):
        self.value = value  # a struct osm_heap
        self.address = int(value.address)
        self.policy, self.layout = text(value['policy']['name']), text(value['policy']['layout'])
        self.backend = text(value['backend']['name'])

    def regions(self):
        """Its regions in address order."""
        region = self.value['regions']['first']
        while number(region):
            yield region.dereference()
            region = region['next']

    def placed(self, region):
        """The blocks of a region. Trouble where one cannot be: its header was overwritten."""
        if self.layout not in WALKS:
            raise Trouble(f'the layout {self.layout} is not known here; known are: {" ".join(WALKS)}')
        before = number(region['start'])
        end = number(region['end'])
        if not number(region['top']) and self.layout in ('meta', 'tag', 'wide'):
            return
        for block in WALKS[self.layout](region, int(self.value['config']['granule'])):
            if block.size <= 0 or block.start() < before or block.end() > end:
                raise Trouble(f'damaged: the block at {block.payload:#x} cannot have {block.size} bytes; the walk ends here')
            before = block.end()
            yield block

    def mapped(self):
        """Blocks with a mapping of their own, in address order: a search tree by address, lower side prev."""
        waiting, at, seen = [], self.value['mapped']['root'], 0
        while number(at) or waiting:
            while number(at):
                waiting.append(at)
                at = at['prev']
                seen += 1
                if seen > int(self.value['mapped_blocks']):
                    raise Trouble('damaged: more mapped blocks are linked than the heap has')
            at = waiting.pop()
            yield Block(number(at) + at.dereference().type.sizeof, int(at['size']), MAPPED, at.dereference().type.sizeof)
            at = at['next']

    def title(self):
        """Who this is, in a line."""
        layout = f'/{self.layout}' if self.layout != 'out-of-band' else ''
        return f'{self.policy}{layout} on {self.backend}'

    def summary(self):
        """What it holds, in a line."""
        if not self.value['ready']:
            return 'not used yet'
        value, regions = self.value, len(list(self.regions()))
        return (f'{int(value["live_blocks"])} live blocks, {int(value["live_bytes"])} bytes, '
                f'{int(value["mapped_blocks"])} of them mapped; {int(value["heap_bytes"])} bytes in {regions} '
                f'{"region" if regions == 1 else "regions"}')


def heap_type():
    """struct osm_heap, as the library's debug information has it."""
    try:
        return gdb.lookup_type('struct osm_heap')
    except gdb.error as error:
        raise Trouble('no debug information of libosmem is loaded: is it stripped, or has the program not begun?') from error


def known_policies():
    """The addresses of the policies in the tables of all libraries that are loaded."""
    found = set()
    for symbol in gdb.lookup_static_symbols('all_policies'):
        table = symbol.value()
        for i in range(table.type.range()[1] + 1):
            found.add(number(table[i]))
    return found - {0}


def default_heaps():
    """The heaps under os_malloc."""
    found = []
    for symbol in gdb.lookup_static_symbols('default_heap'):
        value = symbol.value()
        if value.type.strip_typedefs().tag == 'osm_heap':
            found.append(Heap(value))
    return found


def is_heap(address, kind):
    """Has what lies there a heap's form? Its policy is one already."""
    heap = gdb.Value(address).cast(kind.pointer()).dereference()
    return bool(heap['ready']) and number(heap['state']) == address + round_up(kind.sizeof, LINE) \
        and number(heap['policy_config']['regions']) == int(heap['regions'].address)


def created_heaps():
    """The heaps that osm_heap_create made, in address order."""
    kind, policies = heap_type(), known_policies()
    if not policies:
        return
    size, left = pointer_bytes(), MEGABYTES_MOST << 20
    place = next(field.bitpos // 8 for field in kind.fields() if field.name == 'policy')
    for start, end in writable_ranges():
        left -= end - start
        if left < 0:
            print(f'only {MEGABYTES_MOST} MiB were searched for heaps')
            return
        try:
            memory = read(start, end - start)
        except gdb.MemoryError:
            continue  # reserved, or not in the core file
        words = memoryview(memory)[:len(memory) // size * size].cast('Q' if size == 8 else 'I')
        for i in range(place // size, len(words), LINE // size):
            if words[i] in policies and is_heap(start + i * size - place, kind):
                yield Heap(gdb.Value(start + i * size - place).cast(kind.pointer()).dereference())


def all_heaps():
    """The default heaps, then the others."""
    return [*default_heaps(), *created_heaps()]


def chosen_heap(argument):
    """The heap that an argument means."""
    argument = argument.strip()
    if argument and not argument.startswith('#'):
        value = gdb.parse_and_eval(argument)
        if value.type.strip_typedefs().code != gdb.TYPE_CODE_STRUCT:
            value = value.cast(heap_type().pointer()).dereference()
        return Heap(value)
    heaps = all_heaps()
    if argument:
        if not argument[1:].isdigit() or not 0 < int(argument[1:]) <= len(heaps):
            raise Trouble(f'{argument}: there are {len(heaps)} heaps; `osmem heaps` lists them')
        return heaps[int(argument[1:]) - 1]
    used = [heap for heap in heaps if heap.value['ready']]
    if len(used) != 1:
        raise Trouble(f'which of {len(used)} heaps? `osmem heaps` lists them')
    return used[0]


# ---- Commands

class Prefix(gdb.Command):
    """Heaps and blocks of osmem: osmem heaps, walk, map, block."""

    def __init__(self):
        super().__init__('osmem', gdb.COMMAND_DATA, prefix=True)


class Heaps(gdb.Command):
    """osmem heaps: every heap of the program, with what it holds."""

    def __init__(self):
        super().__init__('osmem heaps', gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        """See the class."""
        heap_type()
        for n, heap in enumerate(all_heaps(), 1):
            print(f'#{n}  {heap.address:#x}  {heap.title()}: {heap.summary()}')


class Walk(gdb.Command):
    """osmem walk [HEAP]: the blocks of a heap in address order, mapped ones last."""

    def __init__(self):
        super().__init__('osmem walk', gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        """See the class."""
        heap = chosen_heap(argument)
        print(f'{heap.title()}: {heap.summary()}')
        for region in heap.regions():
            print(f'region {number(region["start"]):#x} to {number(region["end"]):#x}')
            for block in heap.placed(region):
                print(f'  {block}')
        for block in heap.mapped():
            print(f'  {block}')


class Map(gdb.Command):
    """osmem map [HEAP] [/WIDTH]: the regions of a heap as a picture: # live, . free, + both, a character for equal shares."""

    def __init__(self):
        super().__init__('osmem map', gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        """See the class."""
        width = re.search(r'/(\d+)\s*$', argument)
        heap = chosen_heap(argument[:width.start()] if width else argument)
        cells = int(width.group(1)) if width else 64
        if not cells:
            raise Trouble('a picture has one character at least')
        print(f'{heap.title()}: {heap.summary()}')
        for region in heap.regions():
            start, end = number(region['start']), number(region['end'])
            print(f'region {start:#x} to {end:#x}, {end - start} bytes, {max(1, (end - start) // cells)} a character')
            print(f'|{picture(list(heap.placed(region)), start, end, cells)}|')
        mapped = sum(1 for _ in heap.mapped())
        print(f'# live   . free   + both   {mapped} mapped')


def picture(blocks, start, end, cells):
    """A line of so many characters: what lies in each share of the region."""
    live, free = [False] * cells, [False] * cells
    for block in blocks:
        first = (block.start() - start) * cells // (end - start)
        last = (block.end() - 1 - start) * cells // (end - start)
        kind = free if block.state == FREE else live
        for i in range(first, last + 1):
            kind[i] = True
    return ''.join('+' if l and f else '#' if l else '.' if f else ' ' for l, f in zip(live, free))


class BlockOf(gdb.Command):
    """osmem block ADDRESS: the block that an address lies in, whose it is, its state and its neighbours."""

    def __init__(self):
        super().__init__('osmem block', gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        """See the class."""
        if not argument.strip():
            raise Trouble('an address is needed: osmem block ADDRESS')
        address = number(gdb.parse_and_eval(argument))
        for n, heap in enumerate(all_heaps(), 1):
            for region in heap.regions():
                if number(region['start']) <= address < number(region['end']):
                    tell(heap, n, list(heap.placed(region)), address, f'the region at {number(region["start"]):#x}')
                    return
            mapped = [block for block in heap.mapped() if block.start() <= address < block.end()]
            if mapped:
                tell(heap, n, mapped, address, 'a mapping of its own')
                return
        raise Trouble(f'{address:#x} lies in no heap')


def tell(heap, n, blocks, address, where):
    """What is at an address, with the blocks around it."""
    i = next((i for i, block in enumerate(blocks) if block.start() <= address < block.end()), None)
    if i is None:
        print(f'{address:#x} lies in no block, in {where}, of heap #{n}, {heap.title()}')
        return
    block, offset = blocks[i], address - blocks[i].payload
    place = 'the start' if offset == 0 else f'byte {offset}' if offset > 0 else 'the header'
    print(f'{address:#x} is {place} of a {block.state} block of {block.size} bytes at {block.payload:#x}')
    print(f'in {where}, of heap #{n} at {heap.address:#x}, {heap.title()}')
    for name, other in (('before', i - 1), ('behind', i + 1)):
        if 0 <= other < len(blocks):
            print(f'{name}: {blocks[other]}')


# ---- Pretty printers

class Printer:
    """A structure with a sentence before its members."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        """The sentence."""
        return SENTENCES[self.value.type.strip_typedefs().tag](self.value)

    def children(self):
        """The members as they are."""
        for field in self.value.type.strip_typedefs().fields():
            yield field.name, self.value[field.name]


def sentence_of_meta(value):
    """A header."""
    state = {0: FREE, 1: LIVE, 2: MAPPED}.get(int(value['status']), 'damaged')
    return f'{state}, {int(value["size"])} bytes'


SENTENCES = {
    'osm_heap': lambda value: f'{Heap(value).title()}: {Heap(value).summary()}',
    'osm_region': lambda value: f'{number(value["end"]) - number(value["start"])} bytes at {number(value["start"]):#x}',
    'osm_policy': lambda value: f'{text(value["name"])}, layout {text(value["layout"])}',
    'osm_backend': lambda value: text(value['name']),
    'osm_fault': lambda value: f'{str(value["kind"])} at {number(value["where"]):#x}: {text(value["detail"])}'
                               if int(value['kind']) else 'no fault',
    'block_meta': sentence_of_meta,
}


def begin():
    """The commands and printers; a second time changes nothing."""
    Prefix()
    for command in (Heaps, Walk, Map, BlockOf):
        command()
    printers = gdb.printing.RegexpCollectionPrettyPrinter('osmem')
    for name in SENTENCES:
        printers.add_printer(name, f'^{name}$', Printer)
    gdb.printing.register_pretty_printer(None, printers, replace=True)


begin()
