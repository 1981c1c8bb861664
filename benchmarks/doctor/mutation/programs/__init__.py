"""Sound programs, as unlike one another as users' are, in families."""

from benchmarks.doctor.mutation.programs import others, structured, tables

PROGRAMS = (*tables.PROGRAMS, *others.PROGRAMS, *structured.PROGRAMS)
