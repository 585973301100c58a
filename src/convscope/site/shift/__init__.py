"""What pages and report show of idea 4."""
