"""Budgets of the library's own code: short functions, types that say something, no circles among files.

Every budget is measured by a function of source text, and each of these is shown to fail on code that breaks it.
"""

import ast
import io
import math
import re
import statistics
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
FILES = {path: path.read_text("utf-8") for path in sorted((SOURCE / "clarinet").rglob("*.py"))}

#: Lines of a function's body, without its docstring: in the middle, of nine in ten, and of the longest.
MEDIAN_LINES, MOST_LINES_OF_NINE_IN_TEN, MOST_LINES = 4, 14, 40
#: For every thousand lines of code.
MOST_ANY, MOST_IGNORES = 7.0, 1.4
#: Aliases with ``Any`` that signatures may use: they say the type of NumPy's numbers.
ALIASES = {"clarinet.types.Array", "clarinet.types.DType"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def body_lines(source: str) -> list[int]:
    """How long the body of every function is, from its first statement to its last.

    The docstring is no part of it; declarations that have no other body (overloads, protocols) do not count.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function):
            body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
            if body and not all(isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant) for s in body):
                found.append((body[-1].end_lineno or 0) - body[0].lineno + 1)
    return found


def too_long(lines: list[int]) -> list[str]:
    """In which ways functions of these lengths are too long."""
    ordered = sorted(lines)
    measured = {
        "median": (statistics.median(ordered), MEDIAN_LINES),
        "nine in ten": (ordered[math.ceil(0.9 * len(ordered)) - 1], MOST_LINES_OF_NINE_IN_TEN),
        "longest": (ordered[-1], MOST_LINES),
    }
    return [f"{what}: {size} lines, at most {most}" for what, (size, most) in measured.items() if size > most]


def words(source: str, kind: int, word: str) -> int:
    """How many tokens of a kind hold a word."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return sum(bool(re.search(rf"\b(?:{word})\b", token.string)) for token in tokens if token.type == kind)


def per_thousand_lines(sources: Iterable[str], kind: int, word: str) -> float:
    """How many such tokens there are for every thousand lines."""
    texts = list(sources)
    return 1000 * sum(words(text, kind, word) for text in texts) / sum(len(text.splitlines()) for text in texts)


def any_aliases(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """For every module the names there that stand for ``Any`` or hold it: its own aliases, and imported ones.

    ``Any`` as the type of NumPy's numbers, in ``NDArray[Any]`` and ``dtype[Any]``, is none.
    """
    trees = {module: ast.parse(source).body for module, source in sources.items()}
    found: dict[str, set[str]] = {module: set() for module in sources}
    before = -1
    while (now := sum(map(len, found.values()))) > before:  # an alias may stand for another
        before = now
        for module, body in trees.items():
            for node in body:
                if isinstance(node, ast.ImportFrom):
                    theirs = found.get(node.module or "", set())
                    found[module] |= {alias.asname or alias.name for alias in node.names if alias.name in theirs}
                else:
                    found[module] |= _names_of_any(node, found[module])
    return found


def _names_of_any(node: ast.stmt, known: Iterable[str]) -> set[str]:
    """The name that a statement gives a type with ``Any``, or with an alias of that."""
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None or isinstance(node.value, ast.Call):
        return set()
    if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation).rpartition(".")[2] != "TypeAlias":
        return set()
    text = re.sub(r"\b(NDArray|dtype|integer|floating|number)\[Any\]", "", ast.unparse(node.value))
    if not any(re.search(rf"\b{name}\b", text) for name in ("Any", *known)):
        return set()
    return {ast.unparse(target) for target in (node.targets if isinstance(node, ast.Assign) else [node.target])}


def any_per_thousand_lines(sources: Mapping[str, str]) -> float:
    """How often ``Any`` is written for every thousand lines, or an alias of it."""
    aliases = any_aliases(sources)
    counted = sum(words(text, tokenize.NAME, "|".join(("Any", *aliases[module]))) for module, text in sources.items())
    return 1000 * counted / sum(len(text.splitlines()) for text in sources.values())


def _says_any(node: ast.AST | None) -> bool:
    """Whether an annotation holds ``Any``, perhaps in quotes."""
    return node is not None and re.search(r"\bAny\b", ast.unparse(node)) is not None


def _is_public(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _of_function(node: Function, owner: str) -> Iterator[str]:
    given = node.args
    every = [*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg]
    yield from (f"{owner}{node.name}({a.arg})" for a in every if a is not None and _says_any(a.annotation))
    if _says_any(node.returns):
        yield f"{owner}{node.name} -> …"


def any_in_public(source: str, module: str = "", allowed: Iterable[str] = ALIASES) -> list[str]:
    """Public functions, methods, fields, bases and aliases that are written with ``Any``.

    Public is what has no name with an underscore before it, nor stands in something that has; methods such as
    ``__call__`` are.
    """
    found: list[str] = []

    def look(body: list[ast.stmt], owner: str, in_class: bool) -> None:
        for node in body:
            if isinstance(node, Function) and _is_public(node.name):
                found.extend(_of_function(node, owner))
            elif isinstance(node, ast.ClassDef) and _is_public(node.name):
                found.extend(f"{owner}{node.name}[…]" for base in node.bases if _says_any(base))
                look(node.body, f"{owner}{node.name}.", True)
            elif isinstance(node, ast.AnnAssign) and in_class and _says_any(node.annotation):
                name = ast.unparse(node.target)
                found.extend([f"{owner}{name}"] if _is_public(name) else [])
            elif isinstance(node, ast.Assign) and _says_any(node.value) and not isinstance(node.value, ast.Call):
                names = [f"{owner}{ast.unparse(target)}" for target in node.targets]
                found.extend(n for n in names if _is_public(n.rpartition(".")[2]) and n not in set(allowed))
            elif isinstance(node, ast.If | ast.Try):
                look([*node.body, *node.orelse], owner, in_class)

    if all(_is_public(part) for part in module.split(".")):
        look(ast.parse(source).body, f"{module}." if module else "", False)
    return found


def module_name(path: Path) -> str:
    """``clarinet.layers.base``; of a package's ``__init__.py`` the package's own."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: str, known: Mapping[str, bool]) -> set[str]:
    """The modules that a file imports, for hints of types too.

    Args:
        source: of the file.
        known: the modules that count, and whether each is a package. What is imported within a function may be a
            package: all of it is loaded by then.
    """
    found: set[str] = set()
    waiting: list[tuple[ast.AST, bool]] = [(ast.parse(source), False)]
    while waiting:
        node, within = waiting.pop()
        within = within or isinstance(node, Function | ast.Lambda)
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            each = (f"{node.module}.{alias.name}" for alias in node.names)
            names = [name if name in known else node.module or "" for name in each]
        found |= {name for name in names if name in known and not (within and known[name])}
        waiting += [(child, within) for child in ast.iter_child_nodes(node)]
    return found


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of modules that reach each other."""
    reach = {name: _reached(name, graph) for name in graph}
    groups = {frozenset({name, *(o for o in reach[name] if name in reach.get(o, ()))}) for name in graph}
    return sorted(sorted(group) for group in groups if len(group) > 1)


def _reached(name: str, graph: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        new = graph.get(waiting.pop(), set()) - reached
        reached |= new
        waiting += new
    return reached


def test_functions_are_short() -> None:
    assert too_long([n for source in FILES.values() for n in body_lines(source)]) == []


def test_types_say_something() -> None:
    assert any_per_thousand_lines({module_name(path): source for path, source in FILES.items()}) <= MOST_ANY
    assert per_thousand_lines(FILES.values(), tokenize.COMMENT, "type: ignore") <= MOST_IGNORES


def test_public_signatures_say_what_they_take() -> None:
    found = [each for path, source in FILES.items() for each in any_in_public(source, module_name(path))]
    assert not found, f"say the type: object for what is looked at first, a protocol, a type variable: {found}"


def test_files_know_each_other_in_no_circle() -> None:
    known = {module_name(path): path.name == "__init__.py" for path in FILES}
    graph = {module_name(path): imports(source, known) - {module_name(path)} for path, source in FILES.items()}
    assert circles(graph) == []
    assert graph["clarinet.layers.base"] >= {"clarinet.layers.calling", "clarinet.activations"}  # one for hints alone


# Each of these measures can fail.


def _function(lines: int) -> str:
    return 'def f():\n    """Doc.\n\n    More.\n    """\n' + "    x = 1\n" * lines


@pytest.mark.parametrize(
    ("lines", "which"),
    [([5], ["median"]), ([1] * 8 + [15] * 2, ["nine in ten"]), ([1] * 99 + [41], ["longest"]), ([4] * 9 + [40], [])],
)
def test_long_functions_are_seen(lines: list[int], which: list[str]) -> None:
    measured = [n for length in lines for n in body_lines(_function(length))]
    assert measured == lines
    assert [text.partition(":")[0] for text in too_long(measured)] == which


def test_declarations_have_no_length() -> None:
    assert body_lines('def f(): ...\ndef g():\n    """Doc."""\ndef h():\n    return 1\n') == [1]


def test_any_and_ignores_are_counted() -> None:
    source = 'from typing import Any\n# Any\nx: Any = "Any"  # type: ignore[assignment]\n"""Any; type: ignore"""\n'
    assert per_thousand_lines([source], tokenize.NAME, "Any") == 500
    assert per_thousand_lines([source], tokenize.COMMENT, "type: ignore") == 250


@pytest.mark.parametrize(
    "alias",
    ["Thing: TypeAlias = Any", "Thing = Any", "Thing = dict[str, Any]", "Other = list[Any]\nThing = Other | None"],
)
def test_aliases_of_any_are_counted_wherever_they_are_used(alias: str) -> None:
    sources = {"a": f"{alias}\n", "b": "from a import Thing as T\nx: T = 1\ndef f(y: T) -> T: ...\n"}
    assert any_aliases(sources)["b"] == {"T"}
    lines = sum(len(source.splitlines()) for source in sources.values())
    own = words(sources["a"], tokenize.NAME, "Any|Thing|Other")
    assert any_per_thousand_lines(sources) * lines / 1000 == own + 4  # the import, and three uses


@pytest.mark.parametrize(
    "alias", ["Thing = NDArray[Any]", "Thing = dtype[Any] | None", "Thing: object = Any", "Thing = f(Any)"]
)
def test_types_of_numbers_are_no_alias_of_any(alias: str) -> None:
    assert any_aliases({"a": alias}) == {"a": set()}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("def f(x: Any) -> None: ...", "f(x)"),
        ("def f(*x: int, **y: Any) -> None: ...", "f(y)"),
        ("def f() -> dict[str, Any]: ...", "f -> …"),
        ("async def f() -> 'list[Any]': ...", "f -> …"),
        ("class A:\n    def m(self, x: typing.Any) -> None: ...", "A.m(x)"),
        ("class A:\n    def __call__(self) -> Any: ...", "A.__call__ -> …"),
        ("class A(Protocol):\n    x: Any", "A.x"),
        ("class A(dict[str, Any]):\n    pass", "A[…]"),
        ("if TYPE_CHECKING:\n    def f(x: Any) -> None: ...", "f(x)"),
        ("Alias = dict[str, Any]", "Alias"),
    ],
)
def test_any_in_public_is_seen(source: str, name: str) -> None:
    assert any_in_public(source) == [name]


@pytest.mark.parametrize(
    "source",
    [
        "def _f(x: Any) -> Any: ...",
        "class _A:\n    def m(self, x: Any) -> None: ...",
        "class A:\n    _x: Any\n    def _m(self) -> Any: ...",
        "def f(x: Anything) -> None:\n    y: Any = x",
        "_Alias = dict[str, Any]",
    ],
)
def test_any_within_is_nobodys_business(source: str) -> None:
    assert any_in_public(source) == []
    assert any_in_public("def f(x: Any) -> None: ...", "clarinet._inner") == []


def test_imports_are_seen_wherever_they_stand() -> None:
    known = {"p": True, "p.a": False, "p.b": False, "p.c": False}
    source = "import p.a\nif TYPE_CHECKING:\n    from p import b\ndef f():\n    from p.c import x\n    import p\n"
    assert imports(source, known) == {"p.a", "p.b", "p.c"}
    assert imports("from p import something", known) == {"p"}


def test_circles_are_seen() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []
