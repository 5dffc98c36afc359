"""How is a result drawn? Every figure of the book, in one look."""
