"""Units of one kind, and how many of the one are in the other: 3 kg and 200 g, 10k and 1.2M, 1 week and 3 days."""

from __future__ import annotations

from collections.abc import Collection, Mapping

_DAY = 86400.0
#: By what the numbers count: how much each unit is.
_KINDS: dict[str, dict[str, float]] = {
    "amounts": {
        "": 1, "k": 1e3, "tsd": 1e3, "thousand": 1e3, "lakh": 1e5, "lac": 1e5, "crore": 1e7, "cr": 1e7,
        "m": 1e6, "mm": 1e6, "mn": 1e6, "mio": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "mrd": 1e9, "billion": 1e9,
        "tn": 1e12, "trillion": 1e12,
    },
    "times": {
        "ms": 1e-3, "s": 1, "sec": 1, "second": 1, "sek": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hr": 3600,
        "hour": 3600, "std": 3600, "stunde": 3600, "heure": 3600, "hora": 3600, "d": _DAY, "day": _DAY, "tag": _DAY,
        "jour": _DAY, "día": _DAY, "dia": _DAY, "w": 7 * _DAY, "wk": 7 * _DAY, "week": 7 * _DAY, "woche": 7 * _DAY,
        "semaine": 7 * _DAY, "semana": 7 * _DAY, "mo": 30.4375 * _DAY, "month": 30.4375 * _DAY, "mth": 30.4375 * _DAY,
        "monat": 30.4375 * _DAY, "mois": 30.4375 * _DAY, "mes": 30.4375 * _DAY, "y": 365.25 * _DAY,
        "yr": 365.25 * _DAY, "year": 365.25 * _DAY, "jahr": 365.25 * _DAY, "an": 365.25 * _DAY, "año": 365.25 * _DAY,
        "ano": 365.25 * _DAY,
    },
    "lengths": {
        "mm": 1e-3, "cm": 1e-2, "dm": 0.1, "m": 1, "km": 1e3, "in": 0.0254, "inch": 0.0254, '"': 0.0254, "ft": 0.3048,
        "feet": 0.3048, "foot": 0.3048, "'": 0.3048, "yd": 0.9144, "mi": 1609.344, "mile": 1609.344,
    },
    "masses": {
        "µg": 1e-9, "mg": 1e-6, "g": 1e-3, "kg": 1, "t": 1e3, "lb": 0.45359237, "lbs": 0.45359237, "oz": 0.028349523125,
    },
    "volumes": {"ml": 1e-3, "cl": 1e-2, "dl": 0.1, "l": 1, "hl": 100, "m³": 1000, "m3": 1000},
    "areas": {
        "cm²": 1e-4, "m²": 1, "m2": 1, "qm": 1, "sqm": 1, "sq m": 1, "sq. meter": 1, "sq. metre": 1, "km²": 1e6,
        "km2": 1e6, "ha": 1e4, "ft²": 0.09290304, "sqft": 0.09290304, "sq ft": 0.09290304, "sq. ft": 0.09290304,
        "sq.ft": 0.09290304, "sq. yard": 0.83612736, "sq. yd": 0.83612736, "acre": 4046.8564224,
    },
    "speeds": {"km/h": 1, "kmh": 1, "kph": 1, "mph": 1.609344, "m/s": 3.6, "kn": 1.852, "kt": 1.852, "knot": 1.852},
    "bytes": {"b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 1024, "mib": 1024**2, "gib": 1024**3},
    "powers": {"w": 1, "kw": 1e3, "hp": 745.699872, "ps": 735.49875},
    "energies": {"wh": 1, "kwh": 1e3, "mwh": 1e6},
    "pressures": {"pa": 1, "hpa": 100, "mbar": 100, "kpa": 1e3, "bar": 1e5},
    "frequencies": {"hz": 1, "khz": 1e3, "mhz": 1e6, "ghz": 1e9},
    "concentrations": {"µg/l": 1e-6, "mg/l": 1e-3, "mg/dl": 1e-2, "g/l": 1, "g/dl": 10},
}  # fmt: skip
#: Letters that stand for thousands and more only beside others of their kind, or in capitals.
_LETTERS = frozenset({"m", "mm", "b", "cr"})
#: Forms of one word differ by so many letters at its end, as week and weeks do.
_ENDING = 2


def multiplier(word: str) -> float | None:
    """What a word behind an amount of money multiplies it by.

    Example:
        >>> multiplier("M"), multiplier("bn"), multiplier("kg")
        (1000000.0, 1000000000.0, None)
    """
    found = _KINDS["amounts"].get(word.lower().rstrip("."))
    return None if found is None or not word else float(found)


def one_unit(rows: Mapping[str, int], capital: bool, wanted: str | None = None) -> dict[str, float] | None:
    """By what the numbers with each unit are multiplied, so that all have one.

    Args:
        rows: how many numbers have each unit; ``""`` stands for none.
        capital: whether letters such as M were in capitals.
        wanted: the unit that all shall have; None takes 1 of amounts, and the most frequent unit of others.

    Returns:
        The factors, of which that of the unit that all have is 1; None if the units are of different kinds, or unknown.

    Example:
        >>> one_unit({"kg": 3, "g": 1}, False), one_unit({"k": 2, "m": 1, "": 1}, False)
        ({'kg': 1.0, 'g': 0.001}, {'k': 1000.0, 'm': 1000000.0, '': 1.0})
        >>> one_unit({"kg": 1, "h": 1}, False)  # None
    """
    known = _known({*rows, *({wanted} if wanted is not None else ())}, capital)
    if known is None:
        return None
    base = wanted if wanted is not None else "" if "" in known else max(rows, key=lambda unit: (rows[unit], unit))
    return {unit: known[unit] / known[base] for unit in rows}


def _known(units: Collection[str], capital: bool) -> dict[str, float] | None:
    """How much each unit is, of one kind that all are of; of amounts also what no unit is."""
    for kind, table in _KINDS.items():
        found = {unit: each for unit in units if (each := _of(unit, table)) is not None}
        if len(found) == len(units):
            letters = {unit.rstrip(".") for unit in units} - {""}
            if kind != "amounts":
                return found
            if not letters <= _LETTERS or (capital and "" in units):
                return {"": 1.0, **found}
    return None


def _of(unit: str, table: Mapping[str, float]) -> float | None:
    """How much a unit is, or the word that it is a form of."""
    for form in (unit, unit.rstrip("."), unit.rstrip(".").removesuffix("s"), unit.rstrip(".").removesuffix("es")):
        if form in table and (form or not unit):
            return float(table[form])
    return float(table[unit[:-1]]) if len(unit) > 3 and unit[:-1] in table else None  # Tage, Wochen, Stunden


def forms(rows: Mapping[str, int]) -> dict[str, str]:
    """Of units that are forms of one word the most frequent one.

    Example:
        >>> forms({"star": 2, "stars": 9, "kg": 1})
        {'star': 'stars'}
    """
    found: dict[str, str] = {}
    usual = sorted((unit for unit in rows if len(unit) > _ENDING), key=lambda unit: (-rows[unit], unit))
    for place, unit in enumerate(usual):
        for other in usual[:place]:
            short, long = sorted((unit.rstrip("."), other.rstrip(".")), key=len)
            if other not in found and long.startswith(short) and len(long) - len(short) <= _ENDING and short.isalpha():
                found[unit] = other
                break
    return found


def added_up(parts: Collection[tuple[float, str]]) -> tuple[float, str] | None:
    """Numbers of units that get smaller, such as 1 h 20 min, as one of the first unit; None for others.

    Example:
        >>> added_up([(1.0, "h"), (30.0, "m")]), added_up([(1.0, "kg"), (30.0, "h")])
        ((1.5, 'h'), None)
    """
    units = [unit for _, unit in parts]
    for kind, table in _KINDS.items():
        sizes = [_of(unit, table) for unit in units]
        if kind == "amounts" or None in sizes:
            continue
        known = [size for size in sizes if size is not None]
        if sorted(set(known), reverse=True) == known:
            return sum(value * size for (value, _), size in zip(parts, known)) / known[0], units[0]
    return None
