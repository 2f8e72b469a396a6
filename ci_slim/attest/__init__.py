"""Documents about a pushed image, stored with it: what is in it, and how it was made."""
