# SPDX-License-Identifier: BSD-3-Clause
"""Where a C source can be changed a little, and how: the points of mutation testing.

A tokenizer finds them, so comments, strings and preprocessor lines are out of reach, and a change keeps every other
character and the count of lines. Only bodies of functions are changed. What the change means to the compiler is not
known here: one that does not compile, or that gives the same code, is dropped by who compiles it.
"""
import collections
import re
from typing import NamedTuple

# The sources that are changed: the policies, and the heap without what prints and what meets the system.
SOURCES = ('policies/*.h', 'policies/*.c', 'framework/heap*.[ch]', 'framework/growth.c', 'framework/giving.c',
           'framework/map.c', 'framework/mapped.[ch]', 'framework/metadata.[ch]', 'framework/diagnose.c')

TOKEN = re.compile(r'''
    (?P<skip> \s+ | /\*.*?\*/ | //[^\n]* | \#(?:/\*.*?\*/|\\\n|[^\n])* )
  | (?P<text> "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' )
  | (?P<number> (?:0[xX][0-9a-fA-F]+|\d+)[uUlL]* )
  | (?P<name> [A-Za-z_]\w* )
  | (?P<sign> <<= | >>= | -> | \+\+ | -- | << | >> | [<>=!+\-*/%&|^]= | && | \|\| | . )
''', re.VERBOSE | re.DOTALL)

# A sign that stands between two operands, and what it becomes.
SWAPPED = {'<': '<=', '<=': '<', '>': '>=', '>=': '>', '==': '!=', '!=': '==', '&&': '||', '||': '&&',
           '+': '-', '-': '+', '&': '|', '|': '&', '<<': '>>', '>>': '<<', '/': '*', '%': '/',
           '+=': '-=', '-=': '+=', '&=': '|=', '|=': '&=', '++': '--', '--': '++'}
MAY_BE_UNARY = {'+', '-', '&'}
TRUTHS = {'true': 'false', 'false': 'true'}

STATEMENTS = {'if', 'else', 'for', 'while', 'do', 'switch', 'case', 'default', 'return', 'goto'}
TYPES = {'auto', 'char', 'const', 'double', 'enum', 'extern', 'float', 'int', 'long', 'register', 'short', 'signed',
         'static', 'struct', 'typedef', 'union', 'unsigned', 'void', 'volatile', 'bool', 'size_t', 'uintptr_t',
         'ptrdiff_t'}
OPERATORS = ('swapped sign', 'shift by one', 'constant', 'dropped !', 'negated condition', 'returned 0',
             'dropped statement')


class Token(NamedTuple):
    kind: str
    text: str
    start: int


class Point(NamedTuple):
    """One change. File, function, change, text and nth name it, wherever its line moves."""
    file: str
    function: str
    operator: str  # one of OPERATORS
    change: str    # in words: `< to <=`
    text: str      # the line, without its indentation
    nth: int       # among those that are otherwise the same, from 1
    line: int
    start: int     # source[start:end] becomes `new`
    end: int
    new: str

    def key(self):
        return self.file, self.function, self.change, self.text, self.nth

    def apply(self, source):
        return source[:self.start] + self.new + source[self.end:]


def tokens(source):
    return [Token(match.lastgroup, match.group(), match.start()) for match in TOKEN.finditer(source)
            if match.lastgroup != 'skip']


def closing(all_tokens):
    """Where each parenthesis, bracket and brace ends, and where it begins, by position in the list."""
    pairs, opened = {}, []
    for i, token in enumerate(all_tokens):
        if token.kind == 'sign' and token.text in '([{':
            opened.append(i)
        elif token.kind == 'sign' and token.text in ')]}' and opened:
            pairs[i] = opened.pop()
            pairs[pairs[i]] = i
    return pairs


def bodies(all_tokens, pairs):
    """(name, first, last) of each function: at the outermost level, `name(...) {`."""
    i = 0
    while i < len(all_tokens):
        if all_tokens[i].text == '{':
            if all_tokens[i - 1].text == ')':
                yield all_tokens[pairs[i - 1] - 1].text, i, pairs[i]
            i = pairs[i]
        i += 1


