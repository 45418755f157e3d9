// SPDX-License-Identifier: BSD-3-Clause
// The live curves, drawn by uPlot: utilisation, fragmentation and free blocks over the operations.
import { sharesOf } from './side.js'

const CURVES = [
  ['utilisation, %', (series, at) => sharesOf(series, at).utilisation, 100],
  ['fragmentation, %', (series, at) => sharesOf(series, at).fragmentation, 100],
  ['free blocks', (series, at) => series.freeBlocks[at], null]
]

/** A colour that a style sheet names. */
function colour (name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

export class Curves {
  constructor (root, uPlot, onJump) {
    this.root = root
    this.uPlot = uPlot
    this.onJump = onJump
    this.plots = []
    this.at = 0
  }

  /** New curves, for a list of {name, series}. */
  open (sides) {
    for (const plot of this.plots) plot.destroy()
    this.root.innerHTML = ''
    const usable = sides.filter(side => side.series)
    if (!usable.length) {
      this.plots = []
      return
    }
    const xs = usable[0].series.heap.map((_, k) => k)
    this.plots = CURVES.map(([title, value, top]) => this.#plot(title, top,
      [xs, ...usable.map(side => xs.map(k => value(side.series, k)))], usable.map(side => side.name)))
  }

  #plot (title, top, data, names) {
    const box = document.createElement('figure')
    box.innerHTML = `<figcaption>${title}</figcaption>`
    this.root.append(box)
    const axis = { stroke: colour('--ink-soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } }
    const plot = new this.uPlot({
      width: Math.max(220, box.clientWidth),
      height: 150,
      legend: { show: names.length > 1, live: false },
      cursor: { y: false, points: { show: false } },
      scales: { x: { time: false }, y: { range: top ? [0, top] : (_, __, max) => [0, Math.max(4, max)] } },
      axes: [{ ...axis, size: 26, space: 60 }, { ...axis, size: 38 }],
      series: [{}, ...names.map((label, i) => ({
        label,
        stroke: colour(i ? '--right' : '--left'),
        width: 2,
        dash: i ? [6, 4] : undefined,
        points: { show: false },
        paths: this.uPlot.paths.stepped({ align: 1 })
      }))],
      hooks: { draw: [u => this.#drawPlace(u)] }
    }, data, box)
    plot.over.addEventListener('click', event => this.onJump(Math.round(plot.posToVal(event.offsetX, 'x'))))
    return plot
  }

  /** A line at the operation that the maps show. */
  #drawPlace (plot) {
    const x = plot.valToPos(this.at, 'x', true)
    const { ctx, bbox } = plot
    ctx.save()
    ctx.strokeStyle = colour('--accent')
    ctx.lineWidth = 2
    ctx.setLineDash([])
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.restore()
  }

  show (at) {
    this.at = at
    for (const plot of this.plots) plot.redraw(false)
  }
}
