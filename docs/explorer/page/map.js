// SPDX-License-Identifier: BSD-3-Clause
// The map of a heap: memory in rows, to scale, with headers, payloads, slack, free blocks and the rover.
import { element, escapeText, hueOf, label, widthOf } from './draw.js'

const GUTTER = 46
const GAP = 15

/** How many bytes a row has, and how high it is, for an arena and a width in pixels. */
export function rowsFor (arena, width) {
  let rows = arena <= 2048 ? 4 : arena <= 16384 ? 8 : arena <= 262144 ? 16 : 32
  if (width < 440) rows *= 2
  let perRow = 128
  while (perRow * rows < arena) perRow *= 2
  return { perRow, count: Math.ceil(arena / perRow), height: rows <= 8 ? 34 : rows <= 16 ? 26 : 18 }
}

/** The parts of [from, to) that lie in each row. */
function * partsOf (from, to, perRow) {
  while (from < to) {
    const row = Math.floor(from / perRow)
    const end = Math.min(to, (row + 1) * perRow)
    yield { row, from: from - row * perRow, to: end - row * perRow }
    from = end
  }
}

class Sheet {
  constructor (arena, width) {
    Object.assign(this, rowsFor(arena, width))
    this.width = width
    this.scale = (width - GUTTER - 2) / this.perRow
    this.out = []
  }

  y (row) {
    return 6 + row * (this.height + GAP)
  }

  x (offset) {
    return GUTTER + offset * this.scale
  }

  box (from, to, style, attributes = {}) {
    for (const part of partsOf(from, to, this.perRow)) {
      this.out.push(element('rect', {
        class: style,
        x: this.x(part.from),
        y: this.y(part.row),
        width: Math.max((part.to - part.from) * this.scale, 0.6),
        height: this.height,
        ...attributes
      }))
    }
  }

  /** A label in the widest of a block's parts, if it fits. */
  label (from, to, choices, style) {
    const widest = [...partsOf(from, to, this.perRow)].reduce((a, b) => b.to - b.from > a.to - a.from ? b : a)
    const room = (widest.to - widest.from) * this.scale
    const text = choices.find(choice => widthOf(choice) + 4 <= room)
    if (!text || this.height < 18) return
    const x = this.x((widest.from + widest.to) / 2)
    this.out.push(label(x, this.y(widest.row) + this.height / 2 + 4, text, { class: style, 'text-anchor': 'middle' }))
  }
}

function describe ([at, size, header, kind, name, asked]) {
  const head = header ? `, header of ${header}` : ''
  if (kind === 'free') return `free: ${size} bytes at ${at}${head}`
  return `${name}: asked for ${asked}, has ${size} bytes at ${at}${head}`
}

function drawBlock (sheet, block, touched) {
  const [at, size, header, kind, name, asked] = block
  const begin = sheet.out.length
  if (header) sheet.box(at - header, at, 'header')
  if (kind === 'free') {
    sheet.box(at, at + size, 'free')
    sheet.label(at, at + size, [`${size} free`, `${size}`], 'quiet')
  } else {
    const hue = `--hue:${hueOf(name || 'a').toFixed(0)}`
    sheet.box(at, at + size, name === touched ? 'live touched' : 'live', { style: hue })
    if (asked < size) sheet.box(at + asked, at + size, 'slack')
    sheet.label(at, at + size, [`${name} ${asked}`, name], 'name')
  }
  const inside = `<title>${escapeText(describe(block))}</title>${sheet.out.splice(begin).join('')}`
  const isButton = kind === 'live' && name
  sheet.out.push(element('g', {
    class: `block ${kind}`,
    'data-name': isButton ? name : undefined,
    tabindex: isButton ? 0 : undefined,
    role: isButton ? 'button' : undefined,
    'aria-label': describe(block)
  }, inside))
}

/** The order in which the search looked: a number at the first byte of each block, the lowest for many. */
function drawLooks (sheet, state) {
  const seen = new Set()
  const taken = state.blocks.find(block => block[0] === state.to && block[3] === 'live')
  const isSearched = taken && state.to !== state.from
  const last = isSearched && !state.backend.some(call => call[0] === 'grow') ? [taken[0] - taken[2]] : []
  for (const start of [...state.looked, ...last]) {
    if (seen.has(start) || seen.size >= 99) continue
    seen.add(start)
    const row = Math.floor(start / sheet.perRow)
    const x = sheet.x(start - row * sheet.perRow) + 6
    const y = sheet.y(row) + sheet.height + 8
    sheet.out.push(element('circle', { class: start === last[0] ? 'look taken' : 'look', cx: x, cy: y, r: 6 }) +
      label(x, y + 3, seen.size, { class: 'look-number', 'text-anchor': 'middle' }))
  }
}

function drawRover (sheet, rover) {
  const row = Math.min(Math.floor(rover / sheet.perRow), sheet.count - 1)
  const x = sheet.x(rover - row * sheet.perRow)
  const y = sheet.y(row) + sheet.height
  sheet.out.push(`<g class="rover"><title>the rover, at ${rover}</title>` +
    `<path d="M${x.toFixed(1)} ${y + 1} l6 10 h-12 z"/></g>`)
}

/** The map as SVG markup. `touched` is the name that the last operation was about. */
export function drawMap (state, width, touched) {
  const sheet = new Sheet(state.arena, width)
  sheet.box(0, state.arena, 'unbought')
  for (const [from, to] of state.regions) sheet.box(from, to, 'bought')
  for (let row = 0; row < sheet.count; row++) {
    sheet.out.push(label(GUTTER - 6, sheet.y(row) + sheet.height / 2 + 4, row * sheet.perRow,
      { class: 'offset', 'text-anchor': 'end' }))
  }
  for (const block of state.blocks) if (block[3] !== 'mapped') drawBlock(sheet, block, touched)
  if (state.blocks.length <= 400) drawLooks(sheet, state)
  if (state.rover !== null) drawRover(sheet, state.rover)
  const height = sheet.y(sheet.count) + 2
  return element('svg', {
    class: sheet.scale < 0.25 ? 'map dense' : 'map',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'group',
    'aria-label': `The heap of ${state.policy}: ${state.stats.liveBlocks} live and ${state.stats.freeBlocks} free blocks`
  }, sheet.out.join(''))
}

/** Mapped blocks stand beside the regions: a box each. */
export function drawMapped (state, touched) {
  const mapped = state.blocks.filter(block => block[3] === 'mapped')
  if (!mapped.length) return ''
  const items = mapped.map(block => element('button', {
    class: block[4] === touched ? 'mapped touched' : 'mapped',
    type: 'button',
    style: `--hue:${hueOf(block[4]).toFixed(0)}`,
    'data-name': block[4],
    'aria-label': describe(block)
  }, escapeText(`${block[4]} ${block[5]}`)))
  return `<p class="mappings">Mappings of their own: ${items.join(' ')}</p>`
}
