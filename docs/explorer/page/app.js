// SPDX-License-Identifier: BSD-3-Clause
// The page: what is set, which operation is shown, and everything that a person can press.
import { Curves } from './curves.js'
import { bytes, escapeText } from './draw.js'
import { formatLink, parseLink } from './link.js'
import { Side } from './side.js'

const ARENAS = [256, 512, 1024, 2048, 4096, 8192, 16384, 65536, 262144, 524288, 1048576]
const GRANULES = [4, 8, 16, 32, 64, 128]
const CHIPS = 120 // chips of a program beside the one that is shown

const find = id => document.getElementById(id)

/** The name that an operation is about, or ''. */
function nameIn (operation) {
  return /^(?:[cfr](?=[a-z]))?([a-z][A-Z]{0,2})/.exec(operation ?? '')?.[1] ?? ''
}

/** What an operation says, in words for a label. */
function inWords (operation) {
  const name = nameIn(operation)
  if (operation === 'refuse' || operation === 'serve') return `backend: ${operation}`
  if (/^f[a-z]/.test(operation)) return `free ${name}`
  const number = operation.replace(/^(?:[cr](?=[a-z]))?[a-z][A-Z]{0,2}/, '')
  if (/^c[a-z]/.test(operation)) return `${name} = ${number} zeroed`
  return /^r[a-z]/.test(operation) ? `${name} → ${number}` : `${name} = ${number}`
}

class App {
  constructor (instances, uPlot, examples) {
    this.examples = examples
    this.timer = 0
    const onBlock = name => this.onBlock(name)
    this.left = new Side(instances[0], find('left'), policy => this.change({ left: policy }), onBlock)
    this.right = new Side(instances[1], find('right'), policy => this.change({ right: policy }), onBlock)
    this.curves = new Curves(find('curves'), uPlot, at => this.go(at))
    this.fillChoices()
    this.listen()
  }

  fillChoices () {
    const option = (value, text) => `<option value="${value}">${text}</option>`
    find('arena').innerHTML = ARENAS.map(n => option(n, `${bytes(n)}`)).join('')
    find('granule').innerHTML = GRANULES.map(n => option(n, n)).join('')
    const groups = [...new Set(this.examples.map(example => example.group))]
    find('example').innerHTML = option('', 'Choose an example …') + groups.map(group =>
      `<optgroup label="${group}">${this.examples.map((example, i) =>
        example.group === group ? option(i, escapeText(example.title)) : '').join('')}</optgroup>`).join('')
  }

  // ---- What is set

  /** Begin with the settings of an address. */
  begin (fragment) {
    this.link = parseLink(fragment.length > 1 ? fragment : this.examples[0].link)
    if (fragment.length <= 1) this.showExample(0)
    document.documentElement.classList.toggle('embed', this.link.embed === 1)
    this.open()
  }

  /** Change settings or the program, and show the result. */
  change (changes) {
    this.link = { ...this.link, ...changes }
    this.open()
  }

  open () {
    const { link } = this
    this.program = this.examples.find(example => `@${example.id}` === link.program)?.program ?? link.program
    this.operations = this.program.split(/\s+/).filter(Boolean)
    link.at = Math.min(link.at, this.operations.length)
    const wrongAt = this.left.open(link.left, link, this.program)
    find('right').hidden = !link.right
    find('compare').checked = !!link.right
    if (link.right) this.right.open(link.right, link, this.program)
    this.showWrong(wrongAt)
    this.showSettings()
    this.curves.open(this.sides().map(side => ({ name: side.policy, series: side.series })))
    this.show()
  }

  sides () {
    return this.link.right ? [this.left, this.right] : [this.left]
  }

  showWrong (wrongAt) {
    const word = wrongAt < 0 ? '' : /^\S*/.exec(this.program.slice(wrongAt))[0]
    find('wrong').textContent = word && `“${word}” is no operation: the program ends before it.`
    if (wrongAt >= 0) this.operations.length = this.left.engine.length
    this.link.at = Math.min(this.link.at, this.operations.length)
  }

  showSettings () {
    for (const key of ['arena', 'granule', 'growth', 'map']) find(key).value = this.link[key]
    if (document.activeElement !== find('program')) find('program').value = this.program
    find('place').max = this.operations.length
    document.querySelector('main').classList.toggle('two', !!this.link.right)
  }

