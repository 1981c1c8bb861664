"""Tables that cannot be read without guessing: each kind has its own error, which names the place and the mend."""

import re

import pandas as pd
import pytest

from clarinet.datasets import TableCoding, load_table

FILES = [
    ("", {}, "is empty; expected a line of column names"),
    ("\n\n", {}, "is empty"),
    ("x,y\n", {}, "column names, but no rows below them"),
    ("1,2\n3,4\n", {}, "the first line holds data, not column names (1, 2). If the file has no names"),
    ("5.1,a\n4.9,b\n", {}, "say header=False: the columns are then called column1 to column2, as in target='column2'."),
    ("x,y\n1,2\n", {"header": False}, "has no column 'y': choose one of column1, column2"),
    ("x,y\n1,2\n", {"header": "no"}, "header='no': expected True, False or None"),
    ("y,x,y\n1,2,3\n", {}, "2 columns are called 'y'; rename the columns"),
    ("x,y\n1,2\n3,4,5\n", {}, "line 3: expected 2 cells, as in the first line, got 3; text that holds the delimiter"),
    ("x,y\n1,2\n\n3\n", {}, "line 4: expected 2 cells, as in the first line, got 1"),
    ('x,y\n1,"2\n3,4\n', {}, "is a quotation mark left open"),
    ('x,y\n1,"2"3\n', {}, "line 2: ',' expected after '\"'"),
    ("x~y\n1~2\n", {}, "one column only was found; if another character than , ; | or tab separates"),
    ("y\n1\n", {}, "'y' is the only column"),
    ("size,Y\n1,2\n", {}, "has no column 'y': choose one of Y, size"),
    ("x,y\n1,\n2,NA\n", {}, "the target 'y' holds no value at all"),
    ("x,y\n,1\nNaN,2\n", {}, "no column is left to predict from:\n  'x': left out: no value at all"),
    ("x,y\n1,1.5\n2,2\nabc,3\n4,4\n", {}, "line 4: column 'x' holds 'abc': 1 of 4 cells are not numbers; correct them"),
    ("x;y\n1.234;2\n5.678;3\n", {}, "line 2: column 'x' holds '1.234': does the mark group thousands or stand before"),
    ("x;y\n1,5;2\n2.5;3\n3.5;1\n", {}, "line 2: column 'x' holds '1,5': 1 of 3 cells are not numbers"),
    ("x;y\n5 %;2.5\n0.07;3.5\n", {}, "column 'x' holds '5 %', and others hold '%' or no sign: numbers in one column"),
    ("x;y\n5 €;2.5\n$7;3.5\n", {}, "numbers in one column need one unit; convert them, or leave the column out"),
    ("x;y\n1.5;2,5\n2.5;3\n", {"decimal": ","}, "column 'x' holds '1.5' is not a number with ',' before the decimals"),
    ("x,y\n01/02/2024,2.5\n03/04/2024,3.5\n", {}, "does the day or the month come first? No cell tells"),
    ("x,y\n31/01/2024,2.5\n01/31/2024,3.5\n", {}, "holds dates with the day first and others with the month first"),
    ("x,y\n31.01.2024,2.5\n31.02.2024,3.5\n", {}, "column 'x' holds '31.02.2024': 1 of 2 cells are no dates"),
    ("x,y\n1,2.5\ninf,3.5\n", {}, "line 3: column 'x' holds 'inf', which is not finite in float32"),
    ("x,y\n1,2.5\n1e39,3.5\n", {}, "column 'x' holds '1e39', which is not finite in float32 (at most 3.4e+38)"),
    ("x,y\n1,2.5\n2,-1e99\n", {}, "column 'y' holds '-1e99', which is not finite"),
    ("x,y\n1,2024-01-01\n2,2024-01-02\n", {}, "column 'y' holds '2024-01-01': a date cannot be predicted, nor a time"),
    ("x,y\n" + "".join(f"{i},n{i}\n" for i in range(12)), {}, "the target 'y' holds another text in every row"),
    ("x,y\n1,2.5\n2,oops\n3,4\n", {}, "line 3: column 'y' holds 'oops': 1 of 3 cells are not numbers"),
    ("x,y\n1,a\n2,b\n", {"task": "regression"}, "column 'y' holds 'a': a regression needs numbers"),
    ("x,y\n1,2\n1,3\n", {}, "no column is left to predict from:\n  'x': left out: 1 in every row"),
    ("x,y\n1,2\n", {"task": "classify"}, "task='classify': expected 'classification', 'regression' or None"),
    ("x,y\n1,2\n", {"drop": "y"}, "'y' is the target; drop= and categorical= are for the other columns"),
    ("colour,y\nred,2\n", {"categorical": ["color"]}, "has no column 'color': did you mean 'colour'?"),
    ("x,y\n1,2\n", {"drop": [0]}, "has no column 0: column names are text"),
    ("x,y\n1,2\n", {"delimiter": ", "}, "delimiter=', ': expected one character"),
    ("x,y\n1,2\n", {"delimiter": "\n"}, "expected one character"),
    ("x,y\n1,2\n", {"decimal": ";"}, "decimal=';': expected '.' or ','"),
    ("x,y\n1,2\n", {"decimal": ",", "delimiter": ","}, "another character than the delimiter"),
    ("x,y\n1,2\n", {"encoding": "utf-9"}, "encoding='utf-9' is unknown"),
    ("x,y\nпривет,2\n".encode("cp1251"), {}, "line 2: byte 0xef is not UTF-8 text, and which other encoding"),
    ("x,y\nGrün,2\n".encode("cp850"), {}, "cp850 for DOS"),
    ("x,y\nżółty,2\n".encode("cp1250"), {}, "cp1250 for Central Europe"),
    ("x,y\ncafé,2\n".encode("cp1252"), {"encoding": "utf-8"}, "line 2: byte 0xe9 is no utf-8 text; files from older"),
    ("x,y\n1,2\n".encode("utf-16"), {"encoding": "utf-8"}, 'is written in UTF-16, not utf-8; pass encoding=\'utf-16\''),
    (b"x,y\n1,\x002\n", {}, "line 2: a NUL byte"),
    (b"PK\x03\x04rest", {}, "begins as zip, but cannot be unpacked"),
    (b"\x1f\x8brest", {}, "begins as gzip, but cannot be unpacked"),
    (b"PAR1rest", {}, "begins as Parquet, but cannot be read"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "options", "message"), FILES)
