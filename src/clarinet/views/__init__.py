"""Shared by observers that show something: colours, pages, the places of a diagram, curves in a line of text."""
