"""What is seen in a training: every kind where it is, and nothing where all is well."""

import pytest

from clarinet import doctor, utils
from clarinet.doctor.watching import WATCHERS
from tests.cases.watching import WATCHED


class Listener(doctor.Doctor):
    """A doctor that keeps all that the rules see, before causes are traced."""

    def __init__(self):
        super().__init__(quiet=True)
        self.seen = []

    def look(self):
        record = self._record
        self.seen += [(rule, finding) for rule in WATCHERS for finding in rule.examine(record)]

    def on_chunk(self, chunk):
        super().on_chunk(chunk)
        if self._record.failure is not None:
            self.look()

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        self.look()

    def on_train_end(self, logs=None):
        super().on_train_end(logs)
        self.look()


def watch(sketch):
    utils.set_random_seed(3)
    listener = Listener()
    with doctor.program.quietly():
        sketch.model().fit(sketch.x, sketch.y, verbose=0, callbacks=[listener], **{"epochs": 5} | sketch.fit)
    return listener


@pytest.mark.parametrize("row", WATCHED, ids=repr)
def test_it_is_seen_and_explained(row):
    listener = watch(row.sick)
    own = [finding for rule, finding in listener.seen if (finding.kind, finding.where) == (row.kind, row.where)]
    assert own, [(finding.kind, finding.where) for _, finding in listener.seen]
    assert len(own[0].explanation) > 80
    assert own[0].evidence
    assert own[0].remedy is not None
    told = listener.report
    explained = [text for finding in told.findings for text in finding.evidence.get("explains", [])]
    everything = [finding.kind for finding in told.findings] + [text.split(" at ")[0] for text in explained]
    assert row.kind in everything


@pytest.mark.parametrize("row", WATCHED, ids=repr)
def test_a_sound_training_is_left_alone(row):
    listener = watch(row.sound)
    assert [finding.kind for _, finding in listener.seen if finding.severity != "hint"] == []
    assert listener.report.healthy, str(listener.report)
    assert row.kind in {*listener.report.ruled_out, "too_few_epochs", "underfit"}


def test_every_kind_has_a_row_and_every_rule_its_basis():
    kinds = {kind for rule in WATCHERS for kind in rule.KINDS}
    assert kinds == {row.kind for row in WATCHED}
    assert kinds <= set(doctor.KINDS)
    for rule in WATCHERS:
        assert rule.BASIS
        assert set(doctor.KINDS) >= rule.CAUSES
