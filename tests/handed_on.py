# SPDX-License-Identifier: BSD-3-Clause
"""What run_prove.py, run_wp.py and run_eva.py share: tools with arguments of their own, which may not be installed."""
import subprocess
import sys

from cases import case, finish, skip


def hand_on(name, command, absent, target, small, title):
    """Run a command with all arguments of this script and end as it does; with packages absent, skip it by name.

    With --slow it is a part of `scons test slow=1`: it gets the argument `small` for that, and is one case, `title`.
    """
    if absent:
        skip(name, f'there is no {" and no ".join(absent)}; ./bootstrap {target} installs it')
        finish()
    is_test = '--slow' in sys.argv
    status = subprocess.run([*command, *(small if word == '--slow' else word for word in sys.argv[1:])], check=False).returncode
    if is_test:
        case(title, status == 0, 'see above')
        finish()
    sys.exit(status)
