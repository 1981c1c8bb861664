"""How good ``clarinet train``'s recipe is on real tables, beside other models at their defaults."""
