"""The project's own rules, checked: lengths, cost of `import clarinet`, documented names, clean kernel objects."""

import ast
import importlib
import importlib.metadata
import inspect
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import clarinet
import clarinet._native

ROOT = Path(__file__).parents[1]
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
#: Data of a published benchmark, kept as it came.
AS_IT_CAME = {"benchmarks/doctor/build.py", "benchmarks/doctor/data_makers.py", "benchmarks/doctor/score.py"}
MAX_IMPORT_SECONDS = 0.5  # every function of keras.ops is a class with a derivative; slow machines need twice as long
MAX_INSTALLED_BYTES = 15_000_000
TEXT_SUFFIXES = {".py", ".pyi", ".cpp", ".hpp", ".md", ".toml", ".txt", ".js", ".css", ".html", ".yml", ".cfg", ""}
HEAVY_STDLIB = {
    "sqlite3",
    "zipfile",
    "urllib.request",
    "http",
    "csv",
    "tarfile",
    "multiprocessing",
    "asyncio",
    "unittest",
}


def source_files(*suffixes: str) -> list[Path]:
    """Files that git tracks or would track, so that a new file counts before its first commit."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    paths = [ROOT / name for name in names if name]
    return [path for path in paths if path.suffix in suffixes and path.is_file()]


def test_files_are_short() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in source_files(".py", ".cpp", ".hpp", ".js")}
    too_long = [f"{path.relative_to(ROOT)}: {n} lines" for path, n in lengths.items() if n > MAX_FILE_LINES]
    assert not too_long, f"files over {MAX_FILE_LINES} lines; split by meaning: {too_long}"


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from ``def`` to the end, the docstring not counted."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def test_functions_are_short() -> None:
    too_long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {code_lines(node)} lines"
        for path in source_files(".py")
        if str(path.relative_to(ROOT)) not in AS_IT_CAME
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and code_lines(node) > MAX_FUNCTION_LINES
    ]
    assert not too_long, f"functions over {MAX_FUNCTION_LINES} lines: {too_long}"


def test_text_names_no_machine_and_no_registry() -> None:
    pattern = re.compile(r"(?<![\w.])/(work|farm|root)/|registry\.npmjs|pypi\.org|deb\.debian\.org|python[h]osted")
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in source_files(*TEXT_SUFFIXES)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, f"these lines name a path of one machine or a registry host: {found}"


def run_fresh(code: str) -> str:
    """What a fresh interpreter prints; it may keep its bytecode, as an installed package's is kept."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def test_import_is_quick() -> None:
    code = "import numpy, time; t = time.process_time(); import clarinet; print(time.process_time() - t)"
    # Processor time, and the least of several tries: a little other work on the machine says nothing about the import.
    seconds = min(float(run_fresh(code)) for _ in range(5))
    if seconds > MAX_IMPORT_SECONDS and os.getloadavg()[0] > 2 * (os.cpu_count() or 1):
        pytest.skip("the processors have much other work, which makes processor time several times as long")
    assert seconds <= MAX_IMPORT_SECONDS, f"import clarinet takes {seconds:.3f} s beyond import numpy"


def test_import_is_light() -> None:
    code = "import sys, numpy; seen = set(sys.modules); import clarinet; print(*set(sys.modules) - seen)"
    loaded = set(run_fresh(code).split())
    foreign = {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names) - {"clarinet", "numpy"}
    assert not foreign, f"import clarinet also loads {sorted(foreign)}; import them inside the function that needs them"
    assert not loaded & HEAVY_STDLIB, f"import clarinet loads {sorted(loaded & HEAVY_STDLIB)}"


MODULES = [info.name for info in pkgutil.walk_packages(clarinet.__path__, "clarinet.") if "._" not in info.name]


def undocumented(owner: str, value: object) -> Iterator[str]:
    if not inspect.getdoc(value):
        yield owner
    if inspect.isclass(value):
        for name, member in vars(value).items():
            if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property | classmethod)):
                yield from undocumented(f"{owner}.{name}", getattr(value, name))


@pytest.mark.parametrize("name", ["clarinet", *MODULES])
def test_public_names_exist_and_are_documented(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} has no docstring"
    exported = getattr(module, "__all__", [])
    missing = [public for public in exported if not hasattr(module, public)]
    assert not missing, f"{name}.__all__ names {missing}, which the module does not have"
    public = [(f"{name}.{key}", getattr(module, key)) for key in exported]
    bare = [text for owner, value in public if callable(value) for text in undocumented(owner, value)]
    assert not bare, f"no docstring: {bare}"


def test_kernel_objects_hold_no_weak_symbols() -> None:
    """A weak function compiled for AVX-512 could be the copy that the linker keeps for every machine."""
    objects = sorted(ROOT.glob("build/cp*/**/kernels_*.o"))
    if not objects or not shutil.which("nm"):
        pytest.skip("no kernel objects in build/ or no nm")
    for path in objects:
        listing = subprocess.run(["nm", "-C", str(path)], check=True, capture_output=True, text=True).stdout
        weak = [line for line in listing.splitlines() if re.search(r" [WVu] ", line)]
        assert not weak, f"{path.name} holds weak symbols: {weak[:5]}"


def dependencies(name: str) -> set[str]:
    """Names of everything that ``name`` needs, without extras."""
    found: set[str] = set()
    for requirement in importlib.metadata.requires(name) or []:
        if "extra ==" in requirement:
            continue
        needed = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        found |= {needed} | dependencies(needed)
    return found


def test_installed_size() -> None:
    sizes = {
        needed: sum(file.size or 0 for file in importlib.metadata.files(needed) or [])
        for needed in dependencies("clarinet") - {"numpy"}
    }
    package = Path(clarinet.__file__).parent
    own = [path for path in package.rglob("*") if path.is_file() and "bundled" not in path.parts]
    sizes["clarinet"] = sum(path.stat().st_size for path in [*own, Path(clarinet._native.__file__)])
    total = sum(sizes.values())
    assert total <= MAX_INSTALLED_BYTES, f"{total / 1e6:.1f} MB beyond NumPy: {sizes}"
