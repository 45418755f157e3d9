#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Mutation testing, looked at by itself: the points it finds, what it compiles, how it judges, and its list of survivors.

`scons mutate` is the real thing, and takes its time.
"""
import contextlib
import io
import sys
import tempfile
from pathlib import Path

from cases import case, finish

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / 'tests/mutate'))
import build  # noqa: E402
import points  # noqa: E402
import report  # noqa: E402
import suite  # noqa: E402
import survivors  # noqa: E402

# The body of a function, and all that it is changed to.
SNIPPETS = {
    'comparison': ('return_if(a < b);', ['return_if(a <= b);', ';']),
    'equality': ('f(a == b);', ['f(a != b);', ';']),
    'and': ('f(a && b);', ['f(a || b);', ';']),
    'sum': ('f(a + b);', ['f(a - b);', ';']),
    'bits': ('x |= a & m;', ['x &= a & m;', 'x |= a | m;', ';']),
    'step': ('i++;', ['i--;', ';']),
    'shift': ('f(a << b);', ['f(a >> b);', 'f(a << 1 + b);', ';']),
    'constant': ('f(4u);', ['f(5u);', 'f(3u);', ';']),
    'nothing below zero': ('f(0);', ['f(1);', ';']),
    'truth': ('f(true);', ['f(false);', ';']),
    'not': ('f(!a);', ['f(a);', ';']),
    'condition': ('if (a) return;', ['if (!(a)) return;', 'if (a) ;']),
    'condition that a swap negates': ('if (a == b) return;', ['if (a != b) return;', 'if (a == b) ;']),
    'condition that a dropped ! negates': ('if (!a) return;', ['if (a) return;', 'if (!a) ;']),
    'loop': ('while (a) continue;', ['while (!(a)) continue;', 'while (a) ;']),
    'result': ('return f(a);', ['return 0;']),
    'constant result': ('return NULL;', []),
    'assignment': ('*p = x;', [';']),
    'declarations': ('struct a *p = q; size_t n = m; node *r = s; const char *t;', []),
    'nothing done': ('(void)a;', []),
    'signs before one operand': ('f(-a, &b, (int)-c, (char *)&d);', [';']),
    'sign behind sizeof': ('f(sizeof(int) + a);', ['f(sizeof(int) - a);', ';']),
    'steps of a for': ('for (i = a; b; i = c) f();', ['for (i = a; b; i = c) ;']),
    'out of reach': ('/* a < b */ f("a < b", \'<\'); // a < b\n#define X (a < b) \\\n\t+ 1\n',
                     ['/* a < b */ ; // a < b\n#define X (a < b) \\\n\t+ 1\n']),
}

HEADER = 'static inline int twice(int n)\n{\n\tn = n;\n\treturn n + n;\n}\n'
SOURCE = '#include "policies/twice.h"\nint four(void);\nint four(void)\n{\n\treturn twice(2);\n}\n'


def check_snippets():
    seen = set()
    for name, (body, expected) in SNIPPETS.items():
        source = f'#include "x"\nint table[] = {{1 + 2}};\n\nint function(int a)\n{{\n{body}\n}}\n'
        found = list(points.find('x.c', source))
        results = [point.apply(source) for point in found]
        wanted = [source.replace(body, changed) for changed in expected]
        case(f'points: {name}', sorted(results) == sorted(wanted), [point.change for point in found])
        seen |= {point.operator for point in found if point.function == 'function'}
    case('points: each operator is shown', seen == set(points.OPERATORS), set(points.OPERATORS) ^ seen)


def check_tree(everything, texts):
    """What holds for each point of the library itself."""
    keys = {point.key() for point in everything}
    case(f'tree: {len(everything)} points have different names', len(everything) > 1000 and len(keys) == len(everything))
    moved = [point for point in everything
             if point.apply(texts[point.file]).count('\n') != texts[point.file].count('\n')]
    case('tree: no change moves a line', not moved, moved[:3])
    same = [point for point in everything if point.apply(texts[point.file]) == texts[point.file]]
    case('tree: each change is one', not same, same[:3])


def check_list(everything):
    try:
        accepted = survivors.read()
    except ValueError as error:
        case('survivors.txt: each entry has a reason', False, error)
        return
    case(f'survivors.txt: each of {len(accepted)} entries has a reason', True)
    lost = [key for key in accepted if key not in {point.key() for point in everything}]
    case('survivors.txt: each entry is found in the sources', not lost, '\n'.join(survivors.entry(key) for key in lost))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'list'
        for name, text in {'without a reason': survivors.entry(('a.c', 'f', '< to <=', 'a < b', 1), ''),
                           'of no known kind': survivors.entry(('a.c', 'f', '< to <=', 'a < b', 1), 'because: so')}.items():
            path.write_text(text + '\n', encoding='utf-8')
            try:
                survivors.read(path)
                refused = False
            except ValueError:
                refused = True
            case(f'survivors: an entry {name} is refused', refused)
        key = ('a.c', 'f', '| to &', 'a | b', 2)
        path.write_text(survivors.entry(key, 'equivalent: both are 0'), encoding='utf-8')
        case('survivors: what is written is read', survivors.read(path) == {key: 'equivalent: both are 0'})


def check_compiled():
    """Other code, the same code and what does not compile are told apart."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / 'tree'
        (tree / 'policies').mkdir(parents=True)
        (tree / 'policies/twice.h').write_text(HEADER, encoding='utf-8')
        (tree / 'policies/four.c').write_text(SOURCE, encoding='utf-8')
        item = build.Object('four.o', 'policies/four.c', 'gcc', ['-w', '-I.'])
        plain = item.compile(tree, Path(folder) / 'plain.o', build.THOROUGH)
        changed = {point.change: point.apply(HEADER) for point in points.find('policies/twice.h', HEADER)}
        for name, text, expected in (('other code', changed['+ to -'], True), ('the same code', changed['drop n = n'], False),
                                     ('not C', HEADER.replace('n + n', 'n +'), None)):
            (tree / 'policies/twice.h').write_text(text, encoding='utf-8')
            try:
                differs = item.compile(tree, Path(folder) / 'changed.o', build.THOROUGH) != plain
            except build.Mutated:
                differs = None
            case(f'compile: {name}', differs == expected, differs)


