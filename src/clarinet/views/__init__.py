"""How things look that several observers show: colours, pages, the places of a diagram, curves on a line of text."""
