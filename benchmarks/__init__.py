"""What is timed and what is simulated; nothing here is part of a run."""
