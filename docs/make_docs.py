#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the documentation: BUILD/docs/html/index.html.

Draws the pictures on real heaps, measures on them, plots what the benchmark measured, writes a page for each policy and
backend that has none in docs/pages, runs Doxygen and judges the result. Exit status 0 only if nothing is undocumented,
every link leads somewhere, every picture is shown
and no page needs another host.
"""
import argparse
import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

sys.dont_write_bytecode = True  # the tree stays as it is
sys.path.append(str(Path(__file__).resolve().parent / 'explorer'))
import build as explorer  # noqa: E402
import classic_results  # noqa: E402
import gate  # noqa: E402
import man  # noqa: E402
import measured  # noqa: E402
import measured_malloc  # noqa: E402
import recorded  # noqa: E402
import today  # noqa: E402
import measured_trust  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / 'docs'
STYLES = ('doxygen-awesome.css', 'doxygen-awesome-sidebar-only.css', 'doxygen-awesome-sidebar-only-darkmode-toggle.css')
SCRIPTS = ('doxygen-awesome-darkmode-toggle.js', 'doxygen-awesome-fragment-copy-button.js',
           'doxygen-awesome-interactive-toc.js')
TRACE_READER = ['tools/trace.c', 'tools/text.c']
JOBS = [f'{name}.rep.gz' for name in ('cc1', 'jq', 'lua', 'sqlite', 'gitlog')]
C_FLAGS = ('-std=c11', '-O1', '-g', '-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-Werror')


def give_up(*lines):
    """End with what is wrong."""
    print('\n'.join(str(line) for line in lines), file=sys.stderr)
    sys.exit(1)


def run(what, command, **options):
    """Run a command from the project's root; give up with all that it says if it fails."""
    done = subprocess.run([str(word) for word in command], cwd=ROOT, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, **options)
    if done.returncode != 0:
        give_up(f'{what} failed with {done.returncode}:', done.stdout.rstrip() or '(it said nothing)')
    return done.stdout


def step(text):
    """Say what is going on."""
    print(f'docs: {text}', flush=True)


# ---- What is needed

def theme():
    """Where each file of the theme is: a name -> path map."""
    try:
        done = subprocess.run(['dpkg-query', '-L', 'doxygen-awesome-css'], text=True, capture_output=True, check=False)
        paths = {Path(line).name: Path(line) for line in done.stdout.splitlines()}
    except FileNotFoundError:
        paths = {}
    lost = [name for name in STYLES + SCRIPTS if name not in paths]
    if lost:
        give_up(f'the theme is not installed: {", ".join(lost)}', '`./bootstrap docs` installs doxygen-awesome-css')
    return paths


def check_tools(compiler, library):
    """Say at once what is missing."""
    for program, package in (('doxygen', 'doxygen'), ('dot', 'graphviz'), ('node', 'nodejs'), ('groff', 'groff-base'),
                             ('gnuplot', 'gnuplot-nox'), (compiler, 'gcc')):
        if not shutil.which(program):
            give_up(f'there is no {program}: `./bootstrap docs` installs {package}')
    if not library.exists():
        give_up(f'{library} is missing: `scons` builds it')


# ---- Pictures, and pages out of the sources

def compiled(options, folder, name, *more):
    """The program whose sources are in docs/NAME, with more of the project's sources, linked with the library."""
    program = folder.parent / f'{name}.bin'
    sources = [*sorted((DOCS / name).glob('*.c')), DOCS / 'give_up.c', *more]
    command = [options.cc, *C_FLAGS, *shlex.split(options.flags), '-I.', '-Iframework/include']
    libraries = [options.build / f'lib/lib{library}.a' for library in ('osmem-trace', 'osmem')]
    run(f'compiling docs/{name}',
        [*command, *sources, *libraries, '-lpthread', '-lz', '-lzstd', '-o', program])
    return program