def check_included():
    """What a test includes is known before its folder is there."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, 'one.h').touch()
        Path(folder, 'test.c').write_text('#include "one.h"\n', encoding='utf-8')
        found = suite.included(['gcc', '-o', f'{folder}/not/there.o', '-c', f'{folder}/test.c'])
        case('the files that a test includes', {f'{folder}/one.h', f'{folder}/test.c'} <= found, found)


def check_runs():
    """A test that fails, one that is stuck, one that passes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'test'
        for text, expected in {'exit 1': 'test', 'kill -11 $$': 'test', 'while :; do :; done': 'time', 'exit 0': ''}.items():
            path.write_text(f'#!/bin/sh\n{text}\n', encoding='utf-8')
            path.chmod(0o755)
            how, seconds = suite.Test('test', path).run(Path(folder) / 'library', (), 1)
            case(f'run: {text}', how == expected and seconds < 4, (how, seconds))  # of the processor; the limit is 2


def judge(everything, outcomes, accepted):
    """The exit status for points with these outcomes."""
    tried = [(point, {'outcome': outcome, 'by': 'test', 'how': 'test'}) for point, outcome in zip(everything, outcomes)]
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as said:
        return report.write(Path(folder) / 'report', tried, everything, accepted), said.getvalue()


def check_judgement(everything):
    reason = {everything[i].key(): 'equivalent: it is' for i in (9, 10)}
    status, said = judge(everything, ['caught'] * 9 + ['survived', 'same code', 'not compiled'], reason)
    case('report: nine of ten caught, one with a reason', status == 0 and '9 of 10 caught: 90.0 %' in said, said)
    case('report: a survivor without a reason', judge(everything, ['caught'] * 9 + ['survived'], {})[0] == 1)
    case('report: fewer than nine of ten', judge(everything, ['caught'] * 9 + ['survived'] * 2, reason)[0] == 1)
    status, said = judge(everything, ['caught'] * 10, {('a.c', 'f', '+ to -', 'a + b', 1): 'equivalent: it is'})
    case('report: an entry that matches nothing', status == 1 and 'not in the sources' in said, said)


def main():
    texts = points.texts(ROOT)
    everything = points.find_all(texts)
    check_snippets()
    check_tree(everything, texts)
    check_list(everything)
    check_compiled()
    check_included()
    check_runs()
    check_judgement(everything)
    finish()


if __name__ == '__main__':
    sys.dont_write_bytecode = True
    main()
