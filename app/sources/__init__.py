"""Live sources: one thread each, which keeps the newest face and says in a sentence how it is."""