  // ---- What is shown

  show () {
    const { at } = this.link
    const operation = this.operations[at - 1]
    for (const side of this.sides()) side.show(at, nameIn(operation))
    find('place').value = at
    find('count').textContent = `${at} of ${this.operations.length}`
    find('refuse').checked = this.left.state?.refusing ?? false
    this.showProgram()
    this.curves.show(at)
    const fragment = formatLink(this.link)
    if (location.hash !== fragment) history.replaceState(null, '', fragment)
    find('open').href = formatLink({ ...this.link, embed: 0 })
    document.documentElement.dataset.shown = location.hash
    this.tellHeight()
  }

  /** The program as chips, those around the place; the one shown last is marked. */
  showProgram () {
    const { at } = this.link
    const from = Math.max(0, at - CHIPS)
    const shown = this.operations.slice(from, at + CHIPS)
    find('chips').innerHTML = (from ? '<li class="quiet">…</li>' : '') + shown.map((operation, i) => {
      const number = from + i + 1
      const style = number === at ? 'now' : number > at ? 'later' : ''
      return `<li><button type="button" class="${style}" data-at="${number}"` +
        `${number === at ? ' aria-current="step"' : ''}>${escapeText(inWords(operation))}</button></li>`
    }).join('')
    const now = find('chips').querySelector('.now')
    if (now) find('chips').scrollLeft = now.offsetLeft - find('chips').clientWidth / 2
  }

  go (at) {
    const place = Math.max(0, Math.min(this.operations.length, at))
    if (place !== this.link.at) {
      this.link.at = place
      this.show()
    }
  }

  // ---- What is played

  /** Operations a second. */
  speed () {
    return Math.round(10 ** (find('speed').value / 50) * 2) / 2
  }

  play (forward) {
    clearInterval(this.timer)
    this.timer = 0
    find('play').setAttribute('aria-pressed', forward)
    if (!forward) return
    if (this.link.at >= this.operations.length) this.go(0)
    // Above 50 a second a picture shows more than one operation.
    const speed = this.speed()
    const stride = Math.max(1, Math.round(speed / 50))
    this.timer = setInterval(() => {
      this.go(this.link.at + stride)
      if (this.link.at >= this.operations.length) this.play(false)
    }, 1000 * stride / speed)
  }

  // ---- What is done to the heap

  /** Put operations into the program behind the one shown, and go behind them. */
  insert (...operations) {
    const { at } = this.link
    const program = [...this.operations.slice(0, at), ...operations, ...this.operations.slice(at)]
    this.change({ program: program.join(' '), at: at + operations.length })
  }

