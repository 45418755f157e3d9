// SPDX-License-Identifier: BSD-3-Clause
// What the page shows, as the fragment of its address: settings, program and place. Nothing leaves the page.

export const DEFAULTS = {
  left: 'first-fit-scan/tag',
  right: '',
  granule: 16,
  arena: 1024,
  growth: 0,
  map: 0,
  at: 0,
  embed: 0,
  program: ''
}

/** The settings that a fragment holds; what it does not name is the default. */
export function parseLink (fragment) {
  const given = new URLSearchParams(fragment.replace(/^#/, ''))
  const link = { ...DEFAULTS }
  for (const [key, value] of given) {
    if (!(key in DEFAULTS)) continue
    const number = Number(value)
    if (typeof DEFAULTS[key] === 'string') link[key] = value
    else if (Number.isSafeInteger(number) && number >= 0) link[key] = number
  }
  return link
}

/** The fragment for settings, without those that are the default. */
export function formatLink (link) {
  const parts = Object.keys(DEFAULTS)
    .filter(key => link[key] !== DEFAULTS[key])
    .map(key => `${key}=${encodeURIComponent(link[key]).replace(/%20/g, '+').replace(/%2F/g, '/').replace(/%40/g, '@')}`)
  return '#' + parts.join('&')
}

/** The name of a policy and what of it is chosen apart: {family, scan, layout}. */
export function splitPolicy (text) {
  const [name, layout] = text.split('/')
  return { family: name.replace(/-scan$/, ''), scan: name.endsWith('-scan'), layout }
}

export function joinPolicy ({ family, scan, layout }) {
  return `${family}${scan ? '-scan' : ''}/${layout}`
}
