// SPDX-License-Identifier: BSD-3-Clause
// What osmem/heap.h promises, asked of the page's module under node: the library on a machine of 32 bits.
//
//     node conformance.mjs MODULE
//
// Every policy in every layout: a random program whose blocks are filled, compared and never overlap; limits of sizes;
// alignments; zeroed memory; all pairs of sizes of a resize; strangers; and each call to the backend refused in turn.
import { attempt, openEngine, randomFrom } from './report.mjs'

const engine = await openEngine(process.argv[2])
const heap = engine.exports
const MISUSES = 5 // pointers that are no blocks, a round

/** Live blocks as the program knows them: address -> {size, fill}. */
class Shadow {
  constructor (granule) {
    this.granule = granule
    this.blocks = new Map()
    this.filled = 0
  }

  bytes (p, n) {
    return new Uint8Array(heap.memory.buffer, p, n)
  }

  /** A block came: it is aligned, large enough, apart from all others; fill it. */
  enter (p, size, align, kept = 0, fill = 0) {
    const usable = heap.usable_size(p)
    if (p % Math.max(align, this.granule)) throw Error(`${p} is not aligned to ${Math.max(align, this.granule)}`)
    if (usable < size) throw Error(`${usable} bytes are usable of ${size}`)
    if (!heap.owns(p)) throw Error(`the heap does not own ${p}, which it gave out`)
    for (const [other, block] of this.blocks) {
      if (p < other + block.usable && other < p + usable) throw Error(`${p} and ${other} overlap`)
    }
    this.expect(p, kept, fill)
    const own = this.filled = (this.filled + 37) % 251 + 1
    this.bytes(p, usable).fill(own)
    this.blocks.set(p, { size, usable, fill: own })
  }

  expect (p, n, fill) {
    const wrong = this.bytes(p, n).findIndex(byte => byte !== fill)
    if (wrong >= 0) throw Error(`byte ${wrong} of ${p} has changed`)
  }

  alloc (size, align = 1) {
    const p = heap.alloc(align, size)
    if (p) this.enter(p, size, align)
    return p
  }

  /** What it holds is as it was written. */
  leave (p) {
    const block = this.blocks.get(p)
    this.expect(p, block.usable, block.fill)
    this.blocks.delete(p)
    return block
  }

  free (p) {
    this.leave(p)
    heap.free(p)
    if (heap.owns(p)) throw Error(`${p} is free and owned`)
  }

  resize (p, size) {
    const block = this.leave(p)
    const moved = heap.realloc(p, size)
    if (!moved) {
      this.expect(p, block.size, block.fill)
      this.blocks.set(p, { ...block, usable: heap.usable_size(p) })
      this.bytes(p, heap.usable_size(p)).fill(block.fill) // it may have taken in what lay behind it
      return 0
    }
    this.enter(moved, size, 1, Math.min(size, block.size), block.fill)
    return moved
  }

  verify () {
    if (!heap.check()) throw Error('osm_heap_check found a fault, or the heap reported a misuse')
    if (heap.live_blocks() !== this.blocks.size) throw Error(`${heap.live_blocks()} live blocks, not ${this.blocks.size}`)
  }

  freeAll () {
    for (const p of [...this.blocks.keys()]) this.free(p)
    this.verify()
  }
}

function open (number, setting) {
  const given = { granule: 16, arena: 1 << 18, map: 0, growth: 1, ...setting }
  const [least, most] = engine.policies[number].granules
  given.granule = Math.min(Math.max(given.granule, least), most)
  if (!engine.choose(number, given)) throw Error(`no heap with ${JSON.stringify(given)}`)
  return new Shadow(given.granule)
}

/** All goes back to the backend with the heap. */
function close () {
  const left = heap.destroy()
  if (left) throw Error(`${left} bytes were not given back`)
}

function randomProgram (number, setting, seed) {
  const shadow = open(number, setting)
  const random = randomFrom(seed)
  for (let step = 0; step < 300; step++) {
    const live = [...shadow.blocks.keys()]
    const size = 1 + random(1 << (1 + random(12)))
    const choice = random(10)
    if (choice < 5 || !live.length) shadow.alloc(size, random(6) ? 1 : 1 << random(10))
    else if (choice < 8) shadow.free(live[random(live.length)])
    else shadow.resize(live[random(live.length)], size)
    shadow.verify()
  }
  shadow.freeAll()
  close()
}

