// SPDX-License-Identifier: BSD-3-Clause
// The module with the allocator in it: one instance is one heap.

/** How a heap buys memory, in the order of enum stage_growth. */
export const GROWTHS = ['at once', 'exactly', 'in pages']

export class Engine {
  /** Over an instance of the module. */
  constructor (instance) {
    this.exports = instance.exports
    this.policies = this.#answer(this.exports.policies())
    this.length = 0
  }

  #answer (length) {
    const bytes = new Uint8Array(this.exports.memory.buffer, this.exports.answer(), length)
    return JSON.parse(new TextDecoder().decode(bytes))
  }

  /** The place of a policy in the list, -1 if there is none such. */
  find (name, layout) {
    return this.policies.findIndex(policy => policy.name === name && policy.layout === layout)
  }

  /** Begin a heap. False: this policy has no such granule, or the arena is too small. */
  choose (policy, { granule, arena, map, growth }) {
    return this.exports.choose(policy, granule, arena, map, growth) === 1
  }

  /** Read a program. Returns where the first word is that is none, or -1. */
  read (program) {
    const bytes = new TextEncoder().encode(program + '\0')
    new Uint8Array(this.exports.memory.buffer, this.exports.script(), bytes.length).set(bytes)
    this.length = this.exports.read()
    return this.exports.error() - 1
  }

  /** The state after so many operations; null if the heap could not begin. */
  state (count) {
    return this.#answer(this.exports.state(count))
  }

  /** The figures before the first operation and after each: a list of {asked, live, ...}. */
  series () {
    const names = ['asked', 'live', 'free', 'freeBlocks', 'largestFree', 'heap', 'extent', 'outcome']
    const at = this.exports.series()
    const numbers = new Uint32Array(this.exports.memory.buffer, at, (this.length + 1) * names.length)
    return Object.fromEntries(names.map((name, i) =>
      [name, Array.from({ length: this.length + 1 }, (_, k) => numbers[k * names.length + i])]))
  }
}
