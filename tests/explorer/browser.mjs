// SPDX-License-Identifier: BSD-3-Clause
// The explorer in a headless Chromium, opened from the disk: every control, what it shows against the native library,
// both themes, a narrow window; no error in the console, no request for anything but the page.
//
//     node browser.mjs PAGE TWIN NODE_MODULES CHROMIUM SCREENSHOTS
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { EXAMPLES } from '../../docs/explorer/page/examples.js'
import { parseLink } from '../../docs/explorer/page/link.js'
import { attempt, report } from './report.mjs'

const [pagePath, twin, modules, chromiumPath, screenshots] = process.argv.slice(2)
const { chromium } = createRequire(join(resolve(modules), 'x'))('playwright-core')
const ADDRESS = pathToFileURL(resolve(pagePath)).href
const STREAM = 'a160 b32 c96 d32 fa fc e80 f150 fb g300'

mkdirSync(screenshots, { recursive: true })
const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu'] })
const complaints = []
const requests = []

/** A page of its own at an address with this fragment. */
async function open (fragment = '', options = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options })
  page.on('console', message => complaints.push(message.text()))
  page.on('pageerror', error => complaints.push(error.stack))
  page.on('request', request => requests.push(request.url()))
  await page.goto(ADDRESS + fragment)
  await page.waitForSelector('html[data-ready]')
  return page
}

/** Go to another state without loading anew. */
async function show (page, fragment) {
  await page.evaluate(text => { location.hash = text }, fragment)
  await page.waitForFunction(() => document.documentElement.dataset.shown === location.hash)
}

const text = (page, selector) => page.locator(selector).first().innerText()
const sentence = (page, side = '#left') => text(page, `${side} .sentence`)
const blocks = (page, side = '#left') =>
  page.locator(`${side} .map .block, ${side} .mappings button`).evaluateAll(all => all.map(one => one.getAttribute('aria-label')))
const fragment = page => page.evaluate(() => location.hash)

function expect (what, got, wanted) {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)]
  if (a !== b) throw Error(`${what} is ${a}, not ${b}`)
}

function expectMatch (what, got, pattern) {
  if (!pattern.test(got)) throw Error(`${what} is ${JSON.stringify(got)}, which does not match ${pattern}`)
}

/** The sentences and blocks that the native library has after each operation, as the page words them. */
function native (policy, { granule = 16, arena = 1024, growth = 0 }, program) {
  const list = JSON.parse(execFileSync(twin, ['policies']).toString())
  const number = list.findIndex(one => `${one.name}/${one.layout}` === policy)
  const input = `${number} ${granule} ${arena} 0 ${growth} ${program}\n`
  return execFileSync(twin, { input, maxBuffer: 1 << 26 }).toString().trimEnd().split('\n').map(line => {
    const state = JSON.parse(line)
    return state.blocks.map(([at, size, header, kind, name, asked]) => {
      const head = header ? `, header of ${header}` : ''
      return kind === 'free' ? `free: ${size} bytes at ${at}${head}` : `${name}: asked for ${asked}, has ${size} bytes at ${at}${head}`
    })
  })
}

// ---- What it opens on

const page = await open()
await attempt('the page opens on two heaps and a sentence for each', async () => {
  expectMatch('the sentence', await sentence(page), /First fit looked at 1 free block.*split off/s)
  expectMatch('the other sentence', await sentence(page, '#right'), /Best fit looked at 3 free blocks among 5.*split off/s)
  expect('curves', await page.locator('#curves canvas').count(), 3)
})

// ---- Every policy shows what the native library has

const policies = JSON.parse(execFileSync(twin, ['policies']).toString())
for (const { name, layout } of policies) {
  if (layout === 'wide') continue // its headers are words, which are wider in the twin
  await attempt(`${name} with ${layout}: the map shows the blocks of the native library`, async () => {
    const states = native(`${name}/${layout}`, {}, STREAM)
    await show(page, `#left=${name}/${layout}&at=8&program=${STREAM.replaceAll(' ', '+')}`)
    expect('after 8', await blocks(page), states[8])
    await page.click('#last')
    expect('after 10', await blocks(page), states[10])
  })
}

// ---- Stepping and playing

