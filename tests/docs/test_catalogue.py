"""The page that lists everything is complete and true."""

from tests.docs.catalogue import PAGE, catalogue


def test_the_page_is_up_to_date():
    assert PAGE.read_text("utf-8") == catalogue(), f"run python -m tests.docs.catalogue to write {PAGE.name} anew"
