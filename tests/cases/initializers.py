"""A row for every initializer."""

from clarinet import initializers
from tests.cases.case import Case

INITIALIZERS = [
    Case("zeros", lambda: initializers.get("zeros"), lambda k: k.initializers.Zeros()),
    Case("ones", lambda: initializers.get("ones"), lambda k: k.initializers.Ones()),
    Case("constant", lambda: initializers.Constant(0.3), lambda k: k.initializers.Constant(0.3)),
    Case("identity", lambda: initializers.Identity(2.0), lambda k: k.initializers.Identity(2.0)),
    Case("random-uniform", lambda: initializers.get("random_uniform"), lambda k: k.initializers.RandomUniform()),
    Case("random-normal", lambda: initializers.RandomNormal(1.0, 0.2), lambda k: k.initializers.RandomNormal(1.0, 0.2)),
    Case("truncated-normal", lambda: initializers.get("truncated_normal"), lambda k: k.initializers.TruncatedNormal()),
    Case(
        "variance-scaling",
        lambda: initializers.VarianceScaling(0.5, "fan_out", "untruncated_normal"),
        lambda k: k.initializers.VarianceScaling(0.5, "fan_out", "untruncated_normal"),
    ),
    Case("glorot-uniform", lambda: initializers.get("glorot_uniform"), lambda k: k.initializers.GlorotUniform()),
    Case("glorot-normal", lambda: initializers.get("glorot_normal"), lambda k: k.initializers.GlorotNormal()),
    Case("he-uniform", lambda: initializers.get("he_uniform"), lambda k: k.initializers.HeUniform()),
    Case("he-normal", lambda: initializers.get("he_normal"), lambda k: k.initializers.HeNormal()),
    Case("lecun-uniform", lambda: initializers.get("lecun_uniform"), lambda k: k.initializers.LecunUniform()),
    Case("lecun-normal", lambda: initializers.get("lecun_normal"), lambda k: k.initializers.LecunNormal()),
    Case("orthogonal", lambda: initializers.Orthogonal(1.5), lambda k: k.initializers.Orthogonal(1.5)),
]