const BASE = `#left=first-fit-scan/tag&at=3&program=${STREAM.replaceAll(' ', '+')}`
await attempt('the buttons step', async () => {
  await show(page, BASE)
  for (const [button, count] of [['next', 4], ['back', 3], ['first', 0], ['last', 10]]) {
    await page.click(`#${button}`)
    expect(`after ${button}`, await text(page, '#count'), `${count} of 10`)
  }
})
await attempt('keys step, compare and play', async () => {
  await show(page, BASE)
  await page.locator('h1').click()
  for (const [key, count] of [['ArrowRight', 4], ['ArrowLeft', 3], ['Home', 0], ['End', 10]]) {
    await page.keyboard.press(key)
    expect(`after ${key}`, await text(page, '#count'), `${count} of 10`)
  }
  await page.keyboard.press('c')
  expect('the other heap after c', await page.locator('#right').isVisible(), true)
  await page.keyboard.press('c')
  expect('the other heap after c again', await page.locator('#right').isVisible(), false)
  await page.keyboard.press('Home')
  await page.keyboard.press(' ')
  await page.waitForFunction(() => document.querySelector('#count').textContent !== '0 of 10')
  await page.keyboard.press(' ')
  expect('playing after a second space', await page.getAttribute('#play', 'aria-pressed'), 'false')
  await page.keyboard.press('/')
  expect('focus after /', await page.evaluate(() => document.activeElement.id), 'typed')
})
await attempt('it plays to the end at the speed that is set, and stops', async () => {
  await show(page, BASE)
  await page.fill('#speed', '75')
  expectMatch('the speed', await text(page, '#rate'), /^\d+(\.5)? a second$/)
  await page.click('#first')
  await page.click('#play')
  await page.waitForFunction(() => document.querySelector('#count').textContent === '10 of 10', null, { timeout: 5000 })
  await page.waitForFunction(() => document.querySelector('#play').getAttribute('aria-pressed') === 'false')
})
await attempt('slider, chips and curves lead to an operation', async () => {
  await show(page, BASE)
  await page.fill('#place', '6')
  expect('the slider', await text(page, '#count'), '6 of 10')
  await page.click('#chips [data-at="2"]')
  expect('the chip', await text(page, '#count'), '2 of 10')
  await page.locator('#curves .u-over').first().scrollIntoViewIfNeeded()
  const box = await page.locator('#curves .u-over').first().boundingBox()
  await page.mouse.click(box.x + box.width * 0.8, box.y + box.height / 2)
  expect('the curve', await text(page, '#count'), '8 of 10')
})

// ---- Operations of one's own

await attempt('a press on a block frees it, and the heap does what the library does', async () => {
  await show(page, `#left=best-fit/tag&at=3&program=a100+b50+c70`)
  await page.click('#left [data-name="b"]')
  expect('the program', await page.inputValue('#program'), 'a100 b50 c70 fb')
  expect('the blocks', await blocks(page), native('best-fit/tag', {}, 'a100 b50 c70 fb')[4])
  await page.locator('#left [data-name="a"]').focus()
  await page.keyboard.press('Enter')
  expect('the program', await page.inputValue('#program'), 'a100 b50 c70 fb fa')
})
await attempt('a press on a block resizes it', async () => {
  await show(page, `#left=best-fit/tag&at=1&program=a100`)
  await page.check('[name="press"][value="resize"]')
  await page.fill('#size', '260')
  await page.click('#left [data-name="a"]')
  expect('the program', await page.inputValue('#program'), 'a100 ra260')
  expect('the blocks', await blocks(page), native('best-fit/tag', {}, 'a100 ra260')[2])
  await page.check('[name="press"][value="free"]')
})
await attempt('Allocate takes a fresh name and an alignment', async () => {
  await page.fill('#size', '40')
  await page.selectOption('#align', '64')
  await page.click('#allocate button')
  expect('the program', await page.inputValue('#program'), 'a100 ra260 b40@64')
  await page.selectOption('#align', '1')
})
await attempt('Allocate zeroes what it is told to', async () => {
  await show(page, '#left=best-fit/tag&at=0&program=')
  await page.check('#zeroed')
  expect('no alignment can be chosen', await page.locator('#align').isDisabled(), true)
  await page.click('#allocate button')
  expect('the program', await page.inputValue('#program'), 'ca40')
  expect('the chip', await text(page, '#chips .now'), 'a = 40 zeroed')
  expectMatch('the sentence', await sentence(page), /^a = calloc\(1, 40\): .* All its bytes were set to 0\.$/)
  expect('the blocks', await blocks(page), native('best-fit/tag', {}, 'ca40')[1])
  await page.uncheck('#zeroed')
  await show(page, '#left=best-fit/tag&at=3&program=a100+ra260+b40@64')
})
await attempt('operations are typed', async () => {
  await page.fill('#typed', 'c20 fb')
  await page.click('#type button')
  expect('the program', await page.inputValue('#program'), 'a100 ra260 b40@64 c20 fb')
  expect('the field', await page.inputValue('#typed'), '')
  expect('the blocks', await blocks(page), native('best-fit/tag', {}, 'a100 ra260 b40@64 c20 fb')[5])
})
await attempt('the whole program is edited, a wrong word is named', async () => {
  await page.click('#edit summary')
  await page.fill('#program', 'a10 b20 what fa')
  await page.locator('#program').blur()
  expectMatch('the complaint', await text(page, '#wrong'), /“what” is no operation/)
  expect('the place', await text(page, '#count'), '2 of 2')
  await page.fill('#program', 'a10 b20 fa')
  await page.locator('#program').blur()
  expect('the complaint', await page.textContent('#wrong'), '')
  await page.click('#clear')
  expect('the program', await page.inputValue('#program'), '')
  expect('the sentence', await sentence(page), 'An empty heap: nothing was asked for yet.')
})
await attempt('a double free is reported in a sentence', async () => {
  await show(page, '#left=first-fit/tag&at=4&program=a40+b40+fa+fa')
  expectMatch('the sentence', await sentence(page), /the heap reports a double free/)
})

