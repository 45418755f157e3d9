// SPDX-License-Identifier: BSD-3-Clause
// One heap with its pictures: the choice of policy, the map, the sentence, the figures, the index.
import { Engine } from './engine.js'
import { escapeText } from './draw.js'
import { drawIndex } from './index.js'
import { joinPolicy, splitPolicy } from './link.js'
import { drawMap, drawMapped } from './map.js'

const FAMILIES = {
  'first-fit': 'First fit',
  'next-fit': 'Next fit',
  'best-fit': 'Best fit',
  'best-fit-lifo': 'Best fit, last freed first',
  buddy: 'Buddy'
}

/** Shares in percent, from the figures of a series at one place. */
export function sharesOf (series, at) {
  const heap = series.heap[at]
  const free = series.free[at]
  return {
    utilisation: heap ? 100 * series.live[at] / heap : 0,
    fragmentation: free ? 100 * (1 - series.largestFree[at] / free) : 0
  }
}

function options (values, chosen, name = value => value) {
  return values.map(value =>
    `<option value="${escapeText(value)}"${value === chosen ? ' selected' : ''}>${escapeText(name(value))}</option>`).join('')
}

export class Side {
  constructor (instance, root, onChoice, onBlock) {
    this.engine = new Engine(instance)
    this.root = root
    this.onChoice = onChoice
    this.onBlock = onBlock
    this.root.addEventListener('change', event => {
      if (event.target.closest('.choice')) this.#chosen(event.target)
    })
    this.root.addEventListener('click', event => this.#onPress(event))
    this.root.addEventListener('keydown', event => {
      if (event.key === 'Enter' && event.target.closest('.block')) this.#onPress(event)
    })
  }

  #part (name) {
    return this.root.querySelector(`.${name}`)
  }

  #onPress (event) {
    const name = event.target.closest('[data-name]')?.dataset.name
    if (name) this.onBlock(name)
  }

  #families () {
    return [...new Set(this.engine.policies.map(policy => splitPolicy(policy.name).family))]
  }

  #layouts (family) {
    return [...new Set(this.engine.policies
      .filter(policy => splitPolicy(policy.name).family === family).map(policy => policy.layout))]
  }

  /** What the three choices say now; a layout or a search that the family lacks becomes one that it has. */
  #chosen (changed) {
    const read = name => this.#part(name).value
    const choice = { family: read('family'), layout: read('layout'), scan: read('search') === 'scan' }
    if (!this.#layouts(choice.family).includes(choice.layout)) choice.layout = this.#layouts(choice.family)[0]
    if (this.engine.find(...joinPolicy(choice).split('/')) < 0) choice.scan = false
    this.onChoice(joinPolicy(choice), changed)
  }

  #showChoice (text) {
    const { family, scan, layout } = splitPolicy(text)
    const hasScan = this.engine.find(`${family}-scan`, layout) >= 0
    this.#part('family').innerHTML = options(this.#families(), family, value => FAMILIES[value] ?? value)
    this.#part('layout').innerHTML = options(this.#layouts(family), layout)
    this.#part('search').innerHTML = options(hasScan ? ['scan', 'fast'] : ['fast'], scan ? 'scan' : 'fast',
      value => value === 'scan' ? 'textbook walk' : 'index')
    this.#part('search').disabled = !hasScan
  }

  /** A heap for these settings and this program. Returns what is wrong, or ''. */
  open (policy, link, program) {
    let place = this.engine.find(...policy.split('/'))
    if (place < 0) {
      policy = 'first-fit-scan/tag'
      place = this.engine.find(...policy.split('/'))
    }
    this.policy = policy
    this.#showChoice(policy)
    const { granules } = this.engine.policies[place]
    this.works = this.engine.choose(place, link)
    const wrongAt = this.engine.read(program)
    this.series = this.works ? this.engine.series() : null
    this.wrong = this.works
      ? ''
      : `${policy.replace('/', ' with ')} has granules of ${granules[0]} to ${granules[1]} bytes, not of ${link.granule}.`
    return wrongAt
  }

  /** Show the state after so many operations. */
  show (at, touched) {
    const width = Math.max(280, Math.floor(this.root.clientWidth) - 26)
    if (!this.works) {
      this.#part('picture').innerHTML = ''
      this.#part('sentence').textContent = this.wrong
      this.#part('figures').innerHTML = ''
      this.#part('index').innerHTML = ''
      this.state = null
      return
    }
    const state = this.state = this.engine.state(at)
    const focused = this.root.contains(document.activeElement) && document.activeElement.dataset.name
    this.#part('picture').innerHTML = drawMap(state, width, touched) + drawMapped(state, touched)
    if (focused) this.root.querySelector(`[data-name="${focused}"]`)?.focus()
    this.#part('sentence').textContent = state.sentence || 'An empty heap: nothing was asked for yet.'
    this.#part('sentence').classList.toggle('failed', !['nothing', 'done'].includes(state.outcome))
    this.#part('figures').innerHTML = this.#figures(state, at)
    this.#part('index').innerHTML = drawIndex(state, width)
  }

  #figures (state, at) {
    const { stats } = state
    const shares = sharesOf(this.series, at)
    const headers = state.blocks.reduce((sum, block) => sum + (block[3] === 'mapped' ? 0 : block[2]), 0)
    const calls = state.backend.filter(call => call[0] === 'grow' || call[0] === 'map')
    return [
      ['asked for', stats.asked, 'bytes of all live blocks, as the program asked for them'],
      ['slack', stats.live - stats.asked, 'bytes of live blocks that nobody asked for: internal fragmentation'],
      ['headers', headers, 'bytes of all headers in regions'],
      ['free', `${stats.free} in ${stats.freeBlocks}`, 'bytes in free blocks'],
      ['utilisation', `${shares.utilisation.toFixed(0)}%`, 'bytes of live blocks by bytes that the heap has'],
      ['fragmentation', `${shares.fragmentation.toFixed(0)}%`, '1 - largest free block / free bytes: external fragmentation'],
      ['reaches to', stats.extent, 'where the highest live block ends'],
      ['most', Math.max(...this.series.extent.slice(0, at + 1)), 'the highest that it ever reached'],
      ['steps', stats.steps, 'blocks and nodes of an index that this operation looked at'],
      ['backend', calls.map(call => `${call[0]} ${call[1]}${call[2] ? '' : ' refused'}`).join(', ') || 'not asked',
        'what was asked of the backend']
    ].map(([name, value, title]) => `<div title="${escapeText(title)}"><dt>${name}</dt><dd>${escapeText(value)}</dd></div>`).join('')
  }
}
