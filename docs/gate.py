# SPDX-License-Identifier: BSD-3-Clause
"""Judges generated documentation: gaps that Doxygen does not see, dead links, pictures that no page shows or that have no
text in their place, other hosts.
"""
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Attributes that name another file or place.
LINKS = {'href', 'src', 'data', 'xlink:href', 'action', 'poster', 'srcset'}
# What looks like an address, but is the name of a language or a remark; nothing is ever fetched from there.
NAMES = {
    '.html': re.compile(r'<!DOCTYPE[^>]*>|\bxmlns(:\w+)?=("[^"]*"|\'[^\']*\')'),
    '.svg': re.compile(r'<!DOCTYPE[^>]*>|\b(xmlns(:\w+)?|rdf:\w+)="[^"]*"|<!--.*?-->', flags=re.DOTALL),
    '.css': re.compile(r'/\*.*?\*/', flags=re.DOTALL),
    '.js': re.compile(r'/\*.*?\*/|^\s*//[^\n]*|\bxmlns="[^"]*"', flags=re.DOTALL | re.MULTILINE),
}


# The page whose fragments are states of heaps.
EXPLORER = 'explorer.html'


class Page(HTMLParser):
    """A page's anchors, its links with their lines, its pictures, and those that nothing describes."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.anchors = set()
        self.links = []
        self.drawn = set()
        self.mute = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        text = given.get('alt') if tag == 'img' else given.get('aria-label')
        if (tag == 'img' or 'data-picture' in given) and not (text or '').strip():
            self.mute.append((self.getpos()[0], given.get('data-picture') or given.get('src')))
        for key, value in attributes:
            if key in ('id', 'name') and value:
                self.anchors.add(value)
            elif key in LINKS and value:
                self.links.append((self.getpos()[0], value))
            elif key in ('data-picture', 'data-table'):
                self.drawn.add(value)


def read_pages(html):
    """All pages by path, those that the search opens included, and drawings, which have links too."""
    paths = sorted([*html.rglob('*.html'), *html.rglob('dot_*.svg')])
    return {path: Page(path.read_text(encoding='utf-8')) for path in paths}


def leads_nowhere(html, pages, page, link):
    """Why a link of a page does not work, or None."""
    parts = urlsplit(link)
    if parts.scheme in ('javascript', 'data'):
        return None
    if parts.scheme or parts.netloc:
        return 'leads to another host'
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_relative_to(html) or not target.exists():
        return 'there is no such file'
    if target.name == EXPLORER:
        return None  # the fragment is a state: see judge_states()
    if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
        return 'there is no such place on that page'
    return None


def judge_links(html, pages):
    """Every href and src of every page."""
    for path, page in pages.items():
        for line, link in page.links:
            wrong = leads_nowhere(html, pages, path, link)
            if wrong:
                yield f'{path.relative_to(html)}:{line}: {link}: {wrong}'


def judge_states(html, pages, module):
    """Every link to the explorer leads to a state that its module can show."""
    links = [(f'{path.relative_to(html)}:{line}', link.partition('#')[2]) for path, page in pages.items()
             for line, link in page.links if link.partition('#')[0] == EXPLORER and '#' in link]
    done = subprocess.run(['node', Path(__file__).parent / 'explorer/links.mjs', module], text=True, check=False,
                          input=''.join(f'{where} #{state}\n' for where, state in links), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    yield from done.stdout.splitlines()
    if done.returncode != 0 or not links:
        yield f'{len(links)} links to the explorer: they could not be judged'


def judge_navigation(html, pages):
    """The places that the side navigation and the search know are in scripts, not in pages."""
    scripts = [*html.glob('navtree*.js'), *html.glob('*.js'), *html.glob('search/*.js')]
    for script in sorted(set(scripts)):
        for link in set(re.findall(r'["\']((?:\.\./)?\w+\.html(?:#\w+)?)["\']', script.read_text(encoding='utf-8'))):
            wrong = leads_nowhere(html, pages, script, link)
            if wrong:
                yield f'{script.relative_to(html)}: {link}: {wrong}'


def judge_hosts(html):
    """No page, style, script or picture names another host."""
    for path in sorted(html.rglob('*')):
        if path.suffix in NAMES:
            text = NAMES[path.suffix].sub('', path.read_text(encoding='utf-8'))
            for found in sorted(set(re.findall(r'(?:https?:|["\'(])//[\w.-]+\.\w+[^\s"\'<)]*', text))):
                yield f'{path.relative_to(html)}: names the host of {found.strip("(")}'


def judge_pictures(html, pages, drawn):
    """Whatever was drawn or counted is on a page, and who cannot see it is told what it shows."""
    for path, page in pages.items():
        for line, name in page.mute:
            yield f'{path.relative_to(html)}:{line}: {name}: a picture without a text'
    shown = set().union(*(page.drawn for page in pages.values()))
    for name in drawn:
        if name.endswith(('.svg', '.html')) and name.rsplit('.', 1)[0] not in shown:
            yield f'{name}: no page shows it'


def is_documented(item):
    """Has an XML element a description with any text?"""
    return any(''.join(part.itertext()).strip() for name in ('briefdescription', 'detaileddescription')
               for part in item.findall(name))


def gaps_of_slot(member):
    """What the description of a pointer to a function, or of a function's type, leaves out."""
    arguments = re.search(r'\(([^()]+)\)$', member.findtext('argsstring') or '')
    if not arguments or member.get('kind') not in ('variable', 'typedef'):
        return
    described = {name.text for name in member.iter('parametername')}
    for argument in arguments.group(1).split(','):
        name = re.search(r'\w+$', argument.strip()).group()
        if name != 'void' and name not in described:
            yield f'parameter {name} is undocumented'
    returns = ''.join(member.find('type').itertext()).removesuffix('(*').strip()
    if returns != 'void' and not any(part.get('kind') == 'return' for part in member.iter('simplesect')):
        yield 'what it returns is undocumented'


