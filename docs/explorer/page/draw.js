// SPDX-License-Identifier: BSD-3-Clause
// Pictures are texts of SVG: what they share.

export function escapeText (text) {
  return String(text).replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`)
}

/** An element with attributes; `inside` is markup. */
export function element (tag, attributes, inside = '') {
  const list = Object.entries(attributes).filter(([, value]) => value !== undefined && value !== false)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? +value.toFixed(2) : escapeText(value)}"`)
  return `<${tag}${list.join('')}>${inside}</${tag}>`
}

export function label (x, y, text, attributes = {}) {
  return element('text', { x, y, ...attributes }, escapeText(text))
}

/** A colour of its own for each name, far from that of its neighbours in the alphabet. */
export function hueOf (name) {
  let number = name.charCodeAt(0) - 97
  for (const c of name.slice(1)) number = number * 27 + c.charCodeAt(0) - 64
  return (number * 137.5 + 215) % 360
}

/** About how wide a text is in the pictures' letters. */
export function widthOf (text, size = 12) {
  return String(text).length * size * 0.6
}

export function bytes (n) {
  return n >= 1048576 && n % 1048576 === 0 ? `${n / 1048576} MiB` : n >= 1024 && n % 1024 === 0 ? `${n / 1024} KiB` : `${n}`
}
