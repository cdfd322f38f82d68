# SPDX-License-Identifier: BSD-3-Clause
"""Mutants of C sources: small wrong changes, each of which a test ought to notice.

The sources are read as text: comments, strings and preprocessor lines are blanked, functions are what
begins and ends with a brace in the first column. A mutant's name is FILE:FUNCTION:KIND:NUMBER, so it
stays the same when other functions change.
"""
import os
import re

KINDS = {
    'not': 'a condition is negated',
    'term': 'one check of several is left out',
    'limit': 'a comparison is off by one',
    'number': 'a number is off by one',
    'constant': 'a constant in a #define is changed',
    'sign': 'plus for minus, or minus for plus',
    'lost': 'a statement is left out',
    'result': 'another result is returned',
}


# They ask for memory ahead of others' use and decide nothing: no result tells a right one from a wrong one.
HINTS = {'allowedips_prefetch4', 'allowedips_prefetch6', 'index_table_prefetch'}


class Mutant:
    def __init__(self, path, function, kind, start, end, text, source):
        self.path, self.function, self.kind = path, function, kind
        self.start, self.end, self.text = start, end, text
        self.line = source.count('\n', 0, start) + 1
        self.before = ' '.join(source[start:end].split())
        self.name = ''

    def apply(self, source):
        return source[:self.start] + self.text + source[self.end:]

    def __str__(self):
        after = ' '.join(self.text.split())
        return f'{self.name}  line {self.line}: {self.before}  ->  {after or "(nothing)"}'


def blank(match):
    return re.sub(r'[^\n]', ' ', match.group(0))


def code_only(source):
    """The source with as many characters, without what is no code."""
    source = re.sub(r'/\*.*?\*/|//[^\n]*', blank, source, flags=re.S)
    source = re.sub(r'"(\\.|[^"\\\n])*"|\'(\\.|[^\'\\\n])*\'', blank, source)
    return re.sub(r'^[ \t]*#(\\\n|[^\n])*', blank, source, flags=re.M)


def functions(code):
    """(name, start, end) of each body, braces excluded."""
    for opening in re.finditer(r'^\{$', code, re.M):
        closing = re.compile(r'^\}', re.M).search(code, opening.end())
        head = code[:opening.start()]
        head = head[max(head.rfind(';'), head.rfind('}'), 0):]
        name = re.search(r'(\w+)\s*\(', head)
        if closing and name:
            yield name.group(1), opening.end(), closing.start()


def matching(code, at):
    """Where the parenthesis that opens at `at` closes."""
    depth = 0
    for i in range(at, len(code)):
        depth += (code[i] == '(') - (code[i] == ')')
        if depth == 0:
            return i
    raise ValueError('a parenthesis does not close')


def beginning(code, at):
    """Where the expression that ends before `at` begins: an operand of its own, or an argument."""
    depth = 0
    for i in range(at - 1, -1, -1):
        depth += (code[i] == ')') - (code[i] == '(')
        if depth < 0 or (depth == 0 and code[i] in ',;:?{'):
            return i + 1
        if depth == 0 and (code[i - 2:i + 1] == ' = ' or code[i - 6:i + 1] == 'return '):
            return i + 1
    raise ValueError('an expression does not begin')


def conditions(code, start, end):
    """(start, end) of what if, while, for, return, an assignment and a choice decide on."""
    for m in re.finditer(r'\b(if|while) \(', code[start:end]):
        at = start + m.end() - 1
        yield at + 1, matching(code, at)
    for m in re.finditer(r'\bfor \([^;]*;([^;]+);', code[start:end]):
        yield start + m.start(1), start + m.end(1)
    for m in re.finditer(r'(?:\breturn| =) ([^;]+);', code[start:end]):
        if re.search(r'[<>!=]=|&&|\|\|| [<>] |^!', m.group(1)) and ' ? ' not in m.group(1):
            yield start + m.start(1), start + m.end(1)
    for m in re.finditer(r'\s\?\s', code[start:end]):
        yield beginning(code, start + m.start()), start + m.start()


def terms(code, start, end):
    """(start, end, operator) of the parts that && or || join, at every depth."""
    depth, at, operators = 0, start, []
    for i in range(start, end):
        depth += (code[i] == '(') - (code[i] == ')')
        if depth == 0 and code[i:i + 2] in ('&&', '||'):
            operators.append((i, code[i:i + 2]))
    if not operators:
        for m in re.finditer(r'\(', code[start:end]):
            close = matching(code, start + m.start())
            if re.search(r'&&|\|\|', code[start + m.end():close]):
                yield from terms(code, start + m.end(), close)
                return
        return
    main = '||' if any(o == '||' for _, o in operators) else '&&'
    parts = [i for i, o in operators if o == main] + [end]
    for i in parts:
        yield at, i, main
        yield from terms(code, at, i)
        at = i + 2