class Body:
    """The points of one function."""

    def __init__(self, all_tokens, pairs, first, last):
        self.tokens, self.pairs, self.first, self.last = all_tokens, pairs, first, last

    def text(self, i):
        return self.tokens[i].text

    def span(self, first, last):
        """(start, end) in the source of the tokens from first to last."""
        return self.tokens[first].start, self.tokens[last].start + len(self.tokens[last].text)

    def is_cast(self, i):
        """Is the parenthesis that closes at i one round a type?"""
        begin = self.pairs[i]
        words = [self.text(k) for k in range(begin + 1, i)]
        return self.text(begin - 1) != 'sizeof' and bool(words) and \
            (words[-1] == '*' or words[0] in TYPES or words[-1] in TYPES)

    def is_binary(self, i):
        before = self.tokens[i - 1]
        if before.text in (')', ']'):
            return before.text == ']' or not self.is_cast(i - 1)
        return before.kind == 'number' or (before.kind == 'name' and before.text not in STATEMENTS)

    def end_of_statement(self, i):
        while self.text(i) != ';':
            i = self.pairs[i] if self.text(i) in ('(', '[', '{') else i
            i += 1
        return i

    def begins_statement(self, i):
        before = self.text(i - 1)
        if before == ')':
            return self.text(self.pairs[i - 1] - 1) in STATEMENTS
        return before in ('{', '}', ';', 'else', 'do')

    def is_declaration(self, i):
        if self.tokens[i].kind != 'name':
            return False
        if self.text(i) in TYPES or self.tokens[i + 1].kind == 'name':
            return True
        while self.text(i + 1) == '*':
            i += 1
            if self.tokens[i + 1].kind == 'name':
                return True
        return False

    def constants(self, i):
        text = self.text(i)
        if text in TRUTHS:
            yield i, i, TRUTHS[text]
        elif self.tokens[i].kind == 'number':
            digits = text.rstrip('uUlL')
            value, suffix = int(digits, 0), text[len(digits):]
            yield from ((i, i, f'{changed}{suffix}') for changed in (value + 1, value - 1) if changed >= 0)

    def negations(self, i):
        """Conditions; not those for which a sign that is swapped or dropped says the same."""
        words = [self.text(k) for k in range(i + 2, self.pairs[i + 1])]
        if not {'&&', '||', '?'} & set(words) and (words[0] == '!' or {'==', '!='} & set(words)):
            return
        yield i + 2, self.pairs[i + 1] - 1, None

    def changes(self):
        """(operator, first token, last token, new text or None for the negation)."""
        nested = 0
        for i in range(self.first + 1, self.last):
            token = self.tokens[i]
            nested += {'(': 1, '[': 1, ')': -1, ']': -1}.get(token.text, 0)
            if token.kind == 'sign' and token.text in SWAPPED and \
                    (token.text not in MAY_BE_UNARY or self.is_binary(i)):
                yield 'swapped sign', i, i, SWAPPED[token.text]
            if token.text in ('<<', '>>'):
                yield 'shift by one', i, i, f'{token.text} 1 +'
            for change in self.constants(i):
                yield 'constant', *change
            if token.text == '!':
                yield 'dropped !', i, i, ''
            if token.text in ('if', 'while'):
                for change in self.negations(i):
                    yield 'negated condition', *change
            if token.text == 'return':
                end = self.end_of_statement(i)
                if end > i + 1 and not (end == i + 2 and (self.text(i + 1) in ('NULL', *TRUTHS) or
                                                          self.tokens[i + 1].kind == 'number')):
                    yield 'returned 0', i + 1, end - 1, '0'
            if nested == 0 or (nested == 1 and token.text == '('):
                yield from self.dropped(i)

    def dropped(self, i):
        token = self.tokens[i]
        if not self.begins_statement(i) or token.text in STATEMENTS - {'return'} or \
                not (token.kind == 'name' or token.text in ('*', '(', '++', '--')):
            return
        if token.text == '(' and self.text(i + 1) == 'void':
            return  # it does nothing
        end = self.end_of_statement(i)
        if not self.is_declaration(i) and (token.text != 'return' or end == i + 1):
            yield 'dropped statement', i, end - 1, ''


def in_words(operator, old, new):
    old = ' '.join(old.split())
    if operator == 'negated condition':
        return f'negate {old}'
    return f'{old} to {new}' if new else f'drop {old}'


def find(file, source):
    """Every point of a source, in its order."""
    all_tokens = tokens(source)
    pairs = closing(all_tokens)
    seen = collections.Counter()
    lines = source.split('\n')
    for name, first, last in bodies(all_tokens, pairs):
        body = Body(all_tokens, pairs, first, last)
        for operator, begin, end, new in body.changes():
            start, stop = body.span(begin, end)
            old = source[start:stop]
            line = source.count('\n', 0, start) + 1
            change = in_words(operator, old, new)
            if new is None:
                new = f'!({old})'
            if not new and operator == 'dropped statement':
                new = '\n' * old.count('\n')  # so that no other line moves
            identity = (file, name, change, lines[line - 1].strip())
            seen[identity] += 1
            if operator == 'returned 0':
                new += '\n' * old.count('\n')
            yield Point(file, name, operator, change, identity[-1], seen[identity], line, start, stop, new)


def texts(root):
    """{path: text} of the sources that are changed."""
    return {path.relative_to(root).as_posix(): path.read_text(encoding='utf-8')
            for pattern in SOURCES for path in sorted(root.glob(pattern))}


def find_all(sources):
    return [point for file, source in sources.items() for point in find(file, source)]