def judge_gaps(xml):
    """Every member that others can use, every enumerator and every compound has a description."""
    compounds = [compound for path in sorted(xml.glob('*.xml')) if path.name != 'index.xml'
                 for compound in ElementTree.parse(path).getroot().findall('compounddef')]
    for compound in compounds:
        owner = compound.findtext('compoundname')
        if compound.get('kind') in ('struct', 'union', 'file') and not owner.endswith('.md') \
                and not is_documented(compound):
            yield f'{owner}: undocumented'
        for item in [*compound.iter('memberdef'), *compound.iter('enumvalue')]:
            if item.get('prot') != 'private' and not is_documented(item):
                yield f'{owner}: {item.findtext("name")}: undocumented'
        for member in compound.iter('memberdef'):
            yield from (f'{owner}: {member.findtext("name")}: {gap}' for gap in gaps_of_slot(member))


def judge_examples(xml):
    """Every public function has an example, which stands in a program that the tests run."""
    for path in sorted(xml.glob('*_8h.xml')):
        for member in ElementTree.parse(path).getroot().iter('memberdef'):
            if member.get('kind') == 'function' and member.find('detaileddescription').find('.//programlisting') is None:
                yield f'{member.findtext("name")}: there is no example; @snippet shows one'


def judge_search(html):
    """The search finds a function by a word in the middle of its name, from files alone."""
    program = ''.join((html / name).read_text(encoding='utf-8') for name in ('names.js', 'search.js'))
    program = f"function addEventListener () {{}}\n{program}\nconsole.log(findNames('heap_create').map(one => one[0]).join(' '))"
    done = subprocess.run(['node', '-'], input=program, text=True, capture_output=True, check=False)
    if 'osm_heap_create' not in done.stdout.split():
        yield f'search: heap_create does not find osm_heap_create: {done.stdout} {done.stderr}'


def judge(html, xml, drawn, module):
    """All findings, as lines."""
    html = html.resolve()
    pages = read_pages(html)
    return [*judge_gaps(xml), *judge_examples(xml), *judge_links(html, pages), *judge_states(html, pages, module),
            *judge_navigation(html, pages), *judge_hosts(html),
            *judge_pictures(html, pages, drawn), *judge_search(html)]