def draw(options, folder):
    """Let docs/pictures, docs/calls, docs/giving and docs/results write pictures and tables."""
    run('drawing', [compiled(options, folder, 'pictures', DOCS / 'explorer/script.c'), folder])
    run('drawing calls', [compiled(options, folder, 'calls', DOCS / 'pictures/svg.c'), folder])
    giving = compiled(options, folder, 'giving', DOCS / 'pictures/svg.c', *TRACE_READER)
    run('measuring what giving back saves', [giving, folder, *(ROOT / 'tests/traces' / name for name in JOBS)])
    results = compiled(options, folder, 'results', 'tools/osmem/model_worst.c')
    classic_results.write(run('running the classic results', [results, *(f'tests/traces/{name}' for name in JOBS)]), folder)


def draw_recorded(options, folder):
    """Plots of the recorded programs."""
    try:
        recorded.write(options.build / 'bin/osmem', ROOT, folder)
    except RuntimeError as error:
        give_up(error)


def compare(options):
    """What `osmem compare` says of the recorded programs."""
    return today.find(options.build, ROOT, sorted((ROOT / 'tests/traces').glob('*.osmt.zst')), step)


def plot(options, folder, compared):
    """Plots and tables of what was measured."""
    try:
        measured.write(measured.find(options.build, ROOT, run, step), folder)
        measured_malloc.write(measured_malloc.find(options.build, ROOT, run, step), folder)
        today.write(compared.result(), folder)
        measured_trust.write(measured_trust.find(options.build, ROOT, step), folder, ROOT)
    except RuntimeError as error:
        give_up(error)


def build_explorer(options, html):
    """The heap explorer, beside the pages that link to it."""
    try:
        page, _ = explorer.build(options.build / 'explorer')
    except explorer.Failed as error:
        give_up(error)
    shutil.copy(page, html / page.name)
    return page.with_suffix('.wasm')


def listed(path, *macros):
    """The names in a .def file, in order."""
    text = re.sub(r'/\*.*?\*/', '', (ROOT / path).read_text(encoding='utf-8'), flags=re.DOTALL)
    return re.findall(rf'^\s*(?:{"|".join(macros)})\((\w+)', text, flags=re.MULTILINE)


def source_comment(path):
    """The comment that says what a file is, without its frame, or None; the first one is the licence."""
    text = path.read_text(encoding='utf-8') if path.exists() else ''
    match = re.search(r'^/\*\n(.*?)\n \*/', text, flags=re.DOTALL | re.MULTILINE)
    return match and '\n'.join(re.sub(r'^ \* ?', '', line) for line in match.group(1).splitlines())


def source_field(path, field):
    """What a source's vtable says about itself: its name or its summary."""
    match = re.search(rf'\.{field} = (?:ENGINE_NAME\()?"([^"]*)"', path.read_text(encoding='utf-8'))
    if not match:
        give_up(f'{path}: there is no .{field} = "..."')
    return match.group(1)


def write_source_pages(kind, folder, names, pages, parts):
    """The sources' comments for pages to quote, and a page for each source that has none. Returns a list of pages."""
    entries = []
    for name in names:
        source = ROOT / folder / f'{name}.c'
        comment = source_comment(source)
        if not comment:
            give_up(f'{source}: there is no comment that says what it is')
        title = source_field(source, 'name')
        (parts / f'{kind}_{name}.txt').write_text(comment + '\n', encoding='utf-8')
        if not (DOCS / 'pages' / f'{kind}_{name}.md').exists():
            page = f'# The {kind} {title} {{#{kind}_{name}}}\n\nFrom `{folder}/{name}.c`:\n\n' \
                   f'@verbinclude {kind}_{name}.txt\n'
            (pages / f'{kind}_{name}.md').write_text(page, encoding='utf-8')
        entries.append(f'- @subpage {kind}_{name} : {source_field(source, "summary")}')
    return '^^'.join(entries)


# ---- Doxygen