def not_and_term(code, source, start, end):
    for a, b in conditions(code, start, end):
        yield 'not', a, b, f'!({source[a:b]})'
        for c, d, operator in terms(code, a, b):
            yield 'term', c, d, ' 1 ' if operator == '&&' else ' 0 '


def limit(code, source, start, end):
    for m in re.finditer(r' (<=|>=|<|>) ', code[start:end]):
        other = {'<': '<=', '<=': '<', '>': '>=', '>=': '>'}[m.group(1)]
        yield 'limit', start + m.start(1), start + m.end(1), other


def number(code, source, start, end):
    for m in re.finditer(r'(?<![\w.])(0x[0-9a-fA-F]+|\d+)(u|ull)?\b', code[start:end]):
        line = code[code.rfind('\n', 0, start + m.start()) + 1:start + m.start()]
        if re.search(r'^\s*(static )?(const )?(struct \w+|u?int\w*|char|unsigned) [^=]*\w\[[^\]]*$',
                     line):
            continue  # the size of a buffer: behaviour beyond the language, not a wrong check
        value = int(m.group(1), 0)
        if value == 0:
            continue  # nearly always "none", and then the check itself is negated too
        other = value - 1 if value >= 8 else value + 1
        yield 'number', start + m.start(), start + m.end(), f'{other}{m.group(2) or ""}'


def sign(code, source, start, end):
    for m in re.finditer(r' ([+-]) ', code[start:end]):
        yield 'sign', start + m.start(1), start + m.end(1), '-' if m.group(1) == '+' else '+'


STATEMENT = re.compile(r'^[ \t]*((?:[\w\->.*&\[\]/ ()+%]+ [-+|&]?= [^;{}]+|\w+\((?:[^;{}])*\)'
                       r'|(?:[\w\->.]+)(?:\+\+|--)|(?:\+\+|--)[\w\->.]+);)', re.M)
DECLARES = re.compile(r'^(const |static |struct |enum |union |bool |char |unsigned |size_t |'
                      r'u?int\d*(_t)? |return )')


def lost(code, source, start, end):
    for m in STATEMENT.finditer(code, start, end):
        text = m.group(1)
        if DECLARES.match(text) or text.startswith(('return', 'case', 'if ', 'while ', 'for ')):
            continue
        yield 'lost', m.start(1), m.end(1), ';'


def result(code, source, start, end):
    others = [(r'true', 'false'), (r'false', 'true'), (r'-E[A-Z]+', '0'), (r'0', '-1')]
    for pattern, other in others:
        for m in re.finditer(rf'\breturn ({pattern});', code[start:end]):
            yield 'result', start + m.start(1), start + m.end(1), other
    for m in re.finditer(r'(?<!return )\b(true|false)\b', code[start:end]):
        other = 'false' if m.group(1) == 'true' else 'true'
        yield 'result', start + m.start(1), start + m.end(1), other


def in_functions(path, source):
    code = code_only(source)
    for function, start, end in functions(code):
        if function in HINTS:
            continue
        for operator in (not_and_term, limit, number, sign, lost, result):
            for kind, a, b, text in operator(code, source, start, end):
                yield Mutant(path, function, kind, a, b, text, source)


def in_defines(path, source):
    """The first number of a constant: the last digit counts."""
    for m in re.finditer(r'^#define (\w+)[ \t]+\(?(?:\w+ [-+*] )?(0x[0-9a-f]+|\d+)(?=u|l|\b)[^\n]*',
                         source, re.M):
        value = int(m.group(2), 0)
        yield Mutant(path, m.group(1), 'constant', m.start(2), m.end(2), str(value + 1), source)


def mutants_of(path, source):
    found = list(in_defines(path, source))
    if path.endswith('.c'):
        found += in_functions(path, source)
    counts, seen = {}, set()
    for m in found:
        key = (m.start, m.end, m.text)
        if key in seen:
            continue
        seen.add(key)
        base = f'{os.path.basename(path)}:{m.function}:{m.kind}'
        counts[base] = counts.get(base, 0) + 1
        m.name = f'{base}:{counts[base]}'
        yield m