function limits (number) {
  const shadow = open(number, {})
  shadow.alloc(1)
  const [p] = shadow.blocks.keys()
  for (const size of [0xffffffff, 0xfffffff0, 0x80000000, 0x7fffffff, 0x7ffff000, 1 << 20]) {
    if (heap.alloc(1, size) || heap.calloc(1, size) || heap.alloc(4096, size) || heap.realloc(p, size)) {
      throw Error(`a block of ${size} bytes came from an arena of 256 KiB`)
    }
    shadow.verify()
  }
  if (heap.calloc(0x10000, 0x10000) || heap.calloc(0x10001, 0x10000) || heap.calloc(3, 0x55555556)) {
    throw Error('a product that overflows gave a block')
  }
  if (heap.alloc(1, 0) || heap.calloc(0, 8) || heap.calloc(8, 0)) throw Error('no bytes gave a block')
  for (const align of [0, 3, 24, 0xffffffff]) if (heap.alloc(align, 8)) throw Error(`alignment ${align} gave a block`)
  shadow.verify()
  shadow.freeAll()
  close()
}

function zeroed (number) {
  const shadow = open(number, {})
  for (const size of [1, 24, 100, 1000, 4096, 20000]) shadow.alloc(size)
  shadow.freeAll()
  for (const size of [1, 24, 100, 1000, 4096, 20000]) {
    const p = heap.calloc(1, size)
    shadow.enter(p, size, 1, size, 0)
  }
  shadow.verify()
  close()
}

function allPairs (number) {
  const sizes = [1, 40, 500, 3000, 9000]
  const shadow = open(number, { map: 4096 })
  for (const from of sizes) {
    for (const to of sizes) {
      const p = shadow.alloc(from)
      shadow.alloc(10)
      if (!shadow.resize(p, to)) throw Error(`from ${from} to ${to} failed`)
      shadow.freeAll()
    }
  }
  close()
}

/** No address in the heap but that of a live block is owned, and freeing what is none changes nothing. */
function strangers (number) {
  const shadow = open(number, {})
  const ps = [40, 100, 16, 300, 7].map(size => shadow.alloc(size))
  shadow.free(ps[1])
  shadow.free(ps[3])
  for (let at = ps[0] - 64; at < ps[4] + 512; at++) {
    if (!!heap.owns(at) !== shadow.blocks.has(at)) throw Error(`owns(${at}) is ${heap.owns(at)}`)
  }
  const figures = () => JSON.stringify([heap.live_blocks(), ...[...shadow.blocks.keys()].map(p => heap.usable_size(p))])
  const before = figures()
  for (const p of [ps[1], ps[3], ps[0] + 1, ps[2] + 4, 64].slice(0, MISUSES)) heap.free(p)
  if (figures() !== before) throw Error('a misuse changed the heap')
}

/** Refuse the first call that can fail, then the second, until none is left to refuse; a retry must work. */
function faults (number) {
  for (let nth = 1, failed = true; failed; nth++) {
    const shadow = open(number, { growth: 2, map: 2048, arena: 65536 })
    heap.fail(nth)
    for (const size of [100, 3000, 40, 900, 5000]) {
      if (shadow.alloc(size)) continue
      shadow.verify()
      if (!shadow.alloc(size)) throw Error(`call ${nth} refused: the retry of ${size} bytes failed`)
    }
    for (const p of [...shadow.blocks.keys()]) {
      if (!shadow.resize(p, 6000) && !shadow.resize(p, 6000)) throw Error(`call ${nth} refused: the second resize failed`)
      shadow.verify()
    }
    failed = heap.failures() > 0
    heap.fail(0)
    shadow.freeAll()
    close()
    if (nth > 100) throw Error('it never ends')
  }
}

for (const [number, policy] of engine.policies.entries()) {
  const name = `${policy.name} with ${policy.layout}, 32 bits`
  await attempt(`${name}: a random program`, () => randomProgram(number, {}, 7 + number))
  await attempt(`${name}: a random program with mappings and pages`, () => randomProgram(number, { map: 2048, growth: 2 }, number))
  await attempt(`${name}: a random program in a small arena`, () => randomProgram(number, { arena: 16384, growth: 0 }, 99 + number))
  await attempt(`${name}: a random program with a granule of 64`, () => randomProgram(number, { granule: 64 }, 5 * number))
  await attempt(`${name}: sizes and alignments at their limits`, () => limits(number))
  await attempt(`${name}: zeroed memory`, () => zeroed(number))
  await attempt(`${name}: resizes between all sizes`, () => allPairs(number))
  await attempt(`${name}: strangers`, () => strangers(number))
  await attempt(`${name}: refused calls`, () => faults(number))
}
