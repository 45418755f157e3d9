# SPDX-License-Identifier: BSD-3-Clause
"""A copy of the project in another folder, for tests that change it or build it there."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Under `scons test` the same scons with the same python; by hand the one on the path.
SCONS = [sys.executable, os.environ['OSM_SCONS']] if 'OSM_SCONS' in os.environ else ['scons']
BUILD = os.environ.get('OSM_BUILD', 'build')
GENERATED = shutil.ignore_patterns(os.path.basename(BUILD), 'build', '.*', '__pycache__')


class Copy:
    """The project in <folder>/osmem. What the build at hand has compiled is not compiled again, unless `anew`."""

    def __init__(self, folder, anew=False):
        self.root = Path(folder) / 'osmem'
        shutil.copytree(ROOT, self.root, ignore=GENERATED)
        made = [ROOT / BUILD / name for name in ('.sconsign.dblite', 'configure', 'obj')]
        self.build = 'build' if os.path.isabs(BUILD) else BUILD
        if not anew and self.build == BUILD and all(path.exists() for path in made):
            (self.root / BUILD).mkdir(parents=True)
            shutil.copy2(made[0], self.root / BUILD)
            for path in made[1:]:
                shutil.copytree(path, self.root / BUILD / path.name)

    def run(self, *command, **options):
        """Run a command in the copy; both outputs together."""
        return subprocess.run([str(word) for word in command], **{
            'cwd': self.root, 'stdin': subprocess.DEVNULL, 'stdout': subprocess.PIPE, 'stderr': subprocess.STDOUT,
            'text': True, 'check': False, **options})

    def scons(self, *arguments):
        """Build there."""
        return self.run(*SCONS, f'build={self.build}', *arguments)
