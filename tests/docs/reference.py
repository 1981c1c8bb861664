"""The reference: a page for every public module, made from its docstrings.

Objects are asked, not their source text: what a class takes is said by fields that convert what is given, and some
public names are instances. Examples are the docstrings' own, which the tests run.
"""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from types import ModuleType

from tests.docs.test_public_names import MODULES

#: Public, and too seldom used for a place in ``dir``.
EXTRA = (
    "clarinet.constraints", "clarinet.data", "clarinet.estimators", "clarinet.exchange", "clarinet.ops",
    "clarinet.preprocessing", "clarinet.saving", "clarinet.search",
)  # fmt: skip
_SECTION = re.compile(r"^(Args|Attributes|Returns|Yields|Raises|Warns|Example|Examples|Note):\s*(.*)$")
_ROLE = re.compile(r":\w+:`~?([^`]+)`")
#: Code, and words that are emphasised.
_VERBATIM = re.compile(r"(``.+?``|`[^`]+`|(?<![\w*])\*\w[^*]*[\w.]\*(?![\w*]))", re.DOTALL)
#: Characters that Markdown would take as its own.
_SPECIAL = re.compile(r"([*_<>\[\]|\\])")


def reference_pages() -> dict[str, str]:
    """File names, each with its Markdown."""
    modules = [import_module(name) for name in sorted({*MODULES, *EXTRA})]
    pages = {f"{module.__name__}.md": _page(module) for module in modules}
    rows = [f"- [`{m.__name__}`]({m.__name__}.md): {_first_line(m)}" for m in modules]
    return {
        "index.md": "\n".join(["# Reference", "", "What every public name does, takes and raises.", "", *rows, ""]),
        **pages,
    }


def _first_line(value: object) -> str:
    text = (inspect.getdoc(value) or "").split("\n\n")[0]
    return _prose(" ".join(text.split()))


def _page(module: ModuleType) -> str:
    parts = [f"# `{module.__name__}`", "", markdown(inspect.getdoc(module) or "")]
    for name in sorted(module.__all__, key=str.lower):
        value = getattr(module, name)
        if not inspect.ismodule(value):
            parts += ["", _entry(name, value, "##")]
            parts += [_entry(f"{name}.{n}", method, "###") for n, method in _methods(module, value)]
    return "\n".join(parts) + "\n"


def _entry(name: str, value: object, level: str) -> str:
    own = inspect.getdoc(value) if callable(value) or inspect.isdatadescriptor(value) else type(value).__doc__
    text = own or ""
    return f"{level} `{name}`\n{_signature(name, value)}\n{markdown(text)}\n"


def _methods(module: ModuleType, kind: object) -> list[tuple[str, object]]:
    """A class's methods with a docstring of their own, where they are what one uses it for."""
    if not inspect.isclass(kind) or module.__name__ not in (
        "clarinet",
        "clarinet.models",
        "clarinet.data",
        "clarinet.runs",
    ):
        return []
    above = [base for base in kind.__mro__[1:] if getattr(module, base.__name__, None) is base]
    found = [(n, getattr(kind, n)) for n in dir(kind) if not n.startswith("_")]
    said = [(n, m) for n, m in found if not any(getattr(base, n, None) is m for base in above)]
    return [(n, m) for n, m in said if inspect.isroutine(m) and inspect.getdoc(m)]


def _signature(name: str, value: object) -> str:
    try:
        signature = inspect.signature(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ""
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values() if p.name != "self"]
    text = str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    if len(text) > 90:
        text = re.sub(r", (?=[\w*/])", ",\n    ", text)
        text = f"(\n    {text[1:-1]},\n)"
    return f"\n```python\n{name}{text}\n```\n"


def markdown(docstring: str) -> str:
    """A docstring as Markdown: sections as lists, examples as code."""
    lines, section, code = [], "", False
    for line in docstring.splitlines():
        if match := _SECTION.match(line):
            section = match[1]
            lines += ["", f"**{section}**", ""] + ([_prose(match[2])] if match[2] else [])
            continue
        if section and line and not line.startswith(" "):
            section = ""
        body = line[4:] if section else line
        if body.lstrip().startswith(">>>") and not code:
            lines, code = [*lines, "", "```pycon"], True
        elif code and not body.strip():
            lines, code = [*lines, "```"], False
        lines.append(body if code else _line(body.removesuffix("::") + ":" * body.endswith("::"), section))
    return "\n".join(lines + ["```"] * code)


def _line(body: str, section: str) -> str:
    if section in ("Args", "Attributes", "Raises", "Warns") and body and not body.startswith(" "):
        names, colon, rest = body.partition(": ")
        return f"- `{names}`: {_prose(rest)}" if colon else f"- {_prose(body)}"
    return ("    " * bool(section and body.startswith(" "))) + _prose(body.strip() if section else body)


def _prose(text: str) -> str:
    """Text whose code is Markdown's, and whose other signs mean themselves."""
    pieces = _VERBATIM.split(_ROLE.sub(lambda m: f"`{m[1]}`", text))
    kept = [p.replace("``", "`") if i % 2 else _SPECIAL.sub(r"\\\1", p) for i, p in enumerate(pieces)]
    return "".join(kept)
