"""What is said of customers beside ServiceTitan's records: written by the actions API, taken in by the next sync."""
