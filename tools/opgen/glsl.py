# SPDX-License-Identifier: MIT OR Apache-2.0
"""Formulas of the table in GLSL. C's numbers and truth values are one, GLSL's are not: each part of a formula is a
bool, an int (choices of the caller) or a T, and is converted where another is wanted."""
from __future__ import annotations

import re


class Unknown(Exception):
    pass


TOKEN = re.compile(r"\s*(\d+\.\d*(?:e[+-]?\d+)?|\d+e[+-]?\d+|\d+|\w+|==|!=|<=|>=|&&|\|\||[-+*/%&|^~!<>?:(),])")
LEVELS = [["||"], ["&&"], ["|"], ["^"], ["&"], ["==", "!="], ["<", "<=", ">", ">="], ["+", "-"], ["*", "/", "%"]]


class Formula:
    def __init__(self, text: str, suffix: str, names: dict[str, str]):
        self.suffix, self.names, self.tokens, at = suffix, names, [], 0
        text = text.rstrip()
        while at < len(text):
            m = TOKEN.match(text, at)
            if not m:
                raise Unknown(f"at '{text[at:]}'")
            self.tokens.append(m[1])
            at = m.end()
        self.tokens.append("")

    def take(self, *wanted: str) -> str | None:
        if self.tokens[0] in wanted:
            return self.tokens.pop(0)
        return None

    def need(self, token: str):
        if not self.take(token):
            raise Unknown(f"'{token}' expected, '{self.tokens[0]}' found")

    def literal(self, text: str) -> tuple[str, str]:
        if re.fullmatch(r"\d+", text):
            return "literal", text
        return "T", text + ("LF" if self.suffix == "f64" else "")

    def number(self, x: tuple[str, str]) -> str:
        """As a T."""
        kind, text = x
        if kind == "T":
            return text
        return f"T({text})"

    def truth(self, x: tuple[str, str]) -> str:
        kind, text = x
        return text if kind == "bool" else f"({self.number(x)} != T(0))"

    def choice(self) -> tuple[str, str]:
        condition = self.binary(0)
        if not self.take("?"):
            return condition
        a = self.choice()
        self.need(":")
        b = self.choice()
        if a[0] == b[0] == "bool":
            return "bool", f"({self.truth(condition)} ? {a[1]} : {b[1]})"
        return "T", f"({self.truth(condition)} ? {self.number(a)} : {self.number(b)})"

    def binary(self, level: int) -> tuple[str, str]:
        if level == len(LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while op := self.take(*LEVELS[level]):
            left = self.join(op, left, self.binary(level + 1))
        return left

    def join(self, op: str, a: tuple[str, str], b: tuple[str, str]) -> tuple[str, str]:
        kinds = {a[0], b[0]}
        if op in ("&&", "||"):
            return "bool", f"({self.truth(a)} {op} {self.truth(b)})"
        if op in ("|", "&", "^") and kinds == {"bool"}:
            return "bool", f"({a[1]} {dict(zip('|&^', ('||', '&&', '!=')))[op]} {b[1]})"
        if op in ("==", "!=", "<", "<=", ">", ">="):
            if "int" in kinds and kinds <= {"int", "literal"}:
                return "bool", f"({a[1]} {op} {b[1]})"
            return "bool", f"({self.number(a)} {op} {self.number(b)})"
        if op in ("|", "&", "^", "%") and self.suffix in ("f32", "f64"):
            raise Unknown(f"{op} of floating numbers")
        return "T", f"({self.number(a)} {op} {self.number(b)})"

    def unary(self) -> tuple[str, str]:
        if op := self.take("-", "~", "!"):
            x = self.unary()
            return ("bool", f"(!{self.truth(x)})") if op == "!" else ("T", f"({op}{self.number(x)})")
        if self.take("("):
            x = self.choice()
            self.need(")")
            return x
        token = self.tokens.pop(0)
        if re.match(r"\d", token):
            return self.literal(token)
        if self.take("("):
            args = [self.number(self.choice())]
            while self.take(","):
                args.append(self.number(self.choice()))
            self.need(")")
            return "T", f"{token}({', '.join(args)})"
        if token not in self.names:
            raise Unknown(f"'{token}'")
        return self.names[token], f"v_{token}"


def translate(text: str, suffix: str, names: dict[str, str], result: str) -> str:
    """The formula as a `result` ("T" or "bool"); names: of its operands and parameters, and what they are."""
    f = Formula(text, suffix, names)
    x = f.choice()
    if f.tokens != [""]:
        raise Unknown(f"'{f.tokens[0]}'")
    return f.number(x) if result == "T" else f.truth(x)
