#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks README.md and docs/pages against the project, without Doxygen: `scons docs` does the rest.

Policies, backends and options must be described, the README's programs must compile and work, and files that the text
names must exist. OSM_BUILD names the build folder (build).
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True  # the tree stays as it is
from cases import case, finish, skip  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / 'docs'))
import make_docs  # noqa: E402

README = ROOT / 'README.md'
PAGES = ROOT / 'docs/pages'
LIBRARY = ROOT / os.environ.get('OSM_BUILD', 'build') / 'lib/libosmem.a'
COMPILER = os.environ.get('OSM_CC') or 'cc'
SCONS = [sys.executable, os.environ['OSM_SCONS']] if 'OSM_SCONS' in os.environ else ['scons']
FLAGS = ('-std=c11', '-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-Werror', f'-I{ROOT}/framework/include')
LINK_FLAGS = {
    ('OSM_SANITIZE', 'address'): ['-fsanitize=address'],
    ('OSM_SANITIZE', 'undefined'): ['-fsanitize=undefined'],
    ('OSM_SANITIZE', 'thread'): ['-fsanitize=thread'],
    ('OSM_COVERAGE', '1'): ['--coverage'],
}
# A path in the text; one with a placeholder in capitals is no file yet.
NAMED = re.compile(r'`((?:framework|policies|backends|examples|tests|tools|docs|site_scons|\.ci)(?:/[\w.*-]+)*)`')


def run(*command, folder=ROOT):
    """Run a command; both outputs together."""
    return subprocess.run([str(word) for word in command], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)


def read(path):
    """A text of the project."""
    return path.read_text(encoding='utf-8')


def check_names(kind, folder, names):
    """A policy or backend has a page and a row."""
    for name in names:
        dashed = name.replace('_', '-')
        page, source = PAGES / f'{kind}_{name}.md', ROOT / folder / f'{name}.c'
        case(f'the {kind} {dashed} has a page', page.exists() or make_docs.source_comment(source),
             f'neither {page.relative_to(ROOT)} nor a comment at the head of {source.relative_to(ROOT)}')
        case(f'the {kind} {dashed} has a row in README.md',
             re.search(rf'^\| `{re.escape(dashed)}` \|', read(README), flags=re.MULTILINE),
             f'there is no line that begins with | `{dashed}` |')


def check_programs():
    """Each block of C in the README compiles; what has a main works."""
    programs = re.findall(r'^```c\n(.*?)^```$', read(README), flags=re.DOTALL | re.MULTILINE)
    case('README.md has programs', programs)
    link = [flag for (key, value), flags in LINK_FLAGS.items() if os.environ.get(key) == value for flag in flags]
    for number, text in enumerate(programs, 1):
        with tempfile.TemporaryDirectory() as folder:
            source, program = Path(folder) / 'program.c', Path(folder) / 'program'
            source.write_text(text, encoding='utf-8')
            done = run(COMPILER, *FLAGS, '-c', source, '-o', f'{program}.o')
            case(f'program {number} of README.md compiles', done.returncode == 0, done.stdout)
            if done.returncode != 0 or ' main(' not in text:
                continue
            if not LIBRARY.exists():
                skip(f'program {number} of README.md works', f'there is no {LIBRARY}')
                continue
            done = run(COMPILER, *link, f'{program}.o', LIBRARY, '-lpthread', '-o', program, folder=folder)
            if done.returncode == 0:
                done = run(program, folder=folder)
            case(f'program {number} of README.md works', done.returncode == 0, done.stdout)


def check_options():
    """What `scons -h` lists is on the page, and the page lists nothing else."""
    page = read(PAGES / 'options.md')
    if not shutil.which(SCONS[0]):
        skip('docs/pages/options.md has every option', 'there is no scons')
        return
    done = run(*SCONS, '-h')
    case('scons -h works', done.returncode == 0, done.stdout)
    targets, _, options = done.stdout.partition('Options')
    listed = re.findall(r'^(\w+): ', options, flags=re.MULTILINE)
    written = re.findall(r'^\| `(\w+)` \|', page.partition('{#options_options}')[2].partition('\n# ')[0],
                         flags=re.MULTILINE)
    case('docs/pages/options.md has every option and no other', listed and sorted(listed) == sorted(written),
         f'missing: {set(listed) - set(written)}, too many: {set(written) - set(listed)}')
    for target in re.findall(r'^  (\w[\w.]*)  ', targets, flags=re.MULTILINE):
        case(f'docs/pages/options.md has the target {target}', f'| `{target}` |' in page)


def check_files():
    """Whatever the text links to or names exists."""
    for path in (README, ROOT / 'CONTRIBUTING.md', ROOT / 'CHANGELOG.md', *sorted(PAGES.glob('*.md'))):
        text = re.sub(r'^```.*?^```$', '', read(path), flags=re.DOTALL | re.MULTILINE)
        links = {link for link in re.findall(r'\]\(([^)#@ ]+)[^)]*\)', text) if '://' not in link}
        named = {name for name in NAMED.findall(text) if not re.search(r'[A-Z]{4}', name)}
        lost = [name for name in sorted(links | named) if not list(ROOT.glob(name.rstrip('/')))]
        case(f'{path.relative_to(ROOT)} names only files that exist', not lost, ', '.join(lost))


def main():
    check_names('policy', 'policies', make_docs.listed('policies/policies.def', 'FIT_POLICY', 'OWN_POLICY'))
    check_names('backend', 'backends', make_docs.listed('backends/backends.def', 'BACKEND'))
    check_programs()
    check_options()
    check_files()
    finish()


if __name__ == '__main__':
    main()
