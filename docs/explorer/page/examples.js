// SPDX-License-Identifier: BSD-3-Clause
// What the page opens on, and what can be chosen. `link` is the settings as in the page's address; the build adds the
// recorded and the generated programs, and the tests hold every claim in `claim`.

const STREAM = 'a160 b32 c96 d32 fa fc e80 f150 fb g300'

/** Blocks of one size, then every other one is freed. */
function comb (size, count) {
  const names = Array.from({ length: count }, (_, i) => String.fromCharCode(97 + i % 26) + (i < 26 ? '' : 'A'))
  return [...names.map(name => name + size), ...names.filter((_, i) => i % 2 === 0).map(name => `f${name}`)]
}

export const EXAMPLES = [
  {
    id: 'choice',
    group: 'The policies',
    title: 'Two holes: first fit and best fit choose differently',
    about: 'Two blocks of different size are freed. Where does the next request go? First fit takes the lowest hole ' +
      'that suffices, best fit the smallest.',
    link: `left=first-fit-scan/tag&right=best-fit-scan/tag&at=7&program=${STREAM}`
  },
  {
    id: 'next-fit',
    group: 'The policies',
    title: 'Next fit goes on from its rover',
    about: 'Next fit begins where it ended last, marked by the red rover. It leaves holes behind and comes back to them ' +
      'only when it has been round.',
    link: `left=next-fit-scan/tag&right=first-fit-scan/tag&at=7&program=${STREAM}`
  },
  {
    id: 'buddy',
    group: 'The policies',
    title: 'Buddy splits and merges',
    about: 'Every block is a power of two. A free block is halved until it is small enough; a freed one merges with its ' +
      'buddy, the other half, as long as that is free.',
    link: 'left=buddy/out-of-band&arena=512&at=3&program=a100+b60+c60+fa+fb+fc'
  },
  {
    id: 'lifo',
    group: 'The policies',
    title: 'Two holes of one size: the lowest, or the one freed last',
    about: 'Best fit breaks ties by address; its variant takes the block that was freed last, which is likely still in ' +
      'the cache.',
    link: 'left=best-fit/bitmap&right=best-fit-lifo/bitmap&arena=512&at=8&program=a48+b16+c64+d16+e48+f16+fa+fe+fc+g48'
  },
  {
    id: 'best-worse',
    group: 'Best and worst',
    title: 'Best fit needs more memory than first fit',
    about: 'Best fit fills the small holes exactly and has none left for what comes last: it reaches to 384, first fit ' +
      'to 320.',
    claim: { 'best-fit-scan/bitmap': 384, 'first-fit-scan/bitmap': 320 },
    link: 'left=best-fit-scan/bitmap&right=first-fit-scan/bitmap&arena=512&growth=1&at=11' +
      '&program=a144+b48+c112+fc+fa+d96+fb+e48+f80+g16+h80'
  },
  {
    id: 'first-worse',
    group: 'Best and worst',
    title: 'First fit needs more memory than best fit',
    about: 'First fit cuts a small block out of the large hole at the low end, and the large request that follows has to ' +
      'go behind all others: it reaches to 352, best fit to 224.',
    claim: { 'first-fit-scan/bitmap': 352, 'best-fit-scan/bitmap': 224 },
    link: 'left=first-fit-scan/bitmap&right=best-fit-scan/bitmap&arena=512&growth=1&at=10' +
      '&program=a112+b112+fa+c48+fb+d144+e16+fd+f16+g144'
  },
  {
    id: 'scatter',
    group: 'Best and worst',
    title: 'Next fit scatters long-lived blocks',
    about: 'A long-lived small block is asked for after each short-lived large one. First fit gathers them at the low ' +
      'end; next fit leaves one everywhere.',
    link: 'left=next-fit-scan/bitmap&right=first-fit-scan/bitmap&at=21&program=' +
      Array.from({ length: 7 }, (_, i) => `${String.fromCharCode(97 + 2 * i)}96+${String.fromCharCode(98 + 2 * i)}16+` +
        `f${String.fromCharCode(97 + 2 * i)}`).join('+')
  },
  {
    id: 'buddy-waste',
    group: 'Best and worst',
    title: 'Buddy at its worst: a byte over a power of two',
    about: 'Requests of 65 bytes take 128 each: nearly half of every block is slack. Best fit gives 80.',
    link: 'left=buddy/out-of-band&right=best-fit/bitmap&at=7&program=a65+b65+c65+d65+e65+f65+g65'
  },
  {
    id: 'comb',
    group: 'Best and worst',
    title: 'Half is free, and nothing fits',
    about: 'Every other block is free: 512 bytes in 16 holes. A request for 48 finds none of them large enough. That is ' +
      'external fragmentation.',
    link: `left=first-fit-scan/bitmap&at=49&program=${[...comb(32, 32), 'z48'].join('+').replace('z48', 'kZ48')}`
  },
  {
    id: 'realloc',
    group: 'Calls',
    title: 'realloc: in place, shrinking, moving',
    about: 'A block grows into a free neighbour if there is one, gives back what it no longer needs, and moves only if ' +
      'it must.',
    link: 'left=best-fit/tag&arena=512&at=5&program=a64+b64+c64+fb+ra120+ra32+ra200'
  },
  {
    id: 'alignment',
    group: 'Calls',
    title: 'An aligned block leaves a gap',
    about: 'b is to begin at a multiple of 128. What lies before it stays free and serves the next small request.',
    link: 'left=first-fit/tag&arena=512&at=2&program=a24+b64@128+c16'
  },
  {
    id: 'growth',
    group: 'Calls',
    title: 'Growing by what is missing, and mappings for large blocks',
    about: 'This heap buys memory only when nothing fits, and only what is missing. A large request gets a mapping of ' +
      'its own, which goes back to the system as soon as it is freed.',
    link: 'left=best-fit/tag&growth=1&map=1024&at=5&program=a100+b200+c50+d2000+fb+e220+rc90+fd+fe'
  },
  {
    id: 'refuse',
    group: 'Calls',
    title: 'The backend refuses',
    about: 'From “refuse” on the backend gives nothing. What fits into free blocks is still served; what does not fails, ' +
      'and changes nothing.',
    link: 'left=first-fit/tag&growth=1&at=6&program=a100+b200+c50+fb+refuse+d150+e300+serve+f300'
  },
  {
    id: 'double-free',
    group: 'Calls',
    title: 'A double free is noticed',
    about: 'The heap knows its live blocks exactly, so freeing a block twice is reported and changes nothing.',
    link: 'left=first-fit/tag&arena=256&at=4&program=a40+b40+fa+fa'
  }
]
