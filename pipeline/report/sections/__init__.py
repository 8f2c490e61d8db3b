"""The sections of the documents, as blocks: words and tables made of open rows, without a digit in the words."""
