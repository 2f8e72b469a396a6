"""What is said about a pushed image, and kept with it: what it is made of, and how it was made."""
