// SPDX-License-Identifier: BSD-3-Clause
// The free index as the policy keeps it: a list, bins and a tree, maxima, or the buddy's tree and lists.
import { element, escapeText, hueOf, label } from './draw.js'

const SHOWN = 60 // of what may be many

/** Payload sizes of the free blocks by place. */
function sizesOf (state) {
  return new Map(state.blocks.filter(block => block[3] === 'free').map(block => [block[0], block[1]]))
}

function chain (places, sizes) {
  const shown = places.slice(0, SHOWN).map(at => `<li><b>${sizes.get(at)}</b> at ${at}</li>`)
  if (places.length > SHOWN) shown.push(`<li>and ${places.length - SHOWN} more</li>`)
  return shown.length ? `<ol class="chain">${shown.join('')}</ol>` : '<p class="quiet">nothing</p>'
}

/** Nodes of a nested [place, left, right], in order, each with its depth and its parent's number. */
function flatten (tree) {
  const nodes = []
  const walk = (node, depth, parent) => {
    if (!node || nodes.length >= SHOWN) return
    const own = { at: node[0], depth }
    walk(node[1], depth + 1, own)
    own.x = nodes.length
    own.parent = parent
    nodes.push(own)
    walk(node[2], depth + 1, own)
  }
  walk(tree, 0, null)
  return nodes
}

function drawTree (tree, sizes) {
  const nodes = flatten(tree)
  if (!nodes.length) return '<p class="quiet">nothing</p>'
  const x = node => 30 + node.x * 48
  const y = node => 14 + node.depth * 38
  const lines = nodes.filter(node => node.parent).map(node =>
    element('line', { x1: x(node.parent), y1: y(node.parent), x2: x(node), y2: y(node) }))
  const boxes = nodes.map(node => `<g><title>${sizes.get(node.at)} bytes at ${node.at}</title>` +
    element('rect', { class: 'node', x: x(node) - 22, y: y(node) - 11, width: 44, height: 22, rx: 5 }) +
    label(x(node), y(node) + 4, sizes.get(node.at), { 'text-anchor': 'middle' }) + '</g>')
  const width = 60 + (nodes.length - 1) * 48
  const height = 30 + Math.max(...nodes.map(node => node.depth)) * 38
  return `<div class="scroll">${element('svg', {
    class: 'tree', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': 'The tree of large free blocks'
  }, lines.join('') + boxes.join(''))}</div>`
}

function binChain (bin, sizes) {
  const places = bin.list
  return `<tr><th>${bin.size}</th><td>${chain(places, sizes)}</td></tr>`
}

function drawSize (index, sizes) {
  const hand = index.hand === null ? 'empty' : `<b>${sizes.get(index.hand)}</b> at ${index.hand}`
  const bins = index.bins.length
    ? `<table class="bins">${index.bins.slice(0, SHOWN).map(bin => binChain(bin, sizes)).join('')}</table>`
    : '<p class="quiet">all empty</p>'
  return `<p>In the hand, filed nowhere yet: ${hand}</p><h4>Bins, one a size</h4>${bins}` +
    `<h4>The balanced tree of larger ones, by size</h4>${drawTree(index.large, sizes)}`
}

function drawAddress (index, sizes) {
  const hand = index.hand === null ? 'empty' : `<b>${sizes.get(index.hand)}</b> at ${index.hand}`
  const most = Math.max(1, ...index.regions.flatMap(region => region.levels.flat()))
  const rows = index.regions.flatMap(region => region.levels.map((level, i) => {
    const cells = level.slice(0, SHOWN).map(max =>
      `<td style="--share:${(max / most).toFixed(2)}" title="${max} bytes">${max || '·'}</td>`)
    if (level.length > SHOWN) cells.push(`<td>and ${level.length - SHOWN} more</td>`)
    return `<tr><th>level ${i}</th>${cells.join('')}</tr>`
  }).reverse())
  const piece = index.regions.length ? index.regions[0].piece : 0
  return `<p>In the hand, filed nowhere yet: ${hand}</p>` +
    `<h4>The largest free block, header included, that starts in each piece of ${piece} bytes</h4>` +
    `<div class="scroll"><table class="maxima">${rows.join('')}</table></div>`
}

/** The buddy's tree: a row for each order, from the arena down to the smallest block. */
function drawBuddies (state, width) {
  const whole = state.arena
  const blocks = state.blocks
  if (!blocks.length) return ''
  const least = Math.max(Math.min(...blocks.map(block => block[1])), whole / 256)
  const rows = []
  const scale = (width - 68) / whole
  let y = 4
  let top = 1
  while (top < whole) top *= 2
  for (let size = top; size >= least; size /= 2, y += 30) {
    rows.push(label(60, y + 15, size, { class: 'offset', 'text-anchor': 'end' }))
    for (let at = 0; at < whole; at += size) {
      const inside = blocks.filter(block => block[0] >= at && block[0] < at + size)
      const own = inside.length === 1 && inside[0][1] === size ? inside[0] : null
      if (!own && inside.length < 2) continue
      const box = { x: 66 + at * scale, y, width: size * scale, height: 22, rx: 3 }
      if (own && own[3] !== 'free') {
        rows.push(element('rect', { ...box, class: 'live', style: `--hue:${hueOf(own[4]).toFixed(0)}` }))
      } else rows.push(element('rect', { ...box, class: own ? 'free' : 'split' }))
      const text = own ? (own[3] === 'free' ? 'free' : own[4]) : 'split'
      if (box.width > text.length * 7 + 4) {
        rows.push(label(box.x + box.width / 2, y + 15, text, { class: own ? 'name' : 'quiet', 'text-anchor': 'middle' }))
      }
    }
  }
  return element('svg', {
    class: 'tree', width, height: y, viewBox: `0 0 ${width} ${y}`, role: 'img', 'aria-label': 'The buddy tree'
  }, rows.join(''))
}

function drawBuddy (state, sizes, width) {
  const lists = state.index.orders.map(order => binChain(order, sizes))
  return `<h4>The tree: halves of halves</h4>${drawBuddies(state, width)}` +
    '<h4>The lists of free blocks, one an order, the last freed first</h4>' +
    (lists.length ? `<table class="bins">${lists.join('')}</table>` : '<p class="quiet">all empty</p>')
}

/** What the policy keeps to find free blocks, as markup. */
export function drawIndex (state, width) {
  const sizes = sizesOf(state)
  switch (state.index.kind) {
    case 'scan':
      return `<p>It keeps nothing: a search walks over all ${state.blocks.length} blocks. The free ones among them:</p>` +
        chain([...sizes.keys()], sizes)
    case 'list':
      return '<p>One list of all free blocks, the last freed first:</p>' + chain(state.index.blocks, sizes)
    case 'size':
      return drawSize(state.index, sizes)
    case 'address':
      return drawAddress(state.index, sizes)
    case 'buddy':
      return drawBuddy(state, sizes, width)
    default:
      return `<p class="quiet">${escapeText(state.policy)} keeps an index of its own.</p>`
  }
}