// ---- Settings

await attempt('policy, layout and search are chosen', async () => {
  await show(page, BASE)
  await page.selectOption('#left .family', 'best-fit-lifo')
  await page.selectOption('#left .layout', 'bitmap')
  await page.selectOption('#left .search', 'fast')
  expectMatch('the link', await fragment(page), /left=best-fit-lifo\/bitmap/)
  await page.selectOption('#left .family', 'buddy')
  expectMatch('the link', await fragment(page), /left=buddy\/out-of-band/)
  expect('the search of buddy can be chosen', await page.locator('#left .search').isDisabled(), true)
  await page.locator('#left .tree').waitFor()
})
await attempt('each index is shown', async () => {
  const shown = async policy => {
    await show(page, `#left=${policy}&at=7&program=${STREAM.replaceAll(' ', '+')}`)
    return text(page, '#left .index')
  }
  expectMatch('the walk', await shown('first-fit-scan/tag'), /a search walks over all 6 blocks/)
  expectMatch('the list', await shown('best-fit-lifo-scan/tag'), /the last freed first/)
  expectMatch('bins', await shown('best-fit/tag'), /In the hand.*Bins.*balanced tree/s)
  expectMatch('maxima', await shown('next-fit/tag'), /largest free block.*level 0/s)
  expectMatch('the lists of buddy', await shown('buddy/out-of-band'), /halves of halves.*last freed first/s)
})
await attempt('arena, granule, growth and mappings are set', async () => {
  await show(page, `#left=first-fit/tag&at=3&program=a100+b300+c700`)
  await page.selectOption('#arena', '4096')
  await page.selectOption('#granule', '32')
  await page.selectOption('#growth', '1')
  expect('the blocks', await blocks(page), native('first-fit/tag', { arena: 4096, granule: 32, growth: 1 }, 'a100 b300 c700')[3])
  await page.selectOption('#map', '256')
  expect('mapped blocks', await page.locator('#left .mappings button').count(), 2)
  await page.click('#left .mappings [data-name="c"]')
  expectMatch('the sentence', await sentence(page), /The mapping of \d+ bytes went back/)
  await page.selectOption('#granule', '4')
  expectMatch('a granule that the policy lacks', await sentence(page), /has granules of \d+ to 4096 bytes, not of 4/)
})
await attempt('the backend refuses and serves again', async () => {
  await show(page, '#left=first-fit/tag&growth=1&at=1&program=a100')
  await page.check('#refuse')
  await page.fill('#size', '700')
  await page.click('#allocate button')
  expectMatch('the sentence', await sentence(page), /the backend refused to give more: the answer is NULL/)
  await page.uncheck('#refuse')
  await page.click('#allocate button')
  expectMatch('the sentence', await sentence(page), /the heap bought/)
})
await attempt('two policies stand side by side', async () => {
  await show(page, BASE)
  await page.check('#compare')
  await page.selectOption('#right .family', 'next-fit')
  await page.selectOption('#right .layout', 'meta')
  await page.selectOption('#right .search', 'scan')
  await page.click('#last')
  expect('the left blocks', await blocks(page), native('first-fit-scan/tag', {}, STREAM)[10])
  expect('the right blocks', await blocks(page, '#right'), native('next-fit-scan/meta', {}, STREAM)[10])
  expect('rovers', await page.locator('#right .rover').count(), 1)
  await page.uncheck('#compare')
  expect('the other heap', await page.locator('#right').isVisible(), false)
})

// ---- Links and examples

