"""What came over the wire, kept by its content, and the journal of which commit took what of it."""
