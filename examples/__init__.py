"""The tutorials as programs: `make examples` runs them all, `docs/examples.md` tells what they show."""