def settings(output, pages, parts, aliases):
    """What docs/Doxyfile leaves open. In an alias ^^ is a new line."""
    files = theme()
    def paths(*names):
        return ' '.join(f'"{name}"' for name in names)
    return '\n'.join((
        '@INCLUDE = docs/Doxyfile',
        f'OUTPUT_DIRECTORY = "{output}"',
        f'STRIP_FROM_PATH += "{pages}"',
        f'INPUT = framework/include/osmem docs/pages {paths(pages)}',
        f'EXAMPLE_PATH = examples policies backends tests docs {paths(parts)}',
        f'HTML_EXTRA_STYLESHEET = {paths(*(files[name] for name in STYLES))} docs/theme/osmem.css',
        f'HTML_EXTRA_FILES = {paths(*(files[name] for name in SCRIPTS))} docs/theme/search.js',
        *(f'ALIASES += "{name}={text}"' for name, text in aliases.items()),
        f'DOT_NUM_THREADS = {len(os.sched_getaffinity(0))}',
    )) + '\n'


def write_names(html):
    """Every name that Doxygen's search knows, in one file for docs/theme/search.js: [name, where it stands, address]."""
    names = set()
    for path in sorted((html / 'search').glob('all_*.js')):
        for _, (name, *places) in ast.literal_eval(path.read_text(encoding='utf-8').partition('=')[2].strip().rstrip(';')):
            names.update((unescape(name), unescape(place[2]), place[0].removeprefix('../')) for place in places)
    lines = ',\n'.join(json.dumps(name) for name in sorted(names))
    (html / 'names.js').write_text(f'const osmNames = [\n{lines}\n]\n', encoding='utf-8')


def fresh(folder, kept=()):
    """An empty folder, but for what is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir() and path.name not in kept:
            shutil.rmtree(path)
        elif not path.is_dir():
            path.unlink()
    return folder


def main():
    parser = argparse.ArgumentParser(description='Make the documentation.')
    parser.add_argument('--build', type=Path, default=Path('build'), help='the build folder (build)')
    parser.add_argument('--cc', default='cc', help='the compiler for the program that draws (cc)')
    parser.add_argument('--flags', default='', help='more flags for it, such as the sanitizer that the library needs')
    options = parser.parse_args()
    options.build = (ROOT / options.build).resolve()
    check_tools(options.cc, options.build / 'lib/libosmem.a')

    output = fresh(options.build / 'docs', kept=['screenshots'])  # the browser's tests leave those
    parts, pages = fresh(output / 'parts'), fresh(output / 'pages')
    step('pictures')
    # Memory is compared beside the drawing: neither measures times that the other would change.
    with ThreadPoolExecutor(1) as pool:
        compared = pool.submit(compare, options)
        draw(options, parts)
        draw_recorded(options, parts)
    plot(options, parts, compared)
    drawn = sorted(path.name for path in parts.iterdir())
    policies = listed('policies/policies.def', 'FIT_POLICY', 'OWN_POLICY')
    backends = listed('backends/backends.def', 'BACKEND')
    (parts / 'trace_code.txt').write_text(source_comment(ROOT / 'framework/trace/code.h') + '\n', encoding='utf-8')
    aliases = {'policylist': write_source_pages('policy', 'policies', policies, pages, parts),
               'backendlist': write_source_pages('backend', 'backends', backends, pages, parts)}
    # An explorer's state beside the text, and the program that solves an exercise, folded away.
    aliases['explorer{2}'] = ("@htmlonly<iframe class='osm-explorer' src='explorer.html\\1&amp;embed=1' title='\\2' "
                              "loading='lazy'></iframe>@endhtmlonly")
    aliases['solution'] = "@htmlonly<details class='osm-solution'><summary>Solution</summary>@endhtmlonly"
    aliases['endsolution'] = '@htmlonly</details>@endhtmlonly'
    step('doxygen')
    run('doxygen', ['doxygen', '-'], input=settings(output, pages, parts, aliases))
    write_names(output / 'html')
    module = build_explorer(options, output / 'html')
    step('manual pages')
    man.write(output / 'xml', fresh(output / 'man'))
    step('links, gaps and pictures')
    findings = [*gate.judge(output / 'html', output / 'xml', drawn, module), *man.judge(output / 'man', options.build / 'share/man')]
    if findings:
        give_up(*findings, f'{len(findings)} findings')
    step(output / 'html/explorer.html')
    step(output / 'html/index.html')


if __name__ == '__main__':
    main()
