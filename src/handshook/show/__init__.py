"""Watching: a connection as a ladder, sentence by sentence, header by header, or as lines for machines."""
