"""Idea 3, the hierarchy: what each unit of a network responds to, with the evidence."""
