# SPDX-License-Identifier: BSD-3-Clause
"""Manual pages from the sources of the other documentation, so that there is nothing to keep in step.

BUILD/docs/man/man3 has a page for each public call and structure, man7 one for each concept, out of Doxygen's XML. Run as
a program, `man.py TOOL` prints the page of section 1 that says what `TOOL --help` says.
"""
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

# Concepts, by the name of their page: what a reader looks for with `man 7`.
CONCEPTS = {'concept_block': 'osm-block', 'concept_region': 'osm-region', 'concept_policy': 'osm-policy',
            'concept_backend': 'osm-backend', 'concept_heap': 'osm-heap', 'concept_fragmentation': 'osm-fragmentation',
            'layouts': 'osm-layouts', 'indexes': 'osm-indexes', 'errors': 'osm-errors', 'dropin': 'osmem-malloc'}
TOOLS = {'osmem-demo': 'replays recorded programs on placement policies and draws heap maps',
         'osmem-bench': 'measures placement policies, and other allocators beside them'}
FONTS = {'computeroutput': 'B', 'bold': 'B', 'emphasis': 'I', 'ref': 'B'}


def escaped(text):
    """Text for roff."""
    return text.replace('\\', '\\(rs').replace('-', '\\-').replace("'", '\\(aq')


def inline(node):
    """What a paragraph says, with fonts, on one line."""
    out = escaped(node.text or '')
    for child in node:
        if child.tag in ('programlisting', 'itemizedlist', 'orderedlist', 'table', 'simplesect', 'parameterlist', 'verbatim',
                         'htmlonly', 'dot', 'dotfile', 'image', 'anchor', 'preformatted'):
            pass
        elif child.tag == 'sp':
            out += ' '
        elif child.tag in ('linebreak',):
            out += ' '
        elif child.tag in ('ndash', 'mdash'):
            out += '\\(en'
        elif child.tag in FONTS:
            out += f'\\f{FONTS[child.tag]}{inline(child)}\\fR'
        else:
            out += inline(child)
        out += escaped(child.tail or '')
    return re.sub(r'\s+', ' ', out)


def line(text):
    """A line of roff that begins with no request."""
    text = text.strip()
    return f'\\&{text}' if text[:1] in ('.', '\\(aq') else text


def code_lines(node):
    """A listing."""
    for part in node.iter('codeline'):
        yield line_of_code(''.join(piece_of_code(part)))


def piece_of_code(node):
    """The text of a line of code; a blank is an element of its own."""
    yield node.text or ''
    for child in node:
        if child.tag == 'sp':
            yield ' '
        yield from piece_of_code(child)
        yield child.tail or ''


def line_of_code(text):
    text = escaped(text.rstrip())
    return f'\\&{text}' if text[:1] == '.' else text


def listing(lines):
    """Lines as they are, indented."""
    return ['.PP', '.RS 4', '.EX', *lines, '.EE', '.RE']


def blocks(node):
    """The lines of a description: its paragraphs and what stands in them."""
    for part in node:
        if part.tag == 'para':
            yield from paragraph(part)
        elif re.fullmatch(r'sect\d', part.tag):
            title = part.find('title')
            yield f'.SS {escaped("".join(title.itertext()))}'
            yield from blocks(part)


def paragraph(para):
    text = line(inline(para))
    if text:
        yield '.PP'
        yield text
    for part in para:
        if part.tag in ('programlisting',):
            yield from listing(code_lines(part))
        elif part.tag in ('verbatim', 'preformatted'):
            yield from listing(line_of_code(text) for text in ''.join(part.itertext()).strip('\n').split('\n'))
        elif part.tag in ('itemizedlist', 'orderedlist'):
            for number, item in enumerate(part.findall('listitem'), 1):
                yield '.IP \\(bu 3' if part.tag == 'itemizedlist' else f'.IP {number}. 4'
                yield from (entry for entry in blocks(item) if entry != '.PP')
        elif part.tag == 'table':
            yield from table(part)


def table(node):
    """A table as a list: the first cell of a row leads, the others follow with what heads them."""
    rows = [[line(inline(cell.find('para'))) if cell.find('para') is not None else '' for cell in row.findall('entry')]
            for row in node.findall('row')]
    heads, *others = rows
    for row in others:
        yield '.TP'
        yield row[0] or '\\&'
        told = [f'{head}: {cell}' if head else cell for head, cell in zip(heads[1:], row[1:]) if cell]
        yield '; '.join(told) + '.' if told else '\\&'


def head(name, section, brief):
    """How each page begins. It has no date, so that it is the same whenever it is made."""
    return [f'.TH {name.upper()} {section} "" osmem', '.SH NAME', f'{escaped(name)} \\- {brief}']