await attempt('a link brings back what was shown', async () => {
  await show(page, `#left=buddy/out-of-band&right=best-fit/meta&arena=2048&growth=2&at=6&program=${STREAM.replaceAll(' ', '+')}`)
  await page.click('#share')
  await page.waitForFunction(() => document.querySelector('#shared').textContent)
  expectMatch('what it says', await text(page, '#shared'), /The link is in the/)
  const link = await fragment(page)
  const other = await open(link)
  for (const side of ['#left', '#right']) expect(side, await blocks(other, side), await blocks(page, side))
  expect('the place', await text(other, '#count'), '6 of 10')
  await other.close()
})
await attempt('every example is shown, and what it claims is so', async () => {
  const options = await page.locator('#example option').evaluateAll(all => all.map(one => one.value).filter(Boolean))
  expect('examples', options.length, EXAMPLES.length + 3)
  for (const [i, value] of options.entries()) {
    await page.selectOption('#example', value)
    const about = await text(page, '#about')
    if (!about || !(await sentence(page))) throw Error(`example ${i} says nothing`)
    if (await page.textContent('#wrong')) throw Error(`example ${i}: ${await page.textContent('#wrong')}`)
    const failed = await page.locator('.sentence.failed:visible').count()
    if (failed && !['comb', 'refuse', 'double-free'].includes(EXAMPLES[i]?.id)) throw Error(`example ${i} fails: ${await sentence(page)}`)
    const example = EXAMPLES[i]
    if (!example?.claim) continue
    const link = parseLink(example.link)
    for (const [side, policy] of [['#left', link.left], ['#right', link.right]]) {
      const most = await page.locator(`${side} .figures div`, { hasText: /^most/ }).locator('dd').innerText()
      expect(`how far ${policy} reaches in ${example.id}`, +most, example.claim[policy])
    }
  }
})
await page.selectOption('#example', '16')
await page.screenshot({ path: join(screenshots, 'explorer-trace.png'), fullPage: true })

// ---- Themes and windows

/** How much darker one colour is than the other, as WCAG counts it. */
async function contrast (where) {
  return where.evaluate(() => {
    const light = colour => {
      const parts = colour.match(/[\d.]+/g).slice(0, 3).map(Number).map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
      return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }
    const body = getComputedStyle(document.body)
    const note = getComputedStyle(document.querySelector('#about'))
    const paper = light(body.backgroundColor)
    return [body, note].map(style => {
      const [a, b] = [light(style.color), paper].sort((x, y) => y - x)
      return (a + 0.05) / (b + 0.05)
    })
  })
}

for (const theme of ['light', 'dark']) {
  await attempt(`text is easy to read in the ${theme} theme`, async () => {
    const themed = await open('', { colorScheme: theme })
    const [ink, note] = await contrast(themed)
    if (ink < 7 || note < 4.5) throw Error(`contrast of text ${ink.toFixed(1)}, of notes ${note.toFixed(1)}`)
    await themed.screenshot({ path: join(screenshots, `explorer-${theme}.png`), fullPage: true })
    await themed.close()
  })
}
await attempt('the theme is turned', async () => {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const before = await background()
  await page.click('#theme')
  const turned = await background()
  await page.click('#theme')
  if (turned === before || await background() !== before) throw Error(`from ${before} to ${turned}`)
})
for (const width of [360, 768, 1920]) {
  await attempt(`nothing sticks out of a window of ${width} pixels`, async () => {
    const sized = await open('', { viewport: { width, height: 740 } })
    for (const link of ['', '#left=buddy/out-of-band&right=best-fit/meta&arena=65536&at=1500&program=@sqlite']) {
      if (link) await show(sized, link)
      const out = await sized.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      if (out > 0) throw Error(`${out} pixels with ${link || 'the first picture'}`)
      const cut = await sized.locator('button:visible, select:visible, input:visible').evaluateAll((all, right) =>
        all.filter(one => !one.closest('.chips') && one.getBoundingClientRect().right > right).map(one => one.id), width)
      if (cut.length) throw Error(`cut off: ${cut}`)
    }
    await show(sized, BASE)
    await sized.screenshot({ path: join(screenshots, `explorer-${width}.png`) })
    await sized.close()
  })
}
await attempt('within another page it shows the heap and the steps alone', async () => {
  const part = await open(`${BASE}&embed=1`, { viewport: { width: 700, height: 420 } })
  expect('settings', await part.locator('.settings').isVisible(), false)
  expect('the map', await part.locator('#left .map').isVisible(), true)
  await part.click('#next')
  expect('the place', await text(part, '#count'), '4 of 10')
  expectMatch('where it leads', await part.getAttribute('#open', 'href'), /^#at=4&program=a160/)
  await part.screenshot({ path: join(screenshots, 'explorer-embedded.png') })
  await part.close()
})

await browser.close()
report('the console stayed empty', complaints.length === 0, complaints.slice(0, 5).join('\n'))
const strangers = requests.filter(url => !url.startsWith(ADDRESS) && !url.startsWith('data:'))
report('no request left the page', strangers.length === 0 && requests.length > 0, strangers.join('\n'))
