# SPDX-License-Identifier: BSD-3-Clause
"""Prints the names that a linker's version script exports, one a line: exported.py FILE."""
import re
import sys

with open(sys.argv[1], encoding='utf-8') as script:
    text = re.sub(r'/\*.*?\*/', '', script.read(), flags=re.DOTALL)
print('\n'.join(re.findall(r'(\w+);', text.partition('global:')[2].partition('local:')[0])))
