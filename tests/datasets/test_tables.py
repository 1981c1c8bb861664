"""Tables: what becomes of each kind of column, the report, and coding later rows the same way."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarinet.datasets import TableCoding, load_table
from clarinet.datasets.csv_files import read_csv
from clarinet.datasets.formats import Format
from tests.datasets.messy import MESSY
from tests.properties import examples

HOUSES = """rooms,colour,garden,built,street,price
3,red,yes,2001-05-04,Elm,100.5
,blue,no,1999-01-01,Oak,90
5,,yes,1980-12-31,Ash,150
4,red,no,2020-02-29,Fir,n/a
2,green,yes,2010-10-10,Yew,80.25
"""


@pytest.fixture
def houses(tmp_path):
    path = tmp_path / "houses.csv"
    path.write_text(HOUSES)
    return path


def test_every_kind_of_column(houses):
    table = load_table(houses, target="price", drop=["street", "built"])
    assert table.feature_names == (
        "rooms", "rooms (missing)", "colour=blue", "colour=green", "colour=red", "colour=(missing)", "garden",
    )  # fmt: skip
    assert table.x.dtype == np.float32 and table.x.tolist() == [
        [3, 0, 0, 0, 1, 0, 1],
        [3, 1, 1, 0, 0, 0, 0],
        [5, 0, 0, 0, 0, 1, 1],
        [2, 0, 0, 1, 0, 0, 1],
    ]
    assert table.y.dtype == np.float32 and table.y.tolist() == [[100.5], [90], [150], [80.25]]
    assert (table.task, table.target_name, table.classes) == ("regression", "price", ())
    assert repr(table) == "<Table: 4 rows, 7 features, regression of 'price'>"
    assert str(table).splitlines() == [
        f"{houses}: 5 rows, 6 columns.",
        "Left out because 'price' is missing: 1 of 5 rows (line 5).",
        "Target 'price': numbers from 80.25 to 150: regression.",
        "'rooms': numbers from 2 to 5; 1 missing, filled with the median 3 and marked in 'rooms (missing)'.",
        "'colour': 3 categories, one feature each (blue, green, red); 1 missing, a category of their own.",
        "'garden': booleans as 0 and 1.",
        "'built': left out, as asked.",
        "'street': left out, as asked.",
    ]


def test_transform_gives_what_load_gave(houses):
    table = load_table(houses, "price", drop=["street", "built"])
    rows = [0, 1, 2, 4]  # the row without a target was left out
    np.testing.assert_array_equal(table.transform(houses)[rows], table.x)
    stored = json.loads(json.dumps(table.coding.to_config()))
    coding = TableCoding.from_config(stored)
    assert coding == table.coding
    np.testing.assert_array_equal(coding.transform(pd.read_csv(houses).iloc[rows]), table.x)
    np.testing.assert_array_equal(coding.targets(pl.read_csv(houses, null_values="n/a")[rows]), table.y)


cells = {
    "number": st.floats(-1e6, 1e6, width=32) | st.none(),
    "whole": st.integers(-50, 50),
    "colour": st.sampled_from(["red", "green", "blue, light", 'a "b"', "naïve", None]),
    "flag": st.booleans(),
}


@examples(25)
@given(rows=st.lists(st.fixed_dictionaries({**cells, "y": st.floats(0, 1)}), min_size=2, max_size=15))
def test_all_sources_agree_and_transform_repeats(rows):
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    rows = pd.DataFrame(columns).to_dict("records")  # Hypothesis also varies the order of each row's keys
    try:
        table = load_table(rows, "y", task="regression")
    except ValueError as error:  # a column without any value, or nothing but constants, is refused
        assert "no value at all" in str(error) or "no column is left" in str(error)
        return
    for source in (rows, columns, pd.DataFrame(columns), pl.DataFrame(columns, strict=False)):
        np.testing.assert_array_equal(table.transform(source), table.x)
        np.testing.assert_array_equal(load_table(source, "y", task="regression").x, table.x)
    assert table.x.shape == (len(rows), len(table.feature_names)) and np.isfinite(table.x).all()
    one_hot = [i for i, name in enumerate(table.feature_names) if name.startswith("colour=")]
    assert not one_hot or (table.x[:, one_hot].sum(axis=1) == 1).all()


@examples(25)
@given(
    texts=st.lists(st.tuples(st.text("ab,;|\t\"'\n é", max_size=6), st.floats(0, 9)), min_size=2, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
)
def test_csv_written_by_pandas_reads_back(tmp_path_factory, texts, delimiter):
    frame = pd.DataFrame(texts, columns=["text", "y"]).assign(n=range(len(texts)))
    frame["text"] = "t" + frame["text"].str.strip()
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    frame.to_csv(path, index=False, sep=delimiter)
    wanted = load_table(frame, "y", task="regression", categorical="n")
    found = load_table(path, "y", task="regression", categorical="n", delimiter=delimiter)
    assert found.feature_names == wanted.feature_names
    np.testing.assert_array_equal(found.x, wanted.x)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n7.0,3.2,versicolor\n", True),
        ("5.1,,setosa\n4.9,3.0,setosa\n", True),
        ("p,x,s\np,x,y\ne,x,s\n", True),  # words that occur again
        ("2024-01-01,3\n2024-01-02,4\n", True),
        ("2010,2011\n1.5,2.5\n", True),  # could be names: whoever knows says so
        ("country,2010,2011\na,1,2\na,3,4\nb,5,6\nb,7,8\n", False),  # no other country occurs once
        ("0,1,label\n1.5,2.5,a\n3.5,4.5,b\n1.5,2.5,a\n3.5,4.5,b\n", False),
        ("day,y\n2024-01-01,3\n2024-01-02,4\n", False),
        ("name,city\nann,rome\nbob,oslo\n", False),
        ("x,y\n1,2\n", False),
        (",a\n0,1\n1,2\n", False),  # the row numbers of pandas
    ],
)
def test_a_first_line_of_data_is_not_taken_for_names(tmp_path, text, data):
    path = tmp_path / "t.csv"
    path.write_text(text)
    if data:
        with pytest.raises(ValueError, match="the first line holds data, not column names"):
            read_csv(path)
    else:
        assert len(read_csv(path)) == text.count("\n") - 1
    assert len(read_csv(path, Format(header=False))) == text.count("\n")


def test_a_table_without_names_is_coded_later_as_it_was_read(tmp_path):
    path = tmp_path / "iris.csv"
    path.write_text("5.1,setosa\n4.9,setosa\n7.0,versicolor\n6.9,versicolor\n")
    table = load_table(path, "column2", header=False)
    assert (len(table.x), table.feature_names, table.classes) == (4, ("column1",), ("setosa", "versicolor"))
    coding = TableCoding.from_config(json.loads(json.dumps(table.coding.to_config())))
    np.testing.assert_array_equal(coding.transform(path), table.x)
    earlier = table.coding.to_config()
    del earlier["header"]
    assert TableCoding.from_config(earlier).format.header is None


def test_every_table_that_can_be_learnt_can_be_loaded_again(tmp_path):
    path, learnt = tmp_path / "t.csv", 0
    texts = ["", "NA", "?", "none", "1", "2", "3.5", "-4", "yes", "no", "a", "b", "1e3", "1.0", "2024-01-01", "007"]
    for seed in range(400):
        rng = np.random.default_rng(seed)
        pools = [rng.choice(texts, rng.integers(1, 6)) for _ in range(3)]
        rows = [[str(rng.choice(pool)) for pool in pools] for _ in range(rng.integers(1, 15))]
        path.write_text("\n".join(",".join(row) for row in [["y", "a", "b"], *rows]) + "\n")
        try:
            table = load_table(path, "y", categorical=["a"] if seed % 5 == 0 else ())
        except ValueError:
            continue
        again = table.coding.load(path)
        np.testing.assert_array_equal(again.x, table.x)
        np.testing.assert_array_equal(again.y, table.y)
        learnt += 1
    assert learnt > 100


def test_a_coding_loads_whatever_the_training_table_could_be(houses):
    table = load_table(houses, "price", drop=["street", "built"])
    again = table.coding.load(houses)
    np.testing.assert_array_equal(again.x, table.x)
    np.testing.assert_array_equal(again.y, table.y)
    assert again.report == ("Left out because 'price' is missing: 1 of 5 rows (line 5).",)


@pytest.mark.parametrize(
    ("cells", "classes", "y"),
    [
        (["cat", "dog", "cat"], ("cat", "dog"), [0, 1, 0]),
        (["None", "Apnea", "None"], ("Apnea", "None"), [1, 0, 1]),
        ([True, False, True], ("False", "True"), [1, 0, 1]),
        ([0, 1, 1], ("0", "1"), [0, 1, 1]),
        ([1.0, 0.0, 1.0], ("0", "1"), [1, 0, 1]),
        ([10, 9, 8] * 10, ("8", "9", "10"), [2, 1, 0] * 10),
    ],
)
def test_targets_that_are_classes(cells, classes, y):
    data = {"x": [0.5 * i for i in range(len(cells))], "y": cells}
    table = load_table(data, "y")
    assert table.task == "classification" and table.classes == classes
    assert table.y.dtype == np.int64 and table.y.tolist() == y
    assert table.coding.targets(data).tolist() == y


def test_targets_that_are_numbers():
    study = {"slept": [3, 5, 10], "studied": [5, 1, 2], "score": [75, 82, 93]}
    assert load_table(study, "score").y.tolist() == [[75], [82], [93]]
    assert load_table(study, "score", task="classification").classes == ("75", "82", "93")
    grades = {"x": [0.1 * i for i in range(30)], "y": [1, 2, 3] * 10}
    assert "task='regression' predicts the number instead" in str(load_table(grades, "y"))
    assert load_table(grades, "y", task="regression").y.shape == (30, 1)


def test_numbers_that_are_names():
    table = load_table({"post": [10115, 80331, 10115], "y": [1.5, 2, 3]}, "y", categorical=["post"])
    assert table.feature_names == ("post=10115", "post=80331")


def test_what_is_left_out():
    n = 60
    data = {
        "x": [0.1 * i for i in range(n)],
        "PassengerId": range(100, 100 + n),
        "paid": range(n),
        "name": [f"person {i}" for i in range(n)],
        "shop": [f"shop {i // 2}" for i in range(n)],
        "same": [7] * n,
        "alike": ["a"] * n,
        "when": [f"{1 + i % 28}.3.2024 12:00" for i in range(n)],
        "y": [0.3 * i for i in range(n)],
    }
    table = load_table(data, "y", max_categories=20)
    assert table.feature_names[:2] == ("x", "paid") and len(table.feature_names) == 2 + 21 + 3
    report = str(table)
    for sentence in (
        "'PassengerId': left out: whole numbers that name the rows",
        "'name': left out: every row holds another text",
        "'shop': 30 categories: one feature for each of the 20 most frequent (shop 0, shop 1",
        "and one for all others (max_categories=20; categorical=['shop'] keeps every one)",
        "'same': left out: 7 in every row",
        "'alike': left out: 'a' in every row",
        "'when': dates from 2024-03-01 to 2024-03-28, day-month-year as 13.3.2024 12:00 in row 12 shows: weekday, days",
    ):
        assert sentence in report
    assert len(load_table(data, "y", categorical="shop", drop="when").feature_names) == 32


def test_missing_values():
    data = {"a": [1, None, 3, 8], "b": ["-", "x", "none", "x"], "c": ["1", "none", "3", "2"], "y": [1.5, 2, 3, 4]}
    table = load_table(data, "y", missing="-", mark_missing=False)
    assert table.feature_names == ("a", "b=none", "b=x", "b=(missing)", "c")
    assert table.x[:, 0].tolist() == [1, 3, 3, 8] and table.x[:, 4].tolist() == [1, 2, 3, 2]
    later = table.transform([{"a": None, "b": "", "c": "None"}])
    assert later.tolist() == [[3, 0, 0, 1, 2]]


def test_a_later_table_may_lack_what_is_not_used(houses):
    table = load_table(houses, "price", drop=["street", "built"])
    later = [{"garden": "no", "rooms": 9, "colour": "red", "anything": "else"}]
    assert table.transform(later).tolist() == [[9, 0, 0, 0, 1, 0, 0]]


def test_unseen_categories_warn(houses):
    table = load_table(houses, "price", drop=["street", "built"])
    with pytest.warns(UserWarning, match=r"none of the known ones: 'colour' \('pink' in row 0\)"):
        later = table.transform([{"garden": "yes", "rooms": 1, "colour": "pink"}])
    assert later.tolist() == [[1, 0, 0, 0, 0, 0, 1]]


def test_wild_ranges_are_reported():
    table = load_table({"small": [0.1, 0.2], "large": [5e4, 1e5], "y": [0.5, 1.5]}, "y")
    assert "differ widely in size, from 'small' up to 0.2 to 'large' up to 100000" in table.hints[0]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("a,b,y\n1,u,2.5\n2,v,3.5\n", {}),
        ("a;b;y\n1;u;2.5\n2;v;3.5\n", {}),
        ("a\tb\ty\r\n1\tu\t2.5\r\n2\tv\t3.5\r\n", {}),
        ("a|b|y\n1|u|2.5\n2|v|3.5", {}),
        ("a b y\n1 u 2.5\n2 v 3.5\n", {"delimiter": " "}),
        ("\ufeffa, b, y\n\n 1, u ,2.5\n\n2,v,3.5\n\n", {}),
        ("a;b;y\n1;u;2,5\n2;v;3,5\n", {"decimal": ","}),
        ('"a","b","y"\n"1","u","2.5"\n"2","v","3.5"\n', {}),
        ('a;"b";y\n1;u;2.5\n2;v;3.5\n', {}),
    ],
)
def test_dialects(tmp_path, text, options):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8", newline="")
    table = load_table(path, "y", **options)
    assert table.x.tolist() == [[1, 1, 0], [2, 0, 1]] and table.y.tolist() == [[2.5], [3.5]]
    np.testing.assert_array_equal(table.transform(path), table.x)
    # A frame is not a file: the decimal comma concerns files alone.
    assert table.transform([{"a": 1.5, "b": "u"}]).tolist() == [[1.5, 1, 0]]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_encodings(tmp_path, encoding):
    path = tmp_path / "t.csv"
    path.write_text("a,y\ncafé,1\nbar,2.5\n", encoding=encoding)
    table = load_table(path, "y", encoding=encoding)
    assert table.feature_names == ("a=bar", "a=café")
    np.testing.assert_array_equal(table.transform(path), table.x)


def test_row_numbers_of_pandas_are_left_out(tmp_path):
    pd.DataFrame({"x": [1.5, 2.5, 4], "y": [1.5, 2, 3]}).to_csv(tmp_path / "t.csv")
    assert load_table(tmp_path / "t.csv", "y").feature_names == ("x",)


def test_a_hundred_thousand_cells_are_quick():
    import time

    data = {f"c{i}": np.arange(10_000) * (i + 0.5) for i in range(10)}
    begun = time.perf_counter()
    load_table({**data, "y": data["c0"]}, "y")
    assert time.perf_counter() - begun < 3  # about 0.15 s on a quiet machine


@pytest.mark.parametrize(
    "fault", ["semicolons and decimal commas", "tabs", "cp1252", "line ends within cells", "Parquet"]
)
def test_the_same_columns_as_other_libraries_read(tmp_path, fault):
    messy = MESSY[fault]
    path = tmp_path / f"t{messy.ending}"
    messy.write(path)
    marks = {"sep": "\t" if fault == "tabs" else ";" if fault in ("semicolons and decimal commas", "cp1252") else ","}
    marks |= {"decimal": ","} if marks["sep"] == ";" else {}
    encoding = "cp1252" if fault == "cp1252" else "utf-8"
    table = load_table(path, "cultivar")
    if fault == "Parquet":
        frames = [pd.read_parquet(path), pl.read_parquet(path)]
    else:
        arrow = pytest.importorskip("pyarrow.csv")
        parse = arrow.ParseOptions(delimiter=marks["sep"], newlines_in_values=True)
        convert = arrow.ConvertOptions(decimal_point=marks.get("decimal", "."))
        read = arrow.read_csv(path, arrow.ReadOptions(encoding=encoding), parse, convert)
        frames = [pd.read_csv(path, encoding=encoding, **marks), read.to_pandas()]
    for frame in frames:
        np.testing.assert_array_equal(load_table(frame, "cultivar").x, table.x)
        np.testing.assert_array_equal(table.transform(frame), table.x)


def test_a_table_that_would_not_fit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("clarinet.datasets.memory.free_memory", lambda: 10_000)
    with pytest.raises(
        MemoryError, match=r"60 rows of 31 features would take about 0.0 MB, and 0.0 MB are free; leave col"
    ):
        load_table({"n": [f"n{i // 2 % 60}" for i in range(60)], "x": range(60), "y": range(60)}, "y", categorical="n")
