// SPDX-License-Identifier: BSD-3-Clause
// The states that the page's module reports are those of its native twin, for every policy, after every operation:
//
//     node states.mjs MODULE TWIN BITS
//
// With a twin of 32 bits the reports must be the same to the letter. With one of 64 bits addresses are wider: there the
// blocks, the answers and the figures of every policy must be the same in the layouts whose headers are as large
// everywhere; and what a search looked at where the policy walks, since an index is laid out by the width of a word.
import { execFileSync } from 'node:child_process'
import { attempt, openEngine, randomFrom, report } from './report.mjs'

const [module, twin, bits] = process.argv.slice(2)
const engine = await openEngine(module)
const NARROW = ['meta', 'tag', 'bitmap', 'out-of-band'] // layouts whose headers are as large everywhere

/** A random program: requests, resizes and frees of a dozen names, and now and then a backend that refuses. */
function program (seed, length, largest) {
  const random = randomFrom(seed)
  const words = []
  for (let i = 0; i < length; i++) {
    const name = String.fromCharCode(97 + random(16)) + ['', 'A', 'BC'][random(3)]
    const size = 1 + random(random(4) ? Math.floor(largest / 8) : largest)
    const choice = random(40)
    if (choice < 15) words.push(`${name}${size}`)
    else if (choice < 18) words.push(`c${name}${size}`)
    else if (choice < 20) words.push(`${name}${size}@${32 << random(3)}`)
    else if (choice < 26) words.push(`r${name}${size}`)
    else if (choice < 38) words.push(`f${name}`)
    else words.push(random(2) ? 'serve' : 'refuse')
  }
  return words.join(' ')
}

const STREAM = 'a160 b32 c96 d32 fa fc e80 f150 fb g300 rg200 rg280 ra20 fe fe z999999 b40@64'

/** Settings and programs for a policy; its granule is one that it has on both machines. */
function jobsFor (number) {
  const { granules, layout } = engine.policies[number]
  const jobs = [
    [granules[0] > 16 ? granules[0] : 16, 1024, 0, 0, STREAM],
    [64, 16384, 0, 1, program(number + 1, 90, 900)],
    [32, 65536, 0, 2, program(number + 100, 90, 3000)],
    [granules[0], 8192, bits === '32' ? 1024 : 0, 1, program(number + 200, 60, 2000)]
  ]
  // The smallest granule is another one where a free block must hold two addresses.
  return bits === '32' || layout === 'tag' ? jobs : jobs.slice(0, 3)
}

/** Of a state what must be the same on a machine with wider addresses. */
function comparable (state, isScan) {
  if (bits === '32') return state
  const { index, looked, sentence, backend, stats: { steps, ...stats }, ...rest } = JSON.parse(state)
  const grown = backend.filter(call => call[0] === 'grow') // the others are for metadata
  return JSON.stringify({ ...rest, grown, stats, ...(isScan ? { looked, sentence, steps } : {}) })
}

/** The first difference between the module and the twin, or ''. */
function compare (number) {
  const jobs = jobsFor(number)
  const input = jobs.map(job => [number, ...job].join(' ')).join('\n') + '\n'
  const lines = execFileSync(twin, { input, maxBuffer: 1 << 28 }).toString().trimEnd().split('\n')
  let line = 0
  for (const [granule, arena, map, growth, text] of jobs) {
    if (!engine.choose(number, { granule, arena, map, growth })) return `granule ${granule}: the heap could not begin`
    if (engine.read(text) >= 0) return `the program is none: ${text}`
    for (let k = 0; k <= engine.length; k++, line++) {
      const here = comparable(JSON.stringify(engine.state(k)), engine.policies[number].scan)
      const there = comparable(lines[line] ?? 'null', engine.policies[number].scan)
      if (here !== there) return `after ${k} of ${text}\nmodule ${here}\ntwin   ${there}`
    }
  }
  return line === lines.length ? '' : `the twin said ${lines.length} lines, not ${line}`
}

const natives = JSON.parse(execFileSync(twin, ['policies']).toString())
report(`the module has the policies of the library (${bits} bits)`,
  JSON.stringify(natives.map(p => [p.name, p.layout])) === JSON.stringify(engine.policies.map(p => [p.name, p.layout])))
for (const [number, policy] of engine.policies.entries()) {
  if (bits === '64' && !NARROW.includes(policy.layout)) continue
  await attempt(`${policy.name} with ${policy.layout}: the states are those of the native library of ${bits} bits`,
    () => compare(number))
}
