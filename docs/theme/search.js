// SPDX-License-Identifier: BSD-3-Clause
// A search that finds a word anywhere in a name: "alloc" finds osm_heap_alloc, "heap alloc" too. It takes the place of
// Doxygen's own, which looks at the beginnings of names. osmNames is [name, where, address], made with the pages.
const SHOWN_AT_MOST = 30

/** The names that hold every word; those that begin with the first word come first, then the shorter ones. */
function findNames (text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean)
    if (!words.length) return []
    return osmNames.filter(([name, where]) => {
        const all = `${name} ${where}`.toLowerCase()
        return words.every(word => all.includes(word))
    }).sort(([a], [b]) => b.toLowerCase().startsWith(words[0]) - a.toLowerCase().startsWith(words[0]) || a.length - b.length)
}

addEventListener('load', () => {
    const field = document.getElementById('MSearchField')
    if (!field || typeof searchBox === 'undefined') return
    const list = document.createElement('ul')
    list.id = 'osm-found'
    list.hidden = true
    list.setAttribute('aria-label', 'Found')
    document.body.append(list) // the side bar would cut it off
    const close = () => { list.hidden = true }

    const show = () => {
        const found = findNames(field.value)
        const place = field.getBoundingClientRect()
        list.style.left = `${place.left}px`
        list.style.top = `${place.bottom + 6}px`
        list.hidden = !field.value.trim()
        list.replaceChildren(...found.slice(0, SHOWN_AT_MOST).map(([name, where, address]) => {
            const link = document.createElement('a')
            link.href = address
            link.textContent = name
            const scope = document.createElement('small')
            scope.textContent = where
            const item = document.createElement('li')
            item.append(link, ' ', scope)
            return item
        }))
        if (!found.length) list.textContent = 'Nothing has this in its name.'
        if (found.length > SHOWN_AT_MOST) list.append(`and ${found.length - SHOWN_AT_MOST} more`)
    }
    searchBox.OnSearchFieldChange = event => {
        if (event.key === 'Escape') return close()
        const links = [...list.querySelectorAll('a')]
        if (event.key === 'Enter' && links.length) location.href = links[0].href
        else if (event.key === 'ArrowDown' && links.length) links[0].focus()
        else show()
    }
    searchBox.CloseResultsWindow = close
    list.addEventListener('keydown', event => {
        const links = [...list.querySelectorAll('a')]
        const at = links.indexOf(document.activeElement)
        if (event.key === 'Escape') close()
        else if (event.key === 'ArrowDown') links[Math.min(at + 1, links.length - 1)].focus()
        else if (event.key === 'ArrowUp') (at ? links[at - 1] : field).focus()
        else return
        event.preventDefault()
    })
    addEventListener('click', event => { if (!list.contains(event.target) && event.target !== field) close() })
})
