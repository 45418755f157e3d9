# SPDX-License-Identifier: BSD-3-Clause
"""`scons install` and `scons uninstall`: which file goes where, after the Filesystem Hierarchy Standard 3.0.

    PREFIX/bin                               programs
    PREFIX/include/osmem                     headers
    PREFIX/LIBDIR                            libraries
    PREFIX/LIBDIR/pkgconfig                  osmem.pc, osmem-malloc.pc, osmem-trace.pc
    PREFIX/LIBDIR/cmake/osmem                the package that find_package(osmem) finds
    PREFIX/lib/python3/dist-packages         osmem.py
    PREFIX/share/osmem                       the script for gdb
    PREFIX/share/gdb/auto-load/PREFIX/LIBDIR what tells gdb of it, by the names of the libraries
    PREFIX/share/man                         manual pages: man1 of programs; man3 and man7, if `scons docs` made them before
    PREFIX/share/bash-completion and so on   what completes the commands of osmem in bash, zsh and fish
    PREFIX/share/doc/osmem                   README.md, CHANGELOG.md, examples, and html, if `scons docs` made it before

DESTDIR goes before all of it. What an installation wrote is what its removal deletes, and no more.
"""
import os
import pathlib
import shutil

from SCons.Script import Alias, AlwaysBuild, COMMAND_LINE_TARGETS, Dir, Glob

HTML = 'share/doc/osmem/html'
MANUAL = 'share/man'


class Installation:
    """The files that are installed, collected one kind after the other."""

    def __init__(self, env, options, version):
        self.env = env
        self.build = options['build']
        self.prefix = os.path.abspath(options['prefix'])
        self.libdir = options['libdir'].strip('/')
        self.root = os.path.abspath(options['DESTDIR'] + self.prefix)
        major = version.partition('.')[0]
        up = '/'.join(['..'] * (len(self.libdir.split('/')) + 2))  # from LIBDIR/cmake/osmem to the prefix
        self.words = {'@PREFIX@': self.prefix, '@LIBDIR@': self.libdir, '@VERSION@': version, '@MAJOR@': major,
                      '@UP@': up}
        self.nodes = []

    def add(self, folder, files):
        """Files into a folder below the prefix."""
        self.nodes += self.env.Install(f'{self.root}/{folder}', files)

    def add_library(self, files):
        """A shared library with its version in its name, and the links to it."""
        self.nodes += self.env.InstallVersionedLib(f'{self.root}/{self.libdir}', files)

    def add_libraries(self, files):
        """Libraries without a version."""
        self.add(self.libdir, files)

    def add_filled(self, folder, name):
        """A file of packaging/, with what the options say in the place of its @WORDS@."""
        filled = self.env.Substfile(f'{self.build}/packaging/{name}', f'packaging/{name}.in', SUBST_DICT=self.words)
        self.add(folder, filled)

    def add_debugger(self, *libraries):
        """The script for gdb, and a file for each library that makes gdb read it when it sees that library."""
        self.add('share/osmem', 'tools/gdb/osmem_gdb.py')
        filled = self.env.Substfile(f'{self.build}/packaging/libosmem-gdb.py', 'packaging/libosmem-gdb.py.in',
                                    SUBST_DICT=self.words)
        for library in libraries:
            self.nodes += self.env.InstallAs(
                f'{self.root}/share/gdb/auto-load{self.prefix}/{self.libdir}/{library}-gdb.py', filled)

    def add_python(self):
        """The module for Python, where Debian's python3 looks if the prefix is /usr."""
        self.add('lib/python3/dist-packages', 'tools/python/osmem.py')

    def add_programs(self, programs):
        """Executables."""
        self.add('bin', programs)

    def add_texts(self):
        """Headers, manual pages, examples."""
        self.add('include/osmem', Glob('framework/include/osmem/*.h') + Glob('framework/include/osmem/*.hpp'))
        self.add('share/doc/osmem', ['README.md', 'CHANGELOG.md'])
        self.add('share/doc/osmem/examples', Glob('examples/*.c') + Glob('examples/*.cc'))
        self.add('share/doc/osmem/examples/policies', Glob('examples/policies/*.c'))

    def add_shared_texts(self, files):
        """Files by their paths below PREFIX/share."""
        for path, file in files.items():
            self.nodes += self.env.InstallAs(f'{self.root}/share/{path}', file)

    def add_pages(self):
        """The documentation's pages: what they are is known only when `docs` has run."""
        docs_come_first = 'docs' in COMMAND_LINE_TARGETS
        if not docs_come_first and not os.path.isdir(f'{self.build}/docs/html'):
            return

        def copy(target, source, env):
            shutil.rmtree(f'{self.root}/{HTML}', ignore_errors=True)
            shutil.copytree(f'{self.build}/docs/html', f'{self.root}/{HTML}')
            shutil.copytree(f'{self.build}/docs/man', f'{self.root}/{MANUAL}', dirs_exist_ok=True)

        pages = self.env.Command(Dir(f'{self.root}/{HTML}'), [],
                                 self.env.Action(copy, f'Install pages of "{self.build}/docs" in "{self.root}/share"'))
        AlwaysBuild(pages)
        if docs_come_first:
            self.env.Depends(pages, Alias('docs'))
        self.nodes += pages

    def manual_pages(self):
        """Where the pages of the documentation's manual are, or would be, installed."""
        return {f'{self.root}/{MANUAL}/{page.parent.name}/{page.name}'
                for page in pathlib.Path(self.build, 'docs/man').glob('man*/*')}

    def declare(self):
        """The targets `install` and `uninstall`."""
        Alias('install', self.nodes)
        known = {str(node) for node in self.nodes} | self.links() | {f'{self.root}/{HTML}'}

        def remove(target, source, env):
            paths = known | self.manual_pages()
            for path in sorted(paths):
                if os.path.isdir(path):
                    shutil.rmtree(path)
                elif os.path.lexists(path):
                    os.remove(path)
            self.remove_empty({os.path.dirname(path) for path in paths})

        AlwaysBuild(self.env.Command('uninstall', [], self.env.Action(remove, f'Uninstall from "{self.root}"')))

    def links(self):
        """The links beside a versioned library, of which SCons tells nothing in its list of nodes."""
        folder = f'{self.root}/{self.libdir}'
        return {f'{folder}/{name}.so{end}' for name in ('libosmem', 'libosmem-trace')
                for end in ('', f'.{self.words["@MAJOR@"]}')}

    def remove_empty(self, folders):
        """Folders that an installation made, if nothing is left in them, up to the prefix, which stays."""
        for folder in sorted(folders, key=len, reverse=True):
            while folder.startswith(self.root + '/') and os.path.isdir(folder) and not os.listdir(folder):
                os.rmdir(folder)
                folder = os.path.dirname(folder)
