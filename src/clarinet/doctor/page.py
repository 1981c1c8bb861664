"""Reports as HTML: pages of their own, and their form in notebooks."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from clarinet import files
from clarinet.doctor.findings import Finding, sentence
from clarinet.views import page as views

_FOLDER = Path(__file__).parent
#: Evidence that only a picture can show, or that is already in the summary.
_ELSEWHERE = ("history", "histogram", "message")
#: The key of a cause's symptoms in its evidence: sentences, not numbers.
_SYMPTOMS = "explains"
_MOST_ITEMS = 12


class Reported(Protocol):
    """The HTML of a :class:`clarinet.doctor.Report` on a page."""

    @property
    def findings(self) -> tuple[Finding, ...]: ...

    @property
    def ruled_out(self) -> tuple[str, ...]: ...

    @property
    def held_back(self) -> tuple[str, ...]: ...

    @property
    def seconds(self) -> float: ...

    @property
    def healthy(self) -> bool: ...


class Compared(Protocol):
    """The scores of a treatment and of its rivals, one number a seed."""

    @property
    def scores(self) -> tuple[float, ...]: ...

    @property
    def sick(self) -> tuple[float, ...]: ...

    @property
    def longer(self) -> tuple[float, ...]: ...

    @property
    def constant(self) -> tuple[float, ...]: ...


class Treated(Protocol):
    """The HTML of a :class:`clarinet.doctor.Treatment` in a notebook."""

    @property
    def verdict(self) -> tuple[str, ...]: ...

    @property
    def brought_along(self) -> tuple[str, ...]: ...

    @property
    def left_out(self) -> tuple[str, ...]: ...

    @property
    def steps(self) -> tuple[str, ...]: ...

    @property
    def code(self) -> str: ...

    @property
    def comparison(self) -> Compared | None: ...

    @property
    def constant_answer(self) -> str: ...

    @property
    def score(self) -> str: ...

    @property
    def claim(self) -> str: ...


def page(reports: Iterable[tuple[str, Reported]]) -> str:
    """A page of one or several reports, each with the name of what was examined; it loads nothing."""
    sections = list(reports)
    body = "\n".join(
        f"<h2 class=subject>{html.escape(name)}</h2>\n{_report(report)}" if len(sections) > 1 else _report(report)
        for name, report in sections
    )
    body = f"<main class=doctor>\n<h1>What the doctor found</h1>\n{body}\n</main>"
    return views.page("What the doctor found", body, rules=_read("page.css"), script=_read("page.js"))


def write(text: str, path: Path) -> None:
    """Write a page to a file, whole or not at all."""
    files.write(path, text.encode())


def fragment(report: Reported) -> str:
    """A report within a notebook: no script runs there, so nothing can be copied by a button."""
    return _fragment(f"\n{_report(report)}\n")


def _fragment(body: str) -> str:
    style = f"<style>{views.stylesheet()}{_read('page.css')}</style>"
    return f'<div class="clarinet doctor">{style}{body}</div>'


def _read(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def _report(report: Reported) -> str:
    return "\n".join(
        [
            _headline(report),
            *(_article(i, f) for i, f in enumerate(report.findings, 1)),
            *_held_back(report),
            _ruled_out(report),
        ]
    )


def _held_back(report: Reported) -> Iterator[str]:
    if report.held_back:
        items = "".join(f"<li>{html.escape(line)}</li>" for line in report.held_back)
        yield f"<p>Held back while the program was examined, so that no file changes:</p><ul>{items}</ul>"


def _headline(report: Reported) -> str:
    if not report.findings:
        return "<p class=verdict><b>Healthy.</b> Nothing was found that would keep this model from learning.</p>"
    names = {"error": "it cannot learn this way", "warning": "it learns badly", "hint": "worth a look"}
    counts = {name: sum(f.severity == name for f in report.findings) for name in names}
    counted = [f"<b>{n} {name}{'s' * (n != 1)}</b> ({names[name]})" for name, n in counts.items() if n]
    healthy = "<b>Healthy</b>, with " if report.healthy else ""
    return f"<p class=verdict>{healthy}{', '.join(counted)}. The worst comes first.</p>"


def _article(number: int, finding: Finding) -> str:
    kind = html.escape(finding.kind.replace("_", " "))
    parts = [
        f"<article class={html.escape(finding.severity)}>",
        f"<h3><span class=number>{number}</span> {kind[:1].upper()}{kind[1:]} "
        f"<span class=severity>{html.escape(finding.severity)}</span></h3>",
        f"<p class=where>{html.escape(finding.place)} · {finding.confidence:.0%} sure · "
        f"<code>{html.escape(finding.kind)}</code></p>",
        f"<p class=summary>{html.escape(sentence(finding.summary))}</p>",
        f"<h4>Why it hurts</h4><p>{html.escape(finding.explanation)}</p>",
        *_symptoms(finding.evidence),
        *_fix(finding),
        *_figure(finding),
        _evidence(finding.evidence),
        "</article>",
    ]
    return "\n".join(parts)


def _symptoms(evidence: Mapping[str, Any]) -> Iterator[str]:
    if evidence.get(_SYMPTOMS):
        items = "".join(f"<li>{html.escape(str(symptom))}</li>" for symptom in evidence[_SYMPTOMS])
        yield f"<p>It also explains other findings:</p><ul>{items}</ul>"


def _fix(finding: Finding) -> Iterator[str]:
    if finding.remedy is not None:
        yield f"<h4>What to type</h4><div class=code><pre><code>{html.escape(finding.remedy.text)}</code></pre></div>"
    if finding.effect:
        yield f"<p>Tried: {html.escape(finding.effect)}.</p>"
    if finding.basis:
        yield f"<p class=basis>How this is known: {html.escape(finding.basis)}.</p>"


def _figure(finding: Finding) -> Iterator[str]:
    """The figure for light and dark pages; empty if there is none, or no matplotlib."""
    try:
        pictures = [_svg(figure) for theme in ("light", "dark") if (figure := finding.figure(theme)) is not None]
    except ImportError:
        return
    if pictures:
        alt = html.escape(f"Figure: {finding.summary}", quote=True)
        light, dark = pictures
        yield (
            f'<figure><picture><source media="(prefers-color-scheme: dark)" srcset="{dark}">'
            f'<img src="{light}" alt="{alt}"></picture></figure>'
        )


def _svg(figure: Any) -> str:
    from clarinet.plots.style import encoded

    return f"data:image/svg+xml;base64,{base64.b64encode(encoded(figure, 'svg')).decode()}"


def _evidence(evidence: Mapping[str, object]) -> str:
    rows = "".join(
        f"<tr><th scope=row>{html.escape(name.replace('_', ' '))}</th><td>{html.escape(_value(value))}</td></tr>"
        for name, value in evidence.items()
        if name not in (*_ELSEWHERE, _SYMPTOMS)
    )
    return f"<details open><summary>The numbers it rests on</summary><table>{rows}</table></details>" if rows else ""


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return _listed([f"{key}: {_value(v)}" for key, v in value.items()])
    if isinstance(value, (list, tuple)):
        return _listed([_value(v) for v in value])
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _listed(items: list[str]) -> str:
    more = f", … {len(items) - _MOST_ITEMS} more" if len(items) > _MOST_ITEMS else ""
    return ", ".join(items[:_MOST_ITEMS]) + more


def _ruled_out(report: Reported) -> str:
    items = "".join(f"<li>{html.escape(kind.replace('_', ' '))}</li>" for kind in report.ruled_out)
    took = f"The examination took {report.seconds:.2g} s."
    if not items:
        return f"<p class=took>{took}</p>"
    return (
        f"<details class=ruled-out><summary>{len(report.ruled_out)} kinds of fault were looked for and not found"
        f"</summary><ul>{items}</ul></details>\n<p class=took>{took}</p>"
    )


def treatment(treated: Treated) -> str:
    """The verdict and the scores of a treatment, for a notebook."""
    comparison = treated.comparison
    if comparison is None:
        return _fragment(f"<p class=verdict>{html.escape(str(treated))}</p>")
    rows = [
        ("with the changes", comparison.scores),
        ("as it was", comparison.sick),
        ("as it was, trained twice as long", comparison.longer),
        (treated.constant_answer, comparison.constant),
    ]
    cells = "".join(
        f"<tr><th scope=row>{html.escape(name)}</th><td><b>{np.mean(scores):.3f}</b></td>"
        f"<td>{', '.join(f'{score:.3f}' for score in scores)}</td></tr>"
        for name, scores in rows
    )
    first, *more = treated.verdict
    head, _, rest = first.partition(":")
    said = f"<p class=verdict><b>{head}:</b>{html.escape(rest)} {html.escape(' '.join(more))}</p>"
    steps = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in treated.steps)
    on = "rows held out" if treated.claim == "generalises" else "the training rows, of which there are few"
    also = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in treated.brought_along)
    gone = "".join(f"<li>{html.escape(words)}</li>" for words in treated.left_out)
    lists = f"<p>Mended too:</p><ul>{also}</ul>" if also else ""
    lists += f"<p>Tried and left out, because it brought nothing more:</p><ul>{gone}</ul>" if gone else ""
    code = html.escape(treated.code)
    whole = f"<p>The program with all changes:</p><div class=code><pre><code>{code}</code></pre></div>" if code else ""
    return _fragment(
        f"{said}{steps or '<p>No remedy.</p>'}<table><tr><th scope=col>{html.escape(treated.score)} on {on}</th>"
        f"<th scope=col>mean</th><th scope=col>each training</th></tr>{cells}</table>{lists}{whole}"
    )
