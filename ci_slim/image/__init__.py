"""What an image is: descriptors, files, sizes."""
