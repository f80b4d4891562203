"""The ground floor: parts that the floors above share, each once. Imports nothing of the floors above."""
