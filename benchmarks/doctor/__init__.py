"""Broken training programs from published benchmarks, sound ones, and the score of the doctor on them."""
