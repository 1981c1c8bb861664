"""The doctor says nothing about sound programs; ``make doctor-quiet`` asks about many more."""

import pytest

from tests.doctor import quiet

SOME = [*quiet.configurations()[:5], *(s for s in quiet.benchmark_networks() if s.name == "benchmark online")]


@pytest.mark.parametrize("sound", SOME, ids=str)
def test_nothing_is_said_of_a_sound_program(sound):
    report = sound.report()
    assert report.healthy, str(report)


@pytest.mark.parametrize("page", quiet.documents(), ids=lambda page: page.name)
def test_nothing_is_said_of_what_the_documentation_trains(page):
    reports = quiet.of_document(page)
    assert reports
    for report in reports:
        assert report.healthy, str(report)
