// SPDX-License-Identifier: BSD-3-Clause
// Judges links to states of the explorer: node links.mjs MODULE < LINKS
//
// A link a line, as `WHERE FRAGMENT`. What is wrong with one is printed after its WHERE: a setting or policy that does not
// exist, a heap that cannot begin, a word that is no operation, a place behind the program's end. A program `@id` is one
// of the page's own.
import { readFileSync } from 'node:fs'
import { Engine } from './page/engine.js'
import { DEFAULTS, parseLink } from './page/link.js'

const engine = new Engine(await WebAssembly.instantiate(await WebAssembly.compile(readFileSync(process.argv[2]))))

function wrongWith (fragment) {
  for (const key of new URLSearchParams(fragment.replace(/^#/, '')).keys()) if (!(key in DEFAULTS)) return `there is no setting ${key}`
  const link = parseLink(fragment)
  if (link.program.startsWith('@')) return ''
  for (const policy of [link.left, link.right].filter(Boolean)) {
    const place = engine.find(...policy.split('/'))
    if (place < 0) return `there is no policy ${policy}`
    if (!engine.choose(place, link)) return `${policy} cannot begin with these settings`
    const wrongAt = engine.read(link.program)
    if (wrongAt >= 0) return `no operation: ${link.program.slice(wrongAt)}`
    if (link.at > engine.length) return `the program has ${engine.length} operations, not ${link.at}`
  }
  return ''
}

for (const line of readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const [where, fragment] = line.split(' ')
  const wrong = wrongWith(fragment)
  if (wrong) console.log(`${where}: ${fragment}: ${wrong}`)
}
