"""From records to documents, and from documents to formats."""