def sections(member):
    """Parameters and results."""
    parameters = [entry for group in member.find('detaileddescription').iter('parameterlist') for entry in group]
    if parameters:
        yield '.SH PARAMETERS'
        for entry in parameters:
            yield '.TP'
            yield f'.I {escaped("".join(entry.find("parameternamelist").itertext()).strip())}'
            yield line(inline(entry.find('parameterdescription').find('para')))
    for part in member.find('detaileddescription').iter('simplesect'):
        if part.get('kind') == 'return':
            yield '.SH RETURN VALUE'
            yield from (entry for entry in blocks(part) if entry != '.PP')


def brief_of(item):
    """The first sentence, without its full stop."""
    return line(' '.join(inline(para) for para in item.find('briefdescription').iter('para'))).rstrip('.')


def described(item):
    """The description but for parameters, results and example."""
    text = [entry for entry in blocks(item.find('detaileddescription'))]
    return text or [brief_of(item) + '.']


def call_page(member, header):
    """A public call."""
    name = member.findtext('name')
    detail = member.find('detaileddescription')
    listings = [listing for listing in detail.iter('programlisting')]
    for para in detail.iter('para'):
        for listing_node in para.findall('programlisting'):
            para.remove(listing_node)
    yield from head(name, 3, brief_of(member))
    yield '.SH SYNOPSIS'
    yield f'.B #include <{escaped(header)}>'
    yield '.PP'
    yield f'.B {escaped(" ".join((member.findtext("definition") + member.findtext("argsstring")).split()))};'
    yield '.SH DESCRIPTION'
    yield from described(member)
    yield from sections(member)
    if listings:
        yield '.SH EXAMPLES'
        for node in listings:
            yield from listing(code_lines(node))
    yield '.SH SEE ALSO'
    yield '.BR osm\\-heap (7),\n.BR osm\\-policy (7),\n.BR osm\\-backend (7)'


def struct_page(compound, header):
    """A public structure: its members."""
    name = compound.findtext('compoundname')
    yield from head(name, 3, brief_of(compound))
    yield '.SH SYNOPSIS'
    yield f'.B #include <{escaped(header)}>'
    yield '.SH DESCRIPTION'
    yield from described(compound)
    yield '.SH MEMBERS'
    for member in compound.iter('memberdef'):
        yield '.TP'
        kind = ''.join(member.find('type').itertext())
        yield f'.B {escaped(kind)} {escaped(member.findtext("name"))}{escaped(member.findtext("argsstring") or "")}'
        yield brief_of(member) + '.'


def concept_page(compound, name):
    """A page of the documentation."""
    yield from head(name, 7, escaped(compound.findtext('title')).lower())
    yield '.SH DESCRIPTION'
    yield from blocks(compound.find('detaileddescription'))


def tool_page(name, brief, text):
    """A tool, from its own help."""
    usage, *lines = text.strip().split('\n')
    yield from head(name, 1, brief)
    yield '.SH SYNOPSIS'
    yield f'.B {escaped(re.sub(r"^[Uu]sage: *", "", usage))}'
    yield '.SH DESCRIPTION'
    yield '.EX'
    yield from (line_of_code(entry) for entry in lines)
    yield '.EE'


def save(folder, section, name, lines):
    target = folder / f'man{section}'
    target.mkdir(parents=True, exist_ok=True)
    (target / f'{name}.{section}').write_text('\n'.join(lines) + '\n', encoding='utf-8')


def write(xml, folder):
    """The pages of sections 3 and 7."""
    compounds = [compound for path in sorted(xml.glob('*.xml')) if path.name != 'index.xml'
                 for compound in ElementTree.parse(path).getroot().findall('compounddef')]
    for compound in compounds:
        kind, name = compound.get('kind'), compound.findtext('compoundname')
        if kind == 'file' and name.endswith('.h'):
            for member in compound.iter('memberdef'):
                if member.get('kind') == 'function':
                    save(folder, 3, member.findtext('name'), call_page(member, f'osmem/{name.rsplit("/", 1)[-1]}'))
        elif kind == 'struct':
            save(folder, 3, name, struct_page(compound, compound.find('includes').text
                                              if compound.find('includes') is not None else 'osmem/heap.h'))
        elif kind == 'page' and name in CONCEPTS:
            save(folder, 7, CONCEPTS[name], concept_page(compound, CONCEPTS[name]))


def judge(*folders):
    """What groff complains about, and pages that lack."""
    pages = sorted(page for folder in folders for page in folder.rglob('*.[137]'))
    sections = {page.suffix for page in pages}
    for section in ('.1', '.3', '.7'):
        if section not in sections:
            yield f'man: there is no page of section {section[1]}'
    for page in pages:
        done = subprocess.run(['groff', '-man', '-Tutf8', '-ww', '-z', page], text=True, capture_output=True, check=False)
        yield from (f'man: {found}' for found in done.stderr.splitlines())


def main():
    program, = sys.argv[1:]
    name = os.path.basename(program)
    done = subprocess.run([program, '--help'], text=True, stdout=subprocess.PIPE, check=True)
    print('\n'.join(tool_page(name, TOOLS[name], done.stdout.replace(program, name))))


if __name__ == '__main__':
    main()