def test_files(tmp_path, content, options, message):
    path = tmp_path / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=re.escape(message)):
        load_table(path, "y", **options)


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_table(tmp_path / "none.csv", "y")


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (17, TypeError, "expected the path of a table's file, a pandas or polars data frame, .*; got int"),
        ([1, 2], TypeError, "got list"),
        ([], ValueError, "the list of rows is empty"),
        ({}, ValueError, "no columns"),
        ({"x": 1, "y": 2}, TypeError, r"column 'x' is 1: expected a list of cells; for one row, pass \[\{...\}\]"),
        ({"x": [1], "y": [1, 2]}, ValueError, r"differ in length: \{'x': 1, 'y': 2\}"),
        ([{"x": 1, "y": 2}, {"x": 1, "z": 2}], ValueError, "row 1 and row 0 differ in 'y', 'z'"),
        ({"x": [[1], [2]], "y": [1, 2]}, TypeError, "column 'x', row 0: expected a number, text, .*; got list"),
        (pd.DataFrame([[1, 2, 3]], columns=["x", "x", "y"]), ValueError, "'x' occurs more than once"),
    ],
)
def test_tables_in_memory(data, error, message):
    with pytest.raises(error, match=message):
        load_table(data, "y")


@pytest.fixture
def coding():
    data = {"n": [1, 2, 3], "b": ["yes", "no", "no"], "c": ["u", "v", "u"], "y": ["good", "bad", "bad"]}
    return load_table(data, "y").coding


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": "three"}, "the rows, row 0: column 'n' holds 'three': expected a number, as in the training table"),
        ({"n": float("inf")}, "column 'n' holds 'inf', which is not finite"),
        ({"b": "maybe"}, "column 'b' holds 'maybe': expected yes or no"),
    ],
)
def test_later_rows(coding, change, message):
    with pytest.raises(ValueError, match=message):
        coding.transform([{"n": 1, "b": "yes", "c": "u", **change}])


def test_later_rows_that_lack_a_column(coding):
    with pytest.raises(ValueError, match="the rows has no column 'n': "):
        coding.transform([{"N": 1, "b": "yes", "c": "u"}])


def test_later_targets(coding):
    with pytest.raises(
        ValueError, match="column 'y' holds 'god' is not a class of the training table: did you mean 'good'"
    ):
        coding.targets([{"y": "god"}])
    with pytest.raises(ValueError, match="row 1: column 'y' holds '': every row needs a target"):
        coding.targets([{"y": "good"}, {"y": None}])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda config: config.update(format=3),
        lambda config: config.pop("columns"),
        lambda config: config["columns"][0].update(kind="magic"),
        lambda config: config["columns"][0].update(fill="1"),
        lambda config: config["columns"][0].update(fill=float("nan")),
        lambda config: config["columns"][0].update(extra=1),
        lambda config: config["columns"][2].update(categories=["u", "u"]),
        lambda config: config["columns"][2].update(categories=[1, 2]),
        lambda config: config["target"].update(classes="ab"),
        lambda config: config["target"].pop("name"),
        lambda config: config.update(encoding=8),
        lambda config: config.update(missing=None),
    ],
)
def test_damaged_codings(coding, spoil):
    config = coding.to_config()
    spoil(config)
    with pytest.raises(ValueError, match="the stored table coding cannot be read"):
        TableCoding.from_config(config)