  /** A name that no operation has. */
  freshName () {
    const taken = new Set(this.operations.map(nameIn))
    const letters = 'abcdefghijklmnopqrstuvwxyz'
    const capitals = ['', ...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
    for (const second of capitals) {
      for (const first of letters) if (!taken.has(first + second)) return first + second
    }
    return 'zZZ'
  }

  onBlock (name) {
    const resize = document.querySelector('[name="press"]:checked').value === 'resize'
    this.insert(resize ? `r${name}${find('size').value || 0}` : `f${name}`)
  }

  allocate () {
    const size = find('size').value
    if (!/^\d+$/.test(size)) return
    const align = find('align').value
    const name = this.freshName()
    if (find('zeroed').checked) this.insert(`c${name}${size}`)
    else this.insert(`${name}${size}${align === '1' ? '' : `@${align}`}`)
  }

  // ---- Who listens

  listen () {
    const on = (id, event, action) => find(id).addEventListener(event, action)
    for (const key of ['arena', 'granule', 'growth', 'map']) on(key, 'change', () => this.change({ [key]: +find(key).value }))
    on('zeroed', 'change', () => { find('align').disabled = find('zeroed').checked })
    on('example', 'change', () => this.choose(find('example').value))
    on('compare', 'change', () => this.change({ right: find('compare').checked ? this.other() : '' }))
    on('refuse', 'change', () => this.insert(find('refuse').checked ? 'refuse' : 'serve'))
    on('first', 'click', () => this.go(0))
    on('back', 'click', () => this.go(this.link.at - 1))
    on('play', 'click', () => this.play(!this.timer))
    on('next', 'click', () => this.go(this.link.at + 1))
    on('last', 'click', () => this.go(this.operations.length))
    on('place', 'input', () => this.go(+find('place').value))
    on('speed', 'input', () => {
      find('rate').textContent = `${this.speed()} a second`
      if (this.timer) this.play(true)
    })
    on('allocate', 'submit', event => {
      event.preventDefault()
      this.allocate()
    })
    on('type', 'submit', event => {
      event.preventDefault()
      const words = find('typed').value.split(/\s+/).filter(Boolean)
      find('typed').value = ''
      if (words.length) this.insert(...words)
    })
    on('program', 'change', () => this.change({ program: find('program').value.trim(), at: this.link.at }))
    on('chips', 'click', event => {
      const at = event.target.closest('button')?.dataset.at
      if (at) this.go(+at)
    })
    on('clear', 'click', () => this.change({ program: '', at: 0 }))
    on('share', 'click', () => this.share())
    on('theme', 'click', () => this.turnTheme())
    document.addEventListener('keydown', event => this.onKey(event))
    window.addEventListener('hashchange', () => this.begin(location.hash))
    window.addEventListener('message', event => this.onMessage(event))
    let width = innerWidth
    window.addEventListener('resize', () => {
      if (width !== innerWidth) this.open()
      width = innerWidth
    })
  }

  /** What to compare with: best fit, or first fit if that is best fit. */
  other () {
    return this.link.left.startsWith('best-fit') ? 'first-fit-scan/tag' : 'best-fit-scan/tag'
  }

  choose (number) {
    const example = this.examples[number]
    if (!example) return
    this.play(false)
    this.link = parseLink(example.link)
    this.showExample(number)
    this.open()
  }

  showExample (number) {
    find('example').value = number
    find('about').textContent = this.examples[number].about
  }

  async share () {
    const address = location.href.replace(/#.*/, '') + formatLink(this.link)
    try {
      await navigator.clipboard.writeText(address)
      find('shared').textContent = 'The link is in the clipboard.'
    } catch {
      find('shared').textContent = 'The link is in the address bar.'
    }
    setTimeout(() => { find('shared').textContent = '' }, 4000)
  }

  turnTheme () {
    const root = document.documentElement
    const isDark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
    root.dataset.theme = isDark ? 'light' : 'dark'
    this.open()
  }

  /** The page around this one says which theme it has. */
  onMessage (event) {
    const { theme } = event.data ?? {}
    if (event.source !== parent || !['light', 'dark'].includes(theme) || document.documentElement.dataset.theme === theme) return
    document.documentElement.dataset.theme = theme
    this.curves.open(this.sides().map(side => ({ name: side.policy, series: side.series })))
    this.show()
  }

  /** Tell the page around this one how high it is. */
  tellHeight () {
    if (parent !== window) parent.postMessage({ height: document.body.offsetHeight + 4 }, '*')
  }

  onKey (event) {
    const target = event.target
    if (event.ctrlKey || event.altKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return
    const actions = {
      ArrowRight: () => this.go(this.link.at + 1),
      ArrowLeft: () => this.go(this.link.at - 1),
      Home: () => this.go(0),
      End: () => this.go(this.operations.length),
      ' ': () => target.tagName === 'BUTTON' || this.play(!this.timer),
      c: () => this.change({ right: this.link.right ? '' : this.other() }),
      '/': () => find('typed').focus()
    }
    const action = actions[event.key]
    if (!action || (event.key === ' ' && target.tagName === 'BUTTON')) return
    event.preventDefault()
    action()
  }
}

/** Start the page; the build calls this at its end with what it has put in. */
export async function startPage (moduleText, uPlot, examples) {
  const module = await WebAssembly.compile(Uint8Array.from(atob(moduleText), c => c.charCodeAt(0)))
  const instances = await Promise.all([WebAssembly.instantiate(module), WebAssembly.instantiate(module)])
  const app = new App(instances, uPlot, examples)
  app.begin(location.hash)
  document.documentElement.dataset.ready = 'yes'
}
