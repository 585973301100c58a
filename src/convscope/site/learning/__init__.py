"""How idea 5 is shown: its card, and what its page reads.

``documents/learn.json`` and ``documents/prior.json`` are those of the commands. The page reads from
them without the runs, which only tables need.
"""
