// SPDX-License-Identifier: BSD-3-Clause
// What the explorer's tests share: a case is a line of JSON, which check_explorer.py reads; random numbers with a seed.
import { readFileSync } from 'node:fs'
import { Engine } from '../../docs/explorer/page/engine.js'

/** Report a case; `detail` says what is wrong. */
export function report (name, ok, detail = '') {
  console.log(JSON.stringify({ name, ok, detail: ok ? '' : String(detail) }))
}

/** Run a case: it fails with what it throws, or with what it returns if that is a text. */
export async function attempt (name, test) {
  try {
    const wrong = await test()
    report(name, !wrong, wrong)
  } catch (error) {
    report(name, false, error.stack)
  }
}

/** An engine over a fresh instance of the module in a file. */
export async function openEngine (path) {
  return new Engine(await WebAssembly.instantiate(await WebAssembly.compile(readFileSync(path))))
}

/** Random whole numbers below n, the same ones for the same seed (mulberry32). */
export function randomFrom (seed) {
  return n => {
    seed = (seed + 0x6D2B79F5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % n
  }
}
